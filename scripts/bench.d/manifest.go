//go:build ignore

// Command manifest writes the manifest of a bundle that other programs made.
//
//	manifest DIRECTORY NAME SIZE DIGEST KEY CERTIFICATE PRIVATE-KEY
//
// The parts are NAME.part.0000 and so on in DIRECTORY, where the manifest goes as well.
// SIZE is the image's, DIGEST that of the tar stream. KEY, 32 hexadecimal digits, is
// both the bundling key and its IV.
package main

import (
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"log"
	"os"
	"path/filepath"
	"strconv"

	"emikit/manifest"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 8 {
		log.Fatal("usage: manifest DIRECTORY NAME SIZE DIGEST KEY CERTIFICATE PRIVATE-KEY")
	}
	if err := write(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func write(args []string) error {
	dir, name := args[0], args[1]
	m := &manifest.Manifest{Name: name, Arch: "x86_64", User: "123456789012"}
	var err error
	if m.Size, err = strconv.ParseInt(args[2], 10, 64); err != nil {
		return err
	}
	if m.Digest, err = manifest.ParseDigest(args[3]); err != nil {
		return err
	}
	if err = seal(m, args[4], args[5]); err != nil {
		return err
	}
	if err = addParts(m, dir); err != nil {
		return err
	}
	signer, err := manifest.LoadPrivateKey(args[6])
	if err != nil {
		return err
	}
	document, err := manifest.Sign(m, signer)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifest.FileName(name)), document, 0o666)
}

// seal seals the key to the certificate, which is the user's and the cloud's.
func seal(m *manifest.Manifest, digits, path string) error {
	cert, err := manifest.LoadCertificate(path)
	if err != nil {
		return err
	}
	key, err := hex.DecodeString(digits)
	if err != nil {
		return err
	}
	to, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok || len(key) != 16 {
		return errors.New("an RSA certificate and a key of 16 bytes are needed, not " + x509.PublicKeyAlgorithm(cert.PublicKeyAlgorithm).String())
	}
	for _, envelope := range []*[]byte{&m.CloudKey, &m.CloudIV, &m.UserKey, &m.UserIV} {
		if *envelope, err = manifest.Seal([16]byte(key), to); err != nil {
			return err
		}
	}
	return nil
}

// addParts adds all the parts that are there, in the order of their names.
func addParts(m *manifest.Manifest, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !manifest.IsPartName(m.Name, e.Name()) {
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		m.Parts = append(m.Parts, manifest.Part{Index: len(m.Parts), Name: e.Name(), Digest: sha1.Sum(body)})
		m.BundledSize += int64(len(body))
	}
	return nil
}
