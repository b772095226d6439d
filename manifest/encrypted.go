package manifest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	"encoding/binary"
	"fmt"
)

// The form in which tools older than manifest version 3 stored a manifest, taken
// from one that ec2-ami-tools 1.4.0.7 wrote:
//
//	1 byte    scheme, 2
//	2 bytes   length of what follows, big-endian
//	          RSA PKCS #1 v1.5 of 16 bytes AES key and 16 bytes IV, as they are
//	the rest  AES-128-CBC with PKCS #7 padding of the XML document
//
// The RSA key is the user's. Nobody else, and no cloud, can read such a manifest.
// Scheme 1 is older still; no tool at hand writes or reads it.
const (
	scheme1 = 1
	scheme2 = 2

	encryptedHead = 3 // bytes before the sealed key
)

// A KeyFinder finds the user's private key when a manifest cannot be read without
// it.
type KeyFinder func() (*rsa.PrivateKey, error)

// IsEncrypted says whether data is a manifest from before version 3, which Plaintext
// or Decrypt has to open for Parse. No XML document begins like one.
func IsEncrypted(data []byte) bool {
	return len(data) > 0 && (data[0] == scheme1 || data[0] == scheme2)
}

// Plaintext returns the XML document in data: data itself, or what it decrypts to
// with the key that find returns, if it is encrypted. A nil find then gives
// ErrEncrypted.
func Plaintext(data []byte, find KeyFinder) ([]byte, error) {
	if !IsEncrypted(data) {
		return data, nil
	}
	if find == nil {
		return nil, ErrEncrypted
	}
	key, err := find()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncrypted, err)
	}
	return Decrypt(data, key)
}

// Decrypt opens an encrypted manifest. A key that is not the one it was encrypted
// for gives ErrWrongKey. Like Open, it is for someone who holds his own key: its
// errors and the time it takes tell why it failed.
func Decrypt(data []byte, key *rsa.PrivateKey) ([]byte, error) {
	sealed, ciphertext, err := splitEncrypted(data)
	if err != nil {
		return nil, err
	}
	if len(sealed) != key.Size() {
		return nil, foreignKey("it is for an RSA key of %d bits, this one has %d", 8*len(sealed), key.N.BitLen())
	}
	//lint:ignore SA1019 the format prescribes PKCS #1 v1.5
	secret, err := rsa.DecryptPKCS1v15(nil, key, sealed)
	if err != nil || len(secret) != 2*aes.BlockSize {
		return nil, foreignKey("it is for another RSA key, or damaged")
	}
	return decryptDocument(ciphertext, secret)
}

// decryptDocument decrypts whole blocks. secret is AES key and IV.
func decryptDocument(ciphertext, secret []byte) ([]byte, error) {
	block, err := aes.NewCipher(secret[:aes.BlockSize])
	if err != nil {
		return nil, err
	}
	document := make([]byte, len(ciphertext))
	cipher.NewCBCDecrypter(block, secret[aes.BlockSize:]).CryptBlocks(document, ciphertext)
	return trimPadding(document)
}

// splitEncrypted takes an encrypted manifest apart.
func splitEncrypted(data []byte) (sealed, ciphertext []byte, err error) {
	switch {
	case len(data) > MaxSize:
		return nil, nil, fmt.Errorf("%w: over %d bytes", ErrTooLarge, MaxSize)
	case !IsEncrypted(data):
		return nil, nil, fmt.Errorf("%w: it does not begin with a scheme", ErrCiphertext)
	case data[0] != scheme2:
		return nil, nil, fmt.Errorf("%w: scheme %d", ErrScheme, data[0])
	case len(data) < encryptedHead:
		return nil, nil, fmt.Errorf("%w: %d bytes", ErrCiphertext, len(data))
	}
	rest := data[encryptedHead:]
	n := int(binary.BigEndian.Uint16(data[1:]))
	if n > len(rest) {
		return nil, nil, fmt.Errorf("%w: a key of %d bytes in %d", ErrCiphertext, n, len(rest))
	}
	sealed, ciphertext = rest[:n], rest[n:]
	if len(ciphertext) == 0 || len(ciphertext)%aes.BlockSize != 0 {
		return nil, nil, fmt.Errorf("%w: %d bytes are no whole number of AES blocks", ErrCiphertext, len(ciphertext))
	}
	return sealed, ciphertext, nil
}

// trimPadding takes the PKCS #7 padding off a decrypted document.
func trimPadding(document []byte) ([]byte, error) {
	n := int(document[len(document)-1])
	text, padding := document, []byte(nil)
	if n > 0 && n <= aes.BlockSize {
		text, padding = document[:len(document)-n], document[len(document)-n:]
	}
	if len(padding) == 0 || bytes.Count(padding, padding[:1]) != n {
		return nil, fmt.Errorf("%w: bad padding", ErrCiphertext)
	}
	return text, nil
}
