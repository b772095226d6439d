package hostiletest

import (
	"crypto/rsa"
	"crypto/x509"
	"embed"
	"math/big"
	"os"
	"path/filepath"
	"sync"

	"emikit/manifest"
)

// keys holds key pairs that were made for tests and protect nothing. The user's
// and the cloud's are those of the vectors that euca2ools made.
//
//go:embed keys/*.pem
var keys embed.FS

// read reads the private keys once: checking one takes a while.
var read = sync.OnceValue(func() (k struct{ user, cloud, other *rsa.PrivateKey }) {
	k.user, k.cloud, k.other = privateKey("user"), privateKey("cloud"), privateKey("other")
	return k
})

// UserKey is the private key of the user that every vector is signed by and
// sealed to.
func UserKey() *rsa.PrivateKey { return read().user }

// CloudKey is the private key of the cloud, or of the node in its place, that every
// vector is sealed to.
func CloudKey() *rsa.PrivateKey { return read().cloud }

// OtherKey is a private key that has nothing to do with a bundle, unless its fault
// says so.
func OtherKey() *rsa.PrivateKey { return read().other }

// UserCertificate is the one of UserKey.
func UserCertificate() *x509.Certificate { return certificate("user") }

// CloudCertificate is the one of CloudKey.
func CloudCertificate() *x509.Certificate { return certificate("cloud") }

// WriteKeys writes the key and the certificate of the user into a directory, as
// user-pk.pem and user-cert.pem.
func WriteKeys(dir string) error {
	for _, name := range []string{"user-pk.pem", "user-cert.pem"} {
		if err := os.WriteFile(filepath.Join(dir, name), mustRead(name), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// UserKeyPEM is UserKey as it stands in its file.
func UserKeyPEM() []byte { return mustRead("user-pk.pem") }

// BundlingKey is what every bundle is encrypted with.
func BundlingKey() manifest.Key {
	return manifest.Key{Key: [16]byte([]byte("Zq7#kT1!vW9@xR3$")), IV: [16]byte([]byte("Lm5%nB2^cD8&fG4*"))}
}

func privateKey(of string) *rsa.PrivateKey {
	key, err := manifest.ParsePrivateKey(mustRead(of + "-pk.pem"))
	if err != nil {
		panic(err)
	}
	return key
}

func certificate(of string) *x509.Certificate {
	cert, err := manifest.ParseCertificate(mustRead(of + "-cert.pem"))
	if err != nil {
		panic(err)
	}
	return cert
}

func mustRead(name string) []byte {
	pem, err := keys.ReadFile("keys/" + name)
	if err != nil {
		panic(err)
	}
	return pem
}

// seal encrypts text as RSA PKCS #1 v1.5 does, but with padding that is always the
// same.
func seal(text []byte, to *rsa.PublicKey) []byte {
	block := make([]byte, to.Size())
	for i := range block {
		block[i] = 0xa5
	}
	block[0], block[1] = 0, 2
	block[len(block)-len(text)-1] = 0
	copy(block[len(block)-len(text):], text)
	return encrypt(block, to)
}

// encrypt is RSA without any padding.
func encrypt(block []byte, to *rsa.PublicKey) []byte {
	c := new(big.Int).Exp(new(big.Int).SetBytes(block), big.NewInt(int64(to.E)), to.N)
	return c.FillBytes(make([]byte, to.Size()))
}
