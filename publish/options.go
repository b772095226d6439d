package publish

import (
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"path/filepath"

	"emikit/bundle"
	"emikit/manifest"
)

// isTrue is what --kernel and --ramdisk say of an image that is one itself.
const isTrue = "true"

// options checks the request and loads the keys it names.
func (r BundleRequest) options() (bundle.Options, error) {
	name, err := r.name()
	if err != nil {
		return bundle.Options{}, err
	}
	kind, err := r.kind()
	if err != nil {
		return bundle.Options{}, err
	}
	o := bundle.Options{
		Manifest: manifest.Manifest{
			Name: name, Kind: kind, Arch: r.Arch, User: r.User,
			KernelID: r.KernelID, RamdiskID: r.RamdiskID,
			Ancestors: r.Ancestors, Bundler: r.Bundler,
		},
		PartSize: r.PartSize, Key: r.Key, Workers: r.Workers, Compression: r.Compression,
	}
	if kind == manifest.KindMachine {
		o.Manifest.Mappings, o.Manifest.ProductCodes = r.Mappings, r.ProductCodes
	}
	logOr(r.Log).Debug("credentials", "certificate", r.UserCert, "key", r.PrivateKey, "cloud-certificate", r.CloudCert)
	o.UserCert, o.CloudCert, o.Signer, err = r.credentials()
	return o, err
}

// name returns the bundle's name.
func (r BundleRequest) name() (string, error) {
	switch {
	case r.Prefix != "":
		return r.Prefix, nil
	case r.Image == "-":
		return "", ErrNoPrefix
	}
	return filepath.Base(r.Image), nil
}

// kind decides what the image is, by the rules of euca2ools 3.4.1.
func (r BundleRequest) kind() (manifest.Kind, error) {
	kind := r.Kind
	if kind == "" {
		kind = kindFromIDs(r.KernelID, r.RamdiskID)
	}
	bothTrue := r.KernelID == isTrue && r.RamdiskID == isTrue
	kernelWithRamdisk := kind == manifest.KindKernel && r.RamdiskID != ""
	ramdiskWithKernel := kind == manifest.KindRamdisk && r.KernelID != ""
	if bothTrue || kernelWithRamdisk || ramdiskWithKernel {
		return "", fmt.Errorf("%w: kernel %q, ramdisk %q for a %s image", ErrKindConflict, r.KernelID, r.RamdiskID, kind)
	}
	return kind, nil
}

func kindFromIDs(kernel, ramdisk string) manifest.Kind {
	switch {
	case kernel == isTrue:
		return manifest.KindKernel
	case ramdisk == isTrue:
		return manifest.KindRamdisk
	}
	return manifest.KindMachine
}

// cloudCertificate is the given one, or the one of the file.
func (r BundleRequest) cloudCertificate() (*x509.Certificate, error) {
	switch {
	case r.CloudCertificate != nil:
		return r.CloudCertificate, nil
	case r.CloudCert == "":
		return nil, ErrNoCloudCert
	}
	return manifest.LoadCertificate(r.CloudCert)
}

// credentials loads certificates and key, and makes sure that the user's belong
// together.
func (r BundleRequest) credentials() (user, cloud *x509.Certificate, key *rsa.PrivateKey, err error) {
	if cloud, err = r.cloudCertificate(); err != nil {
		return nil, nil, nil, err
	}
	if r.UserCert != "" {
		if user, err = manifest.LoadCertificate(r.UserCert); err != nil {
			return nil, nil, nil, err
		}
	}
	if r.PrivateKey != "" {
		if key, err = manifest.LoadPrivateKey(r.PrivateKey); err != nil {
			return nil, nil, nil, err
		}
	}
	if user != nil && key != nil {
		if err := manifest.CheckPair(key, user); err != nil {
			return nil, nil, nil, fmt.Errorf("%s, %s: %w", r.PrivateKey, r.UserCert, err)
		}
	}
	return user, cloud, key, nil
}
