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
// end. sums must be complete when in is closed.
func encrypt(ctx context.Context, key manifest.Key, sums *tarSums, in <-chan *block, blocks *pool, out io.WriteCloser) error {
	w, err := newCBCWriter(key, out)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, gzipHeader); err != nil {
		return err
	}
	err = each(ctx, in, func(b *block) error {
		if err := b.wait(ctx); err != nil {
			return err
		}
		defer blocks.put(b)
		_, err := w.Write(b.out)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := w.Write(sums.gzipTrailer()); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Close()
}

// cbcBuffer is how much a cbcWriter encrypts at once, a multiple of the AES block
// size.
const cbcBuffer = 64 << 10

// A cbcWriter encrypts what is written to it with AES-128-CBC and PKCS#7 padding.
type cbcWriter struct {
	mode cipher.BlockMode
	buf  []byte // plaintext that waits for more
	out  io.Writer
}

func newCBCWriter(key manifest.Key, out io.Writer) (*cbcWriter, error) {
	c, err := aes.NewCipher(key.Key[:])
	if err != nil {
		return nil, err
	}
	mode := cipher.NewCBCEncrypter(c, key.IV[:])
	return &cbcWriter{mode: mode, buf: make([]byte, 0, cbcBuffer), out: out}, nil
}

func (w *cbcWriter) Write(p []byte) (int, error) {
	written := len(p)
	for len(p) > 0 {
		n := min(len(p), cap(w.buf)-len(w.buf))
		w.buf = append(w.buf, p[:n]...)
		p = p[n:]
		if len(w.buf) == cap(w.buf) {
			if err := w.flush(); err != nil {
				return written - len(p), err
			}
		}
	}
	return written, nil
}

// Close pads and writes what is left. It does not close what it writes to.
func (w *cbcWriter) Close() error {
	n := aes.BlockSize - len(w.buf)%aes.BlockSize
	w.buf = append(w.buf, bytes.Repeat([]byte{byte(n)}, n)...)
	return w.flush()
}

func (w *cbcWriter) flush() error {
	w.mode.CryptBlocks(w.buf, w.buf)
	_, err := w.out.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}
