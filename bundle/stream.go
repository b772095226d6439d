package bundle

import (
	"context"
	"crypto/aes"
	"errors"
	"fmt"
	"io"

	"emikit/manifest"
)

// A Stream is a bundle without its manifest: the parts one after the other, as one
// stream of bytes, and what is known from elsewhere.
type Stream struct {
	// In is the ciphertext. A Read that blocks delays the return after cancellation.
	In io.Reader
	// Key is the bundling key and IV.
	Key manifest.Key
	// Size is that of the image, in bytes, and Digest the one in the manifest; nil where
	// it is not known. Without them nothing but the formats' own sums tells that the
	// image is what it was.
	Size   *int64
	Digest *manifest.Digest
}

// Unbundle writes the image to dst, holes as zeros. What has been written is to be
// thrown away unless it returns nil.
func (s Stream) Unbundle(ctx context.Context, dst io.Writer) error {
	size := int64(anySize)
	if s.Size != nil {
		size = *s.Size
	}
	if size < anySize {
		return fmt.Errorf("%w: %d bytes", ErrImpossibleSize, size)
	}
	digest, err := unpack(ctx, size, s.Key, dst, s.fetch)
	if err == nil && s.Digest != nil && digest != *s.Digest {
		err = fmt.Errorf("%w (expected SHA-1: %s, actual: %s)", ErrImageDigest, *s.Digest, digest)
	}
	return err
}

// UnbundleFile writes the image to the file path, in the way of the function
// UnbundleFile.
func (s Stream) UnbundleFile(ctx context.Context, path string, inputs ...string) error {
	return writeImage(path, inputs, func(dst io.Writer) error { return s.Unbundle(ctx, dst) })
}

// fetch is the first stage. Only at the end of the stream it is known which block was
// the last, so each is held back until the next has come.
func (s Stream) fetch(ctx context.Context, blocks *pool, workers, ordered chan<- *block) error {
	iv, total := s.Key.IV, int64(0)
	send := func(b *block, last bool) {
		b.iv, b.last = iv, last
		iv = [16]byte(b.data[len(b.data)-aes.BlockSize:]) // before it is decrypted in place
		workers <- b
		ordered <- b
	}
	for held, ended := (*block)(nil), false; !ended; {
		b, err := blocks.get(ctx)
		if err != nil {
			return err
		}
		if ended, err = s.read(ctx, b); err != nil {
			return err
		}
		if total += int64(len(b.data)); ended && (total == 0 || total%aes.BlockSize != 0) {
			return fmt.Errorf("%w: %d bytes are not the length of AES-CBC ciphertext", ErrBundledSize, total)
		}
		if held != nil {
			send(held, len(b.data) == 0)
		}
		if held = b; ended && len(b.data) > 0 {
			send(b, true)
		}
	}
	close(workers)
	close(ordered)
	return nil
}

// read fills a block, unless the stream ends.
func (s Stream) read(ctx context.Context, b *block) (ended bool, err error) {
	n, err := io.ReadFull(ctxReader{ctx, s.In}, b.buf[:blockSize])
	b.data = b.buf[:n]
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return true, nil
	}
	return false, err
}
