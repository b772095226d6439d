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

// The frame of a gzip member (RFC 1952) without name or time, written on Unix.
// The final deflate block is an empty one, since nobody knows which block is the
// last while it is compressed.
const (
	gzipHeader   = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
	deflateFinal = "\x03\x00"
)

// deflateSync is a stored deflate block without content. It begins and ends at byte
// boundaries, and ends what each worker makes of a block.
const deflateSync = "\x00\x00\x00\xff\xff"

// digest is the stage that takes the digest of the tar stream, which is valid once
// its outputs have been closed. It sends each block to the workers and, in order, to
// the stage that waits for their results. No other stage has as much to do with
// every byte, holes included, so that comes first; while there is nothing to hash, it
// is a worker itself. Were there one more beside it, it would wait for a processor just
// when it could go on with a hole.
func digest(ctx context.Context, sum *manifest.Digest, worker *deflater, in <-chan *block, workers chan *block, ordered chan<- *block) error {
	hash := sha1.New()
	for {
		b, hashed, err := hashOrCompress(ctx, in, workers)
		switch {
		case err != nil:
			return err
		case hashed != nil:
			if err := worker.work(hashed); err != nil {
				return err
			}
		case b == nil:
			hash.Sum(sum[:0])
			close(workers)
			close(ordered)
			return worker.run(ctx, workers)
		default:
			workers <- b // they may read it at the same time
			for range 1 + b.again {
				hash.Write(b.data)
			}
			ordered <- b
		}
	}
}

// hashOrCompress returns the next block to hash, nil at the end of the stream, or, if
// none is there yet, one to compress.
func hashOrCompress(ctx context.Context, in, workers <-chan *block) (hash, compress *block, err error) {
	select {
	case hash = <-in:
		return hash, nil, nil
	default:
	}
	select {
	case hash = <-in:
	case compress = <-workers:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	return hash, compress, err
}

// A gzipSum is what the trailer of a gzip member holds of what was compressed.
type gzipSum struct {
	crc  uint32
	size int64
}

func (s *gzipSum) add(b *block) {
	for range 1 + b.again {
		s.crc = appendCRC(s.crc, b.crc, int64(len(b.data)))
		s.size += int64(len(b.data))
	}
}

// trailer ends the member: CRC-32 and length modulo 2^32.
func (s *gzipSum) trailer() []byte {
	t := binary.LittleEndian.AppendUint32([]byte(deflateFinal), s.crc)
	return binary.LittleEndian.AppendUint32(t, uint32(s.size))
}

// A deflater compresses blocks. Each becomes deflate blocks that refer to nothing
// outside it and end on a byte boundary, so that in order they make up one stream.
type deflater struct {
	flate  *flate.Writer
	sample *flate.Writer // fast, for samples
	shrunk counter       // what it made of one

	// A full block of zeros, compressed, and its sum: images are full of them. The first
	// that comes makes them; small images have none.
	zeros   []byte
	zeroCRC uint32
}

func newDeflater(c Compression) (*deflater, error) {
	level, err := c.level()
	if err != nil {
		return nil, err
	}
	d := new(deflater)
	if d.flate, err = flate.NewWriter(nil, level); err != nil {
		return nil, err
	}
	d.sample, err = flate.NewWriter(nil, flate.BestSpeed)
	return d, err
}

// run is one of the workers that compress.
func (d *deflater) run(ctx context.Context, in <-chan *block) error {
	return each(ctx, in, d.work)
}

func (d *deflater) work(b *block) error {
	err := d.compress(b)
	b.ready <- struct{}{}
	return err
}

// compress sets what b is, compressed, and its sum.
func (d *deflater) compress(b *block) error {
	if len(b.data) == blockSize && allZero(b.data) {
		return d.compressZeros(b)
	}
	b.crc = crc32.ChecksumIEEE(b.data)
	b.zip.Reset()
	b.zip.Grow(len(b.data) + len(b.data)/zipSlack) // at once: what doubles leaves half of it behind
	random, err := d.looksRandom(b.data)
	switch {
	case err != nil:
		return err
	case random:
		store(&b.zip, b.data)
	default:
		err = compress(d.flate, &b.zip, b.data)
	}
	b.out = b.zip.Bytes()
	return err
}

// compressZeros sets what a full block of zeros is, compressed, and its sum.
func (d *deflater) compressZeros(b *block) error {
	if d.zeros == nil {
		var zip bytes.Buffer
		if err := compress(d.flate, &zip, zeros[:]); err != nil {
			return err
		}
		d.zeros, d.zeroCRC = zip.Bytes(), crc32.ChecksumIEEE(zeros[:])
	}
	b.out, b.crc = d.zeros, d.zeroCRC
	return nil
}

// A block is sampled by pieces of sampleSize bytes at equal distances. If they do
// not shrink by more than one in sampleGain, neither will the block by much, and is
// stored as it is: searching what has been compressed or encrypted before for
// repetitions takes long and finds next to nothing.
const (
	samples    = 8
	sampleSize = 4 << 10
	sampleGain = 100
)

// zipSlack is the part of a block by which it grows at most where it does not shrink,
// and more: 5 bytes for 64 KiB, and a few at the end.
const zipSlack = 256

// looksRandom says whether it is not worth compressing data.
func (d *deflater) looksRandom(data []byte) (bool, error) {
	stride := len(data) / samples
	if stride < 4*sampleSize {
		return false, nil
	}
	d.shrunk = 0
	d.sample.Reset(&d.shrunk)
	for i := range samples {
		if _, err := d.sample.Write(data[i*stride:][:sampleSize]); err != nil {
			return false, err
		}
	}
	err := d.sample.Flush()
	return int(d.shrunk) > samples*sampleSize*(sampleGain-1)/sampleGain, err
}

// A counter counts what is written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// store replaces what zip holds by data in stored deflate blocks.
func store(zip *bytes.Buffer, data []byte) {
	const most = 1<<16 - 1 // bytes in a stored block
	zip.Reset()
	for len(data) > 0 {
		n := min(len(data), most)
		zip.Write([]byte{0, byte(n), byte(n >> 8), ^byte(n), ^byte(n >> 8)})
		zip.Write(data[:n])
		data = data[n:]
	}
	zip.WriteString(deflateSync)
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
