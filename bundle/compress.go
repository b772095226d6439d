package bundle

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/binary"
	"hash/crc32"

	"emikit/manifest"

	"github.com/klauspost/compress/flate"
)

// compressionLevel is the one that gzip and pigz use by default.
const compressionLevel = 6

// The frame of a gzip member (RFC 1952) without name or time, written on Unix.
// The final deflate block is an empty one, since nobody knows which block is the
// last while it is compressed.
const (
	gzipHeader   = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
	deflateFinal = "\x03\x00"
)

// A tarSums stage takes the sums of the tar stream: the digest for the manifest,
// CRC-32 and length for the gzip trailer. They are valid once its outputs have
// been closed.
type tarSums struct {
	digest manifest.Digest
	crc    uint32
	size   int64
}

// run sends each block to the workers and, in order, to the stage that waits for
// their results.
func (s *tarSums) run(ctx context.Context, in <-chan *block, workers, ordered chan<- *block) error {
	sum := sha1.New()
	err := each(ctx, in, func(b *block) error {
		sum.Write(b.data)
		s.crc = crc32.Update(s.crc, crc32.IEEETable, b.data)
		s.size += int64(len(b.data))
		workers <- b
		ordered <- b
		return nil
	})
	if err != nil {
		return err
	}
	sum.Sum(s.digest[:0])
	close(workers)
	close(ordered)
	return nil
}

// gzipTrailer ends the member: CRC-32 and length modulo 2^32 of what was
// compressed.
func (s *tarSums) gzipTrailer() []byte {
	t := binary.LittleEndian.AppendUint32([]byte(deflateFinal), s.crc)
	return binary.LittleEndian.AppendUint32(t, uint32(s.size))
}

// deflate is one of the workers that compress blocks. Each block becomes deflate
// blocks that refer to nothing outside it and end on a byte boundary (a sync
// flush), so that in order they make up one stream. zeroBlock is a full block of
// zeros, compressed: images are full of them.
func deflate(ctx context.Context, zeroBlock []byte, in <-chan *block) error {
	w, err := flate.NewWriter(nil, compressionLevel)
	if err != nil {
		return err
	}
	return each(ctx, in, func(b *block) error {
		b.out = zeroBlock
		if len(b.data) < blockSize || !allZero(b.data) {
			if err := compress(w, &b.zip, b.data); err != nil {
				return err
			}
			b.out = b.zip.Bytes()
		}
		b.ready <- struct{}{}
		return nil
	})
}

// compressZeros returns a full block of zeros as deflate would compress it.
func compressZeros() ([]byte, error) {
	w, err := flate.NewWriter(nil, compressionLevel)
	if err != nil {
		return nil, err
	}
	var zip bytes.Buffer
	err = compress(w, &zip, zeros[:])
	return zip.Bytes(), err
}

// compress replaces what zip holds by data compressed.
func compress(w *flate.Writer, zip *bytes.Buffer, data []byte) error {
	zip.Reset()
	w.Reset(zip)
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Flush()
}
