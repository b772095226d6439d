package bundle_test

import (
	"bytes"
	"io"
	"testing"

	"emikit/bundle"
)

// The image of these is a third each zeros, text and noise. scripts/bench times
// real files, through the command.

func BenchmarkCreate(b *testing.B) {
	image := mixed(64 * mib)
	b.SetBytes(int64(len(image)))
	for b.Loop() {
		sink := &failing{parts: 1 << 30}
		if _, _, err := bundle.Create(b.Context(), bytes.NewReader(image), int64(len(image)), options(b, 0), sink); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnbundle(b *testing.B) {
	image := mixed(64 * mib)
	m, store := create(b, image, options(b, 0))
	b.SetBytes(int64(len(image)))
	for b.Loop() {
		if err := bundle.Unbundle(b.Context(), m, fixedKey(), store, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
