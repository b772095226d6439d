package upload

import (
	"os"

	"emikit/manifest"
)

// plaintextName is the name of the file that holds what the encrypted manifest
// called name decrypts to. ec2-download-bundle calls it so.
func plaintextName(name string) string { return name + ".plaintext" }

// parseManifest reads a manifest that may be encrypted. document is what was parsed.
func parseManifest(data []byte, find manifest.KeyFinder) (m *manifest.Manifest, document []byte, err error) {
	if document, err = manifest.Plaintext(data, find); err != nil {
		return nil, nil, err
	}
	m, err = manifest.Parse(document)
	return m, document, err
}

// read reads a downloaded manifest, which may be encrypted.
func (d *downloader) read(name string, data []byte) (*manifest.Manifest, error) {
	if d.encrypted = manifest.IsEncrypted(data); d.encrypted {
		d.teller.tell(Event{Kind: Decrypting, Name: name})
	}
	m, document, err := parseManifest(data, d.request.PrivateKey)
	if err == nil {
		err = checkNames(m, name)
	}
	d.document, d.plaintext = data, document
	return m, err
}

// commitPlaintext gives the plaintext of the manifest, if there is one, its name.
func (d *downloader) commitPlaintext(name string) error {
	if !d.encrypted {
		return nil
	}
	return os.Rename(d.stage.path(plaintextName(name)), d.target(plaintextName(name)))
}

// removePlaintext removes what belonged to the earlier manifest called name.
func (d *downloader) removePlaintext(name string) error {
	path := d.target(plaintextName(name))
	if info, err := os.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return nil // there is none
	}
	return os.Remove(path)
}
