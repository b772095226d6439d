package manifest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
)

// Key is the bundling key and IV (AES-128-CBC). Nothing that prints or logs a
// Key shows it.
type Key struct{ Key, IV [16]byte }

const hidden = "[bundling key]"

// String does not show the key.
func (Key) String() string { return hidden }

// GoString does not show the key.
func (Key) GoString() string { return hidden }

// Format does not show the key, whatever the verb.
func (Key) Format(f fmt.State, _ rune) { io.WriteString(f, hidden) }

// LogValue does not show the key.
func (Key) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalText does not show the key, so that JSON does not either.
func (Key) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// NewKey draws a key and an IV.
func NewKey() (Key, error) {
	var k Key
	if _, err := rand.Read(k.Key[:]); err != nil {
		return Key{}, err
	}
	if _, err := rand.Read(k.IV[:]); err != nil {
		return Key{}, err
	}
	return k, nil
}

// Seal makes the envelope of a key or an IV: RSA PKCS #1 v1.5 of its 32
// lower-case hexadecimal digits.
func Seal(secret [16]byte, to *rsa.PublicKey) ([]byte, error) {
	text := hex.EncodeToString(secret[:])
	//lint:ignore SA1019 the bundle format prescribes PKCS #1 v1.5
	envelope, err := rsa.EncryptPKCS1v15(rand.Reader, to, []byte(text))
	if err != nil {
		return nil, fmt.Errorf("seal bundling key: %w", err)
	}
	return envelope, nil
}

// Open opens an envelope that Seal or a real tool made. Its error says why it
// failed and takes a time that depends on it: never let a stranger see either
// (OpenCloudKey is for that).
func Open(envelope []byte, key *rsa.PrivateKey) ([16]byte, error) {
	var secret [16]byte
	//lint:ignore SA1019 the bundle format prescribes PKCS #1 v1.5
	text, err := rsa.DecryptPKCS1v15(nil, key, envelope)
	if err != nil {
		return secret, fmt.Errorf("%w: %v", ErrWrongKey, err)
	}
	if len(text) != hex.EncodedLen(len(secret)) {
		return secret, fmt.Errorf("%w: envelope holds %d bytes, not 32 hex digits", ErrWrongKey, len(text))
	}
	if _, err := hex.Decode(secret[:], text); err != nil {
		return [16]byte{}, fmt.Errorf("%w: envelope does not hold hex digits", ErrWrongKey)
	}
	return secret, nil
}

// OpenKey opens the envelopes with priv: the user's, and if those are not
// priv's, the cloud's. It is for someone who holds his own key, and may know
// why it failed; the error wraps ErrWrongKey.
func (m *Manifest) OpenKey(priv *rsa.PrivateKey) (Key, error) {
	if key, err := openPair(m.UserKey, m.UserIV, priv); err == nil {
		return key, nil
	}
	key, err := openPair(m.CloudKey, m.CloudIV, priv)
	if err == nil {
		return key, nil
	}
	return Key{}, hinted{err, "use the private key of the certificate that the bundle was made with"}
}

// Reseal makes m readable for another cloud: it opens the bundling key with priv,
// like OpenKey, and seals it to cloud's key. The envelopes of the cloud until now are
// lost, the user's stay.
func (m *Manifest) Reseal(priv *rsa.PrivateKey, cloud *rsa.PublicKey) error {
	secret, err := m.OpenKey(priv)
	if err != nil {
		return err
	}
	key, err := Seal(secret.Key, cloud)
	if err != nil {
		return err
	}
	iv, err := Seal(secret.IV, cloud)
	if err != nil {
		return err
	}
	m.CloudKey, m.CloudIV = key, iv
	return nil
}

func openPair(key, iv []byte, priv *rsa.PrivateKey) (k Key, err error) {
	if len(key) == 0 || len(iv) == 0 {
		return Key{}, fmt.Errorf("%w: the manifest has no envelope for it", ErrWrongKey)
	}
	if k.Key, err = Open(key, priv); err != nil {
		return Key{}, ErrWrongKey
	}
	if k.IV, err = Open(iv, priv); err != nil {
		return Key{}, ErrWrongKey
	}
	return k, nil
}

// OpenCloudKey opens the cloud's envelopes for a front end, which must not tell
// a stranger whether an envelope was well formed: otherwise registering images
// would decrypt anything sealed for the cloud, guess by guess (Bleichenbacher's
// attack). Whatever is wrong with an envelope, the answer takes the same time
// and is a key that nobody without priv can foresee, with which decryption then
// fails like with any wrong one. It is the same key each time: one drawn at
// random would show, to whoever asks twice, that it was. A caller that wants to
// name a missing envelope looks at CloudKey and CloudIV, which are public.
func (m *Manifest) OpenCloudKey(priv *rsa.PrivateKey) Key {
	return Key{Key: openOrInvent("key", m.CloudKey, priv), IV: openOrInvent("iv", m.CloudIV, priv)}
}

func openOrInvent(purpose string, envelope []byte, priv *rsa.PrivateKey) [16]byte {
	var secret [16]byte
	invented := invent(purpose, envelope, priv)
	text := make([]byte, hex.EncodedLen(len(secret)))
	// A text that stays zero is no hexadecimal text, so that one choice below
	// covers bad padding, a wrong length and bad digits alike. An error means
	// that the envelope's length, which is public, is wrong.
	//lint:ignore SA1019 the bundle format prescribes PKCS #1 v1.5
	_ = rsa.DecryptPKCS1v15SessionKey(nil, priv, envelope, text)
	valid := decodeHex(secret[:], text)
	subtle.ConstantTimeCopy(1-valid, secret[:], invented[:])
	return secret
}

// invent derives a secret from an envelope and the private key, as implicit
// rejection in TLS libraries does.
func invent(purpose string, envelope []byte, priv *rsa.PrivateKey) [16]byte {
	exponent := priv.D.FillBytes(make([]byte, priv.Size()))
	seed := sha256.Sum256(exponent)
	mac := hmac.New(sha256.New, seed[:])
	io.WriteString(mac, purpose)
	mac.Write(envelope)
	return [16]byte(mac.Sum(nil))
}

// decodeHex decodes src, twice as long as dst, in a time that does not depend
// on its bytes. It returns 1 if all are hexadecimal digits, otherwise 0.
func decodeHex(dst, src []byte) int {
	valid := 1
	for i := range dst {
		high, ok1 := hexDigit(src[2*i])
		low, ok2 := hexDigit(src[2*i+1])
		dst[i] = byte(high<<4 | low)
		valid &= ok1 & ok2
	}
	return valid
}

// hexDigit returns the value of a hexadecimal digit and 1, or 0 and 0, without
// a branch on c.
func hexDigit(c byte) (value, ok int) {
	n := int(c)
	digit := within(n, '0', '9')
	lower := within(n, 'a', 'f')
	upper := within(n, 'A', 'F')
	value = -digit&(n-'0') | -lower&(n-'a'+10) | -upper&(n-'A'+10)
	return value, digit | lower | upper
}

// within returns 1 if low <= n <= high, otherwise 0.
func within(n, low, high int) int {
	return subtle.ConstantTimeLessOrEq(low, n) & subtle.ConstantTimeLessOrEq(n, high)
}
