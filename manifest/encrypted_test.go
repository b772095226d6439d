package manifest

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/rsa"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"emikit/internal/seeds"
)

const encryptedVector = "testdata/ec2-ami-tools/encrypted.manifest"

func vectorKey(t testing.TB) *rsa.PrivateKey {
	return loadKey(t, "testdata/ec2-ami-tools/user-pk.pem")
}

func readFileOf(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestDecryptVector opens what ec2-ami-tools encrypted.
func TestDecryptVector(t *testing.T) {
	data, want := readFileOf(t, encryptedVector), readFileOf(t, "testdata/ec2-ami-tools/tiny.xml")
	got, err := Decrypt(data, vectorKey(t))
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got %.200q, %v, want the document of tiny.xml", got, err)
	}
	m, err := LoadWithKey(encryptedVector, func() (*rsa.PrivateKey, error) { return vectorKey(t), nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := m.VerifySignature(&vectorKey(t).PublicKey); err != nil || m.Name != "pre.fix_1" {
		t.Errorf("got name %q, signature %v, want pre.fix_1, signed", m.Name, err)
	}
}

// TestPlaintextAsksOnlyWhenNeeded: most manifests are read without any key.
func TestPlaintextAsksOnlyWhenNeeded(t *testing.T) {
	lost := errors.New("key is lost")
	find := func() (*rsa.PrivateKey, error) { return nil, lost }
	if got, err := Plaintext([]byte(document), find); err != nil || string(got) != document {
		t.Errorf("plain manifest: got %.40q, %v, want it as it is", got, err)
	}
	_, err := LoadWithKey(encryptedVector, find)
	wantError(t, err, ErrEncrypted)
	wantError(t, err, lost)
	_, err = Load(encryptedVector)
	wantError(t, err, ErrEncrypted)
}

// TestHostileEncrypted changes one thing in a good encrypted manifest, and names
// the error.
func TestHostileEncrypted(t *testing.T) {
	key := userKey(t)
	good := encrypted(t, []byte(document), bytes.Repeat([]byte{7}, 32), &key.PublicKey)
	head := encryptedHead + key.Size()
	edit := func(at int, value byte) []byte {
		bad := bytes.Clone(good)
		bad[at] = value
		return bad
	}
	short := encrypted(t, []byte(document), bytes.Repeat([]byte{7}, 16), &key.PublicKey)
	tests := map[string]struct {
		data []byte
		want error
	}{
		"nothing":                {nil, ErrCiphertext},
		"not encrypted":          {[]byte(document), ErrCiphertext},
		"scheme 1":               {edit(0, scheme1), ErrScheme},
		"scheme alone":           {good[:1], ErrCiphertext},
		"half a length":          {good[:2], ErrCiphertext},
		"no key":                 {good[:encryptedHead], ErrCiphertext},
		"half a key":             {good[:head/2], ErrCiphertext},
		"no document":            {good[:head], ErrCiphertext},
		"half a block":           {good[:head+8], ErrCiphertext},
		"last block gone":        {good[:len(good)-aes.BlockSize], ErrCiphertext},
		"last byte gone":         {good[:len(good)-1], ErrCiphertext},
		"a byte more":            {append(bytes.Clone(good), 0), ErrCiphertext},
		"key longer than all":    {edit(1, 0xff), ErrCiphertext},
		"key of no bytes":        {slices.Concat([]byte{2, 0, 0}, good[head:]), ErrWrongKey},
		"key of other bits":      {edit(2, 16), ErrWrongKey},
		"key damaged":            {edit(encryptedHead+9, good[encryptedHead+9]^1), ErrWrongKey},
		"half a secret":          {short, ErrWrongKey},
		"padding damaged":        {edit(len(good)-aes.BlockSize-1, good[len(good)-aes.BlockSize-1]^0x80), ErrCiphertext},
		"too large":              {append(bytes.Clone(good), make([]byte, MaxSize)...), ErrTooLarge},
		"encrypted twice":        {encrypted(t, good, make([]byte, 32), &key.PublicKey), ErrEncrypted},
		"no manifest inside":     {encrypted(t, []byte("hello"), make([]byte, 32), &key.PublicKey), ErrSyntax},
		"nothing inside":         {encrypted(t, nil, make([]byte, 32), &key.PublicKey), ErrSyntax},
		"older version inside":   {encrypted(t, spoil(t, [2]string{"2007-10-10", "2"}), make([]byte, 32), &key.PublicKey), ErrVersion},
		"entity bomb inside":     {encrypted(t, spoil(t, [2]string{"<manifest>", "<!DOCTYPE m []><manifest>"}), make([]byte, 32), &key.PublicKey), ErrForbidden},
		"climbing name inside":   {encrypted(t, spoil(t, [2]string{">disk.img<", ">../x<"}), make([]byte, 32), &key.PublicKey), ErrName},
		"document bit flipped":   {edit(head+2*aes.BlockSize+3, good[head+2*aes.BlockSize+3]^1), ErrSyntax},
		"blocks of the document": {slices.Concat(good[:head], good[head+aes.BlockSize:]), ErrSyntax},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			text, err := Decrypt(test.data, key)
			if err == nil {
				_, err = Parse(text)
			}
			wantError(t, err, test.want)
		})
	}
}

func TestDecryptWrongKey(t *testing.T) {
	data := readFileOf(t, encryptedVector)
	for name, key := range map[string]*rsa.PrivateKey{
		"the cloud's": loadKey(t, "testdata/ec2-ami-tools/cloud-pk.pem"), "a stranger's": otherKey(t),
	} {
		_, err := Decrypt(data, key)
		wantError(t, err, ErrWrongKey)
		var hint interface{ Hint() string }
		if !errors.As(err, &hint) || hint.Hint() == "" {
			t.Errorf("%s key: got %v without a hint", name, err)
		}
	}
}

// TestLargestManifest: MaxSize is taken and a byte more is not, whether many parts
// fill it or spaces, from memory or from a file.
func TestLargestManifest(t *testing.T) {
	full := signed(t, fullManifest(t), nil)
	parts := slices.Concat(full, bytes.Repeat([]byte(" "), MaxSize-len(full)))
	_, err := Parse(parts)
	wantError(t, err, nil)
	_, err = Parse(append(parts, ' '))
	wantError(t, err, ErrTooLarge)

	spaces := spoil(t, [2]string{"</image>", "</image>" + strings.Repeat(" ", MaxSize-len(document))})
	path := filepath.Join(t.TempDir(), "m")
	for more, want := range []error{nil, ErrTooLarge} {
		data := append(bytes.Clone(spaces), "\n"[:more]...)
		if err := os.WriteFile(path, data, 0o600); err != nil || len(data) != MaxSize+more {
			t.Fatalf("made %d bytes (%v), want %d", len(data), err, MaxSize+more)
		}
		_, err := Load(path)
		wantError(t, err, want)
	}
}

// fullManifest has as many parts as a manifest has room for, give or take some. They
// have long names, so that they are not so many that the race detector takes long.
func fullManifest(t *testing.T) *Manifest {
	const perPart, rest = 364, 16 << 10 // bytes
	m := sample(t)
	m.Parts = make([]Part, (MaxSize-rest)/perPart)
	for i := range m.Parts {
		m.Parts[i] = Part{Index: i, Name: PartName(strings.Repeat("n", 230), i)}
	}
	return m
}

// FuzzDecrypt starts from what ec2-ami-tools encrypted. What is opened was longer
// before; and any document comes back from its encrypted form. RSA is left out: it is
// the standard library's, and slow.
func FuzzDecrypt(f *testing.F) {
	for _, data := range seeds.Files(f, "testdata/*/*.manifest", 1) {
		f.Add(data)
	}
	secret := bytes.Repeat([]byte{7}, 2*aes.BlockSize)
	f.Add(encryptedWith(f, []byte("sealed"), secret, []byte(document)))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, ciphertext, err := splitEncrypted(data); err == nil {
			text, err := decryptDocument(ciphertext, secret)
			if err == nil && len(text) >= len(ciphertext) {
				t.Errorf("%d bytes were opened to %d", len(ciphertext), len(text))
			}
		}
		_, ciphertext, err := splitEncrypted(encryptedWith(t, []byte("sealed"), secret, data))
		if len(data) > MaxSize/2 {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, err := decryptDocument(ciphertext, secret); err != nil || !bytes.Equal(text, data) {
			t.Errorf("got %q, %v, want %q", text, err, data)
		}
	})
}

// encrypted makes the encrypted form of a document, which the product never writes.
// secret is AES key and IV; half of it is sealed as it is.
func encrypted(t testing.TB, document, secret []byte, to *rsa.PublicKey) []byte {
	t.Helper()
	//lint:ignore SA1019 the format prescribes PKCS #1 v1.5
	sealed, err := rsa.EncryptPKCS1v15(rand.Reader, to, secret)
	if err != nil {
		t.Fatal(err)
	}
	return encryptedWith(t, sealed, secret, document)
}

// encryptedWith is encrypted with a secret that is sealed already.
func encryptedWith(t testing.TB, sealed, secret, document []byte) []byte {
	t.Helper()
	secret = append(bytes.Clone(secret), make([]byte, 2*aes.BlockSize-len(secret))...)
	block, err := aes.NewCipher(secret[:aes.BlockSize])
	if err != nil {
		t.Fatal(err)
	}
	padding := aes.BlockSize - len(document)%aes.BlockSize
	padded := append(bytes.Clone(document), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, secret[aes.BlockSize:]).CryptBlocks(padded, padded)
	head := binary.BigEndian.AppendUint16([]byte{scheme2}, uint16(len(sealed)))
	return slices.Concat(head, sealed, padded)
}
