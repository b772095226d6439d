package transfer

import (
	"crypto/rsa"

	"emikit/config"
	"emikit/manifest"
)

// keyFinder loads the private key at the path given, or else the one in the
// configuration, when a manifest turns out to be encrypted.
func keyFinder(conf *config.Config, given string) manifest.KeyFinder {
	return func() (*rsa.PrivateKey, error) {
		if given != "" {
			return manifest.LoadPrivateKey(given)
		}
		path, err := conf.PrivateKey()
		if err != nil {
			return nil, err
		}
		return manifest.LoadPrivateKey(path.Text)
	}
}
