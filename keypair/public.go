package keypair

import (
	"bytes"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/ssh"
)

const (
	// MaxFile is the size of the largest file that may hold a key, in bytes; one of
	// 8192 bits takes 7 KiB.
	MaxFile = 32 << 10

	// minBits and maxBits are of an RSA key. EC2 names 1024, 2048 and 4096; the
	// usual 3072 of ssh-keygen lies between, and larger ones work as well.
	minBits = 1024
	maxBits = 8192
)

// What callers test with errors.Is.
var (
	// ErrFormat: this is no key in a form that is known here.
	ErrFormat = errors.New("not a public key in the form of OpenSSH, RFC 4716 or X.509")
	// ErrPrivate: this is the half that nobody else should see.
	ErrPrivate = errors.New("a private key, where the public half belongs")
	// ErrKind: EC2 takes no keys of this kind.
	ErrKind = errors.New("neither an RSA nor an ED25519 key")
	// ErrSize: the RSA key is too short to be safe, or too long.
	ErrSize = fmt.Errorf("not an RSA key of %d to %d bits", minBits, maxBits)
)

// Public is the public half of a key pair.
type Public struct{ key ssh.PublicKey }

// ParsePublic reads a public key in a form that EC2 takes: one line of an
// authorized_keys file without options, RFC 4716, or an X.509 SubjectPublicKeyInfo
// as DER, in base64 or as PEM.
func ParsePublic(data []byte) (Public, error) {
	if len(data) > MaxFile {
		return Public{}, fmt.Errorf("%w: more than %d bytes", ErrFormat, MaxFile)
	}
	key, err := parsePublic(bytes.TrimSpace(data))
	if err != nil {
		return Public{}, err
	}
	return newPublic(key)
}

func parsePublic(data []byte) (ssh.PublicKey, error) {
	switch {
	case bytes.Contains(data, []byte("PRIVATE KEY-----")):
		return nil, ErrPrivate
	case bytes.HasPrefix(data, []byte(ssh2Begin)):
		return parseSSH2(string(data))
	}
	if block, _ := pem.Decode(data); block != nil {
		return parseX509(block.Bytes)
	}
	if key, err := parseX509(data); err == nil {
		return key, nil
	}
	if der, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(data)), "")); err == nil {
		return parseX509(der)
	}
	return parseLine(data)
}

// parseLine reads the one line of a file in OpenSSH's form that is not a comment.
func parseLine(data []byte) (ssh.PublicKey, error) {
	var line []byte
	for l := range bytes.Lines(data) {
		l = bytes.TrimSpace(l)
		if len(l) == 0 || l[0] == '#' {
			continue
		}
		if line != nil {
			return nil, fmt.Errorf("%w: more than one line", ErrFormat)
		}
		line = l
	}
	key, _, options, _, err := ssh.ParseAuthorizedKey(line)
	if err != nil {
		return nil, ErrFormat
	}
	if len(options) > 0 {
		return nil, fmt.Errorf("%w: it has options before the key", ErrFormat)
	}
	return key, nil
}

// The lines around a key in the form of RFC 4716.
const (
	ssh2Begin = "---- BEGIN SSH2 PUBLIC KEY ----"
	ssh2End   = "---- END SSH2 PUBLIC KEY ----"
)

// parseSSH2 reads the form of RFC 4716: headers, which have a colon and go on
// behind a backslash, then base64.
func parseSSH2(text string) (ssh.PublicKey, error) {
	body, _, ended := strings.Cut(strings.TrimPrefix(text, ssh2Begin), ssh2End)
	if !ended {
		return nil, fmt.Errorf("%w: it has no end", ErrFormat)
	}
	var blob strings.Builder
	header := false
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if header || strings.Contains(line, ":") {
			header = strings.HasSuffix(line, `\`)
			continue
		}
		blob.WriteString(line)
	}
	wire, err := base64.StdEncoding.DecodeString(blob.String())
	if err != nil {
		return nil, ErrFormat
	}
	key, err := ssh.ParsePublicKey(wire)
	if err != nil {
		return nil, ErrFormat
	}
	return key, nil
}

// parseX509 reads DER: a SubjectPublicKeyInfo, or an RSA key of PKCS#1 alone.
func parseX509(der []byte) (ssh.PublicKey, error) {
	var key any
	key, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		key, err = x509.ParsePKCS1PublicKey(der)
	}
	if err != nil {
		return nil, ErrFormat
	}
	public, err := ssh.NewPublicKey(key)
	if err != nil {
		return nil, ErrKind
	}
	return public, nil
}

// newPublic refuses what EC2 takes no keys of, and what can be written in X.509 but
// is no key to OpenSSH, such as an RSA key with an even exponent.
func newPublic(key ssh.PublicKey) (Public, error) {
	if _, err := ssh.ParsePublicKey(key.Marshal()); err != nil {
		return Public{}, ErrFormat
	}
	switch key.Type() {
	case ssh.KeyAlgoED25519:
		return Public{key}, nil
	case ssh.KeyAlgoRSA:
		public, ok := cryptoKey(key).(*rsa.PublicKey)
		if !ok || public.N.BitLen() < minBits || public.N.BitLen() > maxBits {
			return Public{}, ErrSize
		}
		return Public{key}, nil
	}
	return Public{}, ErrKind
}

func cryptoKey(key ssh.PublicKey) any {
	if k, ok := key.(ssh.CryptoPublicKey); ok {
		return k.CryptoPublicKey()
	}
	return nil
}

// Line is the key as it begins a line of an authorized_keys file: its kind and its
// base64, without a comment.
func (p Public) Line() string { return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(p.key))) }

// Fingerprint is what EC2 shows of a key pair that was imported.
func (p Public) Fingerprint() string {
	if p.key.Type() == ssh.KeyAlgoRSA {
		der, err := x509.MarshalPKIXPublicKey(cryptoKey(p.key))
		if err != nil { // newPublic has looked at the key
			panic(fmt.Sprintf("keypair: marshal an RSA key: %v", err))
		}
		sum := md5.Sum(der)
		return colons(sum[:])
	}
	sum := sha256.Sum256(p.key.Marshal())
	return base64.StdEncoding.EncodeToString(sum[:])
}

// colons writes bytes in hexadecimal with colons between them.
func colons(sum []byte) string { return strings.ReplaceAll(fmt.Sprintf("% x", sum), " ", ":") }
