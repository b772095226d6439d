package bundle_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"crypto/sha1"
	"io"
	"testing"

	"emikit/bundle"
	"emikit/manifest"
)

// The pipelines as a whole, without files, keys and start-up. The image of these is a
// third each zeros, text and noise; stages_test.go has the stages one by one, and
// scripts/bench times real files, through the command.

func BenchmarkCreate(b *testing.B) {
	for _, c := range bundle.Compressions() {
		b.Run(string(c), func(b *testing.B) {
			o := options(b, 0)
			o.Compression = c
			benchmarkCreate(b, mixed(64*mib), o)
		})
	}
	b.Run("zeros", func(b *testing.B) { benchmarkCreate(b, make([]byte, 64*mib), options(b, 0)) })
	b.Run("noise", func(b *testing.B) { benchmarkCreate(b, noise(1, 64*mib), options(b, 0)) })
}

func benchmarkCreate(b *testing.B, image []byte, o bundle.Options) {
	b.SetBytes(int64(len(image)))
	b.ReportAllocs()
	for b.Loop() {
		sink := &failing{parts: 1 << 30}
		if _, _, err := bundle.Create(b.Context(), bytes.NewReader(image), int64(len(image)), o, sink); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUnbundle opens a bundle made here, whose blocks can be inflated at the same
// time, and one whose stream gzip has made.
func BenchmarkUnbundle(b *testing.B) {
	image := mixed(64 * mib)
	m, store := create(b, image, options(b, 0))
	b.Run("ours", func(b *testing.B) { benchmarkUnbundle(b, m, store) })
	stream := tarStream(b, m, store)
	m, store = encrypted(gzipped(b, stream), manifest.Digest(sha1.Sum(stream)), int64(len(image)))
	b.Run("others", func(b *testing.B) { benchmarkUnbundle(b, m, store) })
}

func benchmarkUnbundle(b *testing.B, m *manifest.Manifest, store *memory) {
	b.SetBytes(m.Size)
	b.ReportAllocs()
	for b.Loop() {
		if err := bundle.Unbundle(b.Context(), m, fixedKey(), store, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

// tarStream returns what a bundle holds, decompressed.
func tarStream(b *testing.B, m *manifest.Manifest, store *memory) []byte {
	zip, err := stdgzip.NewReader(bytes.NewReader(decrypted(b, m, store)))
	if err != nil {
		b.Fatal(err)
	}
	stream, err := io.ReadAll(zip)
	if err != nil {
		b.Fatal(err)
	}
	return stream
}
