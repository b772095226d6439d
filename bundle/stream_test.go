package bundle_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/iotest"

	"emikit/bundle"
	"emikit/manifest"
)

// joined is the bundle's parts as one stream, with all that its manifest knows.
func joined(m *manifest.Manifest, store *memory) bundle.Stream {
	var all [][]byte
	for _, part := range m.Parts {
		all = append(all, store.parts[part.Name])
	}
	return bundle.Stream{In: bytes.NewReader(slices.Concat(all...)), Key: fixedKey(), Size: &m.Size, Digest: &m.Digest}
}

// TestStream: streams around the lengths of blocks and of cipher blocks, whatever is
// known of them and however they come.
func TestStream(t *testing.T) {
	for _, size := range []int{0, 1, 5000, mib - 10752, 3 * mib, 5*mib + 17} {
		image := noise(uint64(size), size)
		m, store := create(t, image, options(t, mib+16))
		for _, known := range []bool{true, false} {
			s := joined(m, store)
			if !known {
				s.Size, s.Digest = nil, nil
			}
			s.In = iotest.HalfReader(s.In)
			var got bytes.Buffer
			if err := s.Unbundle(t.Context(), &got); err != nil || !bytes.Equal(got.Bytes(), image) {
				t.Errorf("%d bytes, all known: %t: got %d others, %v", size, known, got.Len(), err)
			}
		}
	}
}

// TestStreamOfEveryTarFormat: what other tools write, sparse files among it, needs no
// size to be known.
func TestStreamOfEveryTarFormat(t *testing.T) {
	tars, err := filepath.Glob("testdata/tars/*.tar.gz")
	if err != nil || len(tars) < 10 {
		t.Fatalf("found %d tars (%v), want at least 10", len(tars), err)
	}
	for _, path := range tars {
		zip, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s := joined(encrypted(zip, manifest.Digest{}, 0))
		s.Size, s.Digest = nil, nil
		var got bytes.Buffer
		if err := s.Unbundle(t.Context(), &got); err != nil || !bytes.Equal(got.Bytes(), sparseImage()) {
			t.Errorf("%s: got another image (%d bytes), %v", path, got.Len(), err)
		}
	}
}

func TestStreamErrors(t *testing.T) {
	m, store := create(t, noise(7, 2*mib+500), options(t, mib))
	broken, other := errors.New("the disk is broken"), int64(5)
	for name, tt := range map[string]struct {
		change func(s *bundle.Stream, all []byte)
		want   error
	}{
		"empty":          {func(s *bundle.Stream, _ []byte) { s.In = bytes.NewReader(nil) }, bundle.ErrBundledSize},
		"cut":            {func(s *bundle.Stream, all []byte) { s.In = bytes.NewReader(all[:len(all)-5]) }, bundle.ErrBundledSize},
		"a block less":   {func(s *bundle.Stream, all []byte) { s.In = bytes.NewReader(all[:len(all)-16]) }, bundle.ErrKeyDependent},
		"a part less":    {func(s *bundle.Stream, all []byte) { s.In = bytes.NewReader(all[mib:]) }, bundle.ErrKeyDependent},
		"altered":        {func(s *bundle.Stream, all []byte) { all[mib] ^= 1; s.In = bytes.NewReader(all) }, bundle.ErrKeyDependent},
		"another key":    {func(s *bundle.Stream, _ []byte) { s.Key.Key[3]++ }, bundle.ErrKeyDependent},
		"another IV":     {func(s *bundle.Stream, _ []byte) { s.Key.IV[0]++ }, bundle.ErrGzip},
		"another size":   {func(s *bundle.Stream, _ []byte) { s.Size = &other }, bundle.ErrUnbundledSize},
		"negative size":  {func(s *bundle.Stream, _ []byte) { s.Size = new(int64(-2)) }, bundle.ErrImpossibleSize},
		"another digest": {func(s *bundle.Stream, _ []byte) { s.Digest = new(manifest.Digest) }, bundle.ErrImageDigest},
		"unreadable":     {func(s *bundle.Stream, _ []byte) { s.In = io.MultiReader(s.In, iotest.ErrReader(broken)) }, broken},
	} {
		s := joined(m, store)
		all, err := io.ReadAll(s.In)
		if err != nil {
			t.Fatal(err)
		}
		s.In = bytes.NewReader(all)
		tt.change(&s, all)
		if err := s.Unbundle(t.Context(), io.Discard); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

// TestStreamOfHoles: a few bytes may stand for a long hole, but not for any, where
// nobody has said how large the image is.
func TestStreamOfHoles(t *testing.T) {
	const tib = 1 << 40
	old := sparseTar(0, nil)
	copy(old[483:495], binary.BigEndian.AppendUint64([]byte{0x80, 0, 0, 0}, tib+1)) // octal has no room for it
	setChecksum(old)
	for name, tar := range map[string][]byte{"old": old, "pax": paxHole(t, tib+1)} {
		s := joined(sealed(t, tar, 0))
		s.Size, s.Digest = nil, nil
		if err := s.Unbundle(t.Context(), io.Discard); !errors.Is(err, bundle.ErrImpossibleSize) {
			t.Errorf("%s: got %v, want ErrImpossibleSize", name, err)
		}
	}
}

// TestStreamToFile: the file is there when all of it is right.
func TestStreamToFile(t *testing.T) {
	image := noise(3, 2*mib)
	m, store := create(t, image, options(t, mib))
	path := filepath.Join(t.TempDir(), "disk.img")
	wrong := joined(m, store)
	wrong.Digest = new(manifest.Digest)
	if err := wrong.UnbundleFile(t.Context(), path); !errors.Is(err, bundle.ErrImageDigest) {
		t.Errorf("got %v, want ErrImageDigest", err)
	}
	expectEmpty(t, filepath.Dir(path))
	if err := joined(m, store).UnbundleFile(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, image) {
		t.Errorf("got another image (%d bytes), %v", len(got), err)
	}
	if err := joined(m, store).UnbundleFile(t.Context(), path, path); !errors.Is(err, bundle.ErrInput) {
		t.Errorf("onto its own input: got %v, want ErrInput", err)
	}
}

func TestCancelStream(t *testing.T) {
	m, store := create(t, noise(3, 2*mib), options(t, mib))
	gone := errors.New("the user went away")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if err := joined(m, store).Unbundle(ctx, io.Discard); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
}
