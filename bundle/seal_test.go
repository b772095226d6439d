package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"testing"

	"emikit/manifest"
)

// The functions here make bundles by hand, also such as no tool would make.

// sealed returns a bundle of one part whose tar stream is stream, and which says
// that its image has size bytes.
func sealed(t testing.TB, stream []byte, size int64) (*manifest.Manifest, *memory) {
	t.Helper()
	return encrypted(gzipped(t, stream), sha1.Sum(stream), size)
}

func gzipped(t testing.TB, stream []byte) []byte {
	t.Helper()
	var zip bytes.Buffer
	w, err := gzip.NewWriterLevel(&zip, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(stream); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return zip.Bytes()
}

// encrypted returns a bundle of one part that decrypts to zip.
func encrypted(zip []byte, digest manifest.Digest, size int64) (*manifest.Manifest, *memory) {
	n := aes.BlockSize - len(zip)%aes.BlockSize
	return ciphertext(append(bytes.Clone(zip), bytes.Repeat([]byte{byte(n)}, n)...), digest, size)
}

// ciphertext returns a bundle of one part that decrypts to padded.
func ciphertext(padded []byte, digest manifest.Digest, size int64) (*manifest.Manifest, *memory) {
	key := fixedKey()
	c, err := aes.NewCipher(key.Key[:])
	if err != nil {
		panic(err)
	}
	body := make([]byte, len(padded))
	cipher.NewCBCEncrypter(c, key.IV[:]).CryptBlocks(body, padded)
	store := newMemory()
	m := &manifest.Manifest{Name: "disk.img", Size: size, Digest: digest}
	addPart(m, store, body)
	return m, store
}

func addPart(m *manifest.Manifest, store *memory, body []byte) {
	part := manifest.Part{Index: len(m.Parts), Name: manifest.PartName("disk.img", len(m.Parts)), Digest: sha1.Sum(body)}
	store.parts[part.Name] = body
	m.Parts = append(m.Parts, part)
	m.BundledSize += int64(len(body))
}

// tarOf returns a tar stream of the given members, all of which hold data that is
// as long as they say.
func tarOf(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var stream bytes.Buffer
	w := tar.NewWriter(&stream)
	for _, h := range headers {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, h.Size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return stream.Bytes()
}
