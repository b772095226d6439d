package bundle

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"io"

	"emikit/manifest"
)

// encrypt is the stage that puts the compressed blocks in order into one gzip
// member, encrypts it, and writes the ciphertext to out, which it closes at the
// end.
func encrypt(ctx context.Context, key manifest.Key, in <-chan *block, out io.WriteCloser) error {
	w, err := newCBCWriter(key, out)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, gzipHeader); err != nil {
		return err
	}
	var sum gzipSum
	err = each(ctx, in, func(b *block) error {
		if err := b.wait(ctx); err != nil {
			return err
		}
		defer b.home.put(b)
		sum.add(b)
		for range 1 + b.again {
			if _, err := w.Write(b.out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := w.Write(sum.trailer()); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Close()
}

// cbcBuffer is how much a cbcWriter encrypts at once, a multiple of the AES block
// size. The ciphertext is then still in the processor's cache when it is copied.
const cbcBuffer = 64 << 10

// A cbcWriter encrypts what is written to it with AES-128-CBC and PKCS#7 padding.
type cbcWriter struct {
	mode cipher.BlockMode
	rest []byte // plaintext that waits for the rest of its AES block
	buf  []byte // for ciphertext
	out  io.Writer
}

func newCBCWriter(key manifest.Key, out io.Writer) (*cbcWriter, error) {
	c, err := aes.NewCipher(key.Key[:])
	if err != nil {
		return nil, err
	}
	return &cbcWriter{
		mode: cipher.NewCBCEncrypter(c, key.IV[:]),
		rest: make([]byte, 0, aes.BlockSize), buf: make([]byte, cbcBuffer), out: out,
	}, nil
}

func (w *cbcWriter) Write(p []byte) (int, error) {
	written := len(p)
	if n := len(w.rest); n > 0 {
		w.rest = append(w.rest, p[:min(len(p), aes.BlockSize-n)]...)
		p = p[len(w.rest)-n:]
		if len(w.rest) < aes.BlockSize {
			return written, nil
		}
		if err := w.encrypt(w.rest); err != nil {
			return 0, err
		}
		w.rest = w.rest[:0]
	}
	for len(p) >= aes.BlockSize {
		n := min(len(p)&^(aes.BlockSize-1), len(w.buf))
		if err := w.encrypt(p[:n]); err != nil {
			return written - len(p), err
		}
		p = p[n:]
	}
	w.rest = append(w.rest, p...)
	return written, nil
}

// Close pads and writes what is left. It does not close what it writes to.
func (w *cbcWriter) Close() error {
	n := aes.BlockSize - len(w.rest)
	return w.encrypt(append(w.rest, bytes.Repeat([]byte{byte(n)}, n)...))
}

// encrypt encrypts whole AES blocks, at most a buffer full, and writes them.
func (w *cbcWriter) encrypt(p []byte) error {
	c := w.buf[:len(p)]
	w.mode.CryptBlocks(c, p)
	_, err := w.out.Write(c)
	return err
}
