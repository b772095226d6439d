package bundle

import (
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"runtime"

	"emikit/manifest"

	"golang.org/x/sync/errgroup"
)

// Unbundle writes the image of the bundle to dst, holes as zeros. What has been
// written is to be thrown away unless it returns nil. key is what
// manifest.OpenKey found; the manifest's signature is not looked at here.
//
// A Write of dst that blocks delays the return after cancellation.
func Unbundle(ctx context.Context, m *manifest.Manifest, key manifest.Key, src Source, dst io.Writer) error {
	parts, err := newPartReader(ctx, m, src)
	if err != nil {
		return err
	}
	return unbundle(ctx, m, key, parts, dst)
}

func unbundle(ctx context.Context, m *manifest.Manifest, key manifest.Key, parts *partReader, dst io.Writer) error {
	defer parts.Close()
	digest, err := unpack(ctx, m.Size, key, dst, func(ctx context.Context, blocks *pool, workers, ordered chan<- *block) error {
		return fetch(ctx, parts, key.IV, blocks, workers, ordered)
	})
	if err == nil && digest != m.Digest {
		err = fmt.Errorf("%w (expected SHA-1: %s, actual: %s)", ErrImageDigest, m.Digest, digest)
	}
	if !errors.Is(err, ErrKeyDependent) {
		return err
	}
	if cause := parts.finish(); cause != nil {
		return cause
	}
	return fmt.Errorf("%s: %w", m.Name, err)
}

// firstStage sends the ciphertext, in blocks of a pool, to the workers that decrypt
// and, in order, to the stage that waits for them.
type firstStage func(ctx context.Context, blocks *pool, workers, ordered chan<- *block) error

// unpack runs the pipeline for an image of that size, or of anySize, and returns the
// digest of the tar stream.
func unpack(ctx context.Context, size int64, key manifest.Key, dst io.Writer, fetch firstStage) (manifest.Digest, error) {
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	sealed, pieces, plain := newPool(2*workers+2, blockSize), newPool(2*workers+4, blockSize), newPool(3, windowSize+blockSize)
	fetched, opened := queue(sealed), queue(sealed)
	tried, zipped := queue(pieces), queue(pieces)
	inflated, hashed := queue(pieces, plain), queue(pieces, plain)
	tries, limit := new(attempts), tarLimit(size)
	zip := &blockReader{ctx: ctx, in: opened, wait: true}
	archive := &blockReader{ctx: ctx, in: hashed}
	sum := sha1.New()

	group.Go(func() error { return fetch(ctx, sealed, fetched, opened) })
	for range workers {
		group.Go(func() error { return decrypt(ctx, key, fetched) })
		group.Go(func() error { return inflatePieces(ctx, tries, tried) })
	}
	group.Go(func() error { return cut(ctx, zip, pieces, tried, zipped) })
	group.Go(func() error { return inflateAll(ctx, tries, limit, zipped, plain, inflated) })
	group.Go(func() error { return copyTo(ctx, sum, inflated, hashed) })
	group.Go(func() error { return untar(ctx, archive, size, dst) })
	err := group.Wait()
	return manifest.Digest(sum.Sum(nil)), err
}

// copyTo is a stage that writes every block to w, a hash, on its way.
func copyTo(ctx context.Context, w io.Writer, in <-chan *block, out chan<- *block) error {
	err := each(ctx, in, func(b *block) error {
		w.Write(b.data)
		out <- b
		return nil
	})
	if err != nil {
		return err
	}
	close(out)
	return nil
}
