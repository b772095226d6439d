package bundle_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/bundle/hostiletest"
)

// sparseTar returns a tar stream of one member of type S, as GNU tar writes it, of
// an image of size bytes that holds runs of x.
func sparseTar(size int64, runs []run) []byte {
	var extents []hostiletest.Extent
	for _, r := range runs {
		extents = append(extents, hostiletest.Extent{Offset: r.off, Size: r.size})
	}
	return hostiletest.SparseStream(size, extents...)
}

func setChecksum(header []byte) {
	copy(header[148:156], "        ")
	sum := 0
	for _, c := range header[:512] {
		sum += int(c)
	}
	copy(header[148:156], fmt.Sprintf("%06o\x00 ", sum))
}

// runsOf returns n runs of size bytes, as long a hole before each.
func runsOf(n int, size int64) []run {
	runs := make([]run, n)
	for i := range runs {
		runs[i] = run{int64(2*i+1) * size, size}
	}
	return runs
}

// GNU tar before 1.29 makes a hole of every 512 zeros, so a sparse file can have any
// number of runs; archive/tar takes no more than 43000.
func TestSparseMembers(t *testing.T) {
	for name, image := range map[string]*holey{
		"no data":     {size: 5 * mib},
		"no hole":     {size: 1000, runs: []run{{0, 1000}}},
		"empty end":   {size: 5 * mib, runs: []run{{512, 700}, {5 * mib, 0}}},
		"in header":   {size: 4096*9 + 5, runs: runsOf(4, 4096)},
		"one more":    {size: 4096*11 + 5, runs: runsOf(5, 4096)},
		"two blocks":  {size: 512 * 90, runs: runsOf(44, 512)},
		"long run":    {size: 5 * mib, runs: []run{{mib - 512, 3*mib + 1}}},
		"long before": {size: 20 * mib, runs: []run{{19 * mib, 1}}},
		"many":        {size: 512 * 90001, runs: runsOf(45000, 512)},
	} {
		m, store := sealed(t, sparseTar(image.size, image.runs), image.size)
		path := filepath.Join(t.TempDir(), "disk.img")
		if err := bundle.UnbundleFile(t.Context(), m, fixedKey(), store, path); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkSparse(t, path, image)
		var got bytes.Buffer
		if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, &got); err != nil || !bytes.Equal(got.Bytes(), image.content()) {
			t.Errorf("%s: to a stream: got another image of %d bytes (%v), want %d", name, got.Len(), err, image.size)
		}
	}
}

// A long name stands before the header of type S, too.
func TestSparseMemberWithLongName(t *testing.T) {
	image := &holey{size: 40960, runs: runsOf(3, 4096)}
	name := append([]byte(strings.Repeat("n", 150)), make([]byte, 512-150)...)
	lead := make([]byte, 512)
	copy(lead, "././@LongLink")
	copy(lead[124:], "00000000227\x00")
	lead[156] = 'L'
	copy(lead[257:], "ustar  \x00")
	setChecksum(lead)
	stream := append(append(lead, name...), sparseTar(image.size, image.runs)...)
	m, store := sealed(t, stream, image.size)
	var got bytes.Buffer
	if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, &got); err != nil || !bytes.Equal(got.Bytes(), image.content()) {
		t.Errorf("got another image of %d bytes (%v), want %d", got.Len(), err, image.size)
	}
}

// What a small bundle can claim to hold is bounded, and refused before any work: the
// parts are not even looked for.
func TestImpossibleSizes(t *testing.T) {
	const tebi = 1 << 40
	m, _ := sealed(t, nil, 0)
	for size, want := range map[int64]error{
		tebi:                 bundle.ErrMissingPart, // GNU tar makes such of nothing but a hole
		tebi + 1:             bundle.ErrImpossibleSize,
		1 << 61:              bundle.ErrImpossibleSize,
		m.BundledSize * 1032: bundle.ErrMissingPart,
		1<<63 - 1:            bundle.ErrImpossibleSize,
		-1:                   bundle.ErrImpossibleSize,
	} {
		m.Size = size
		for name, err := range map[string]error{
			"unbundle": bundle.Unbundle(t.Context(), m, fixedKey(), newMemory(), io.Discard),
			"verify":   errorOf(bundle.Verify(t.Context(), m, newMemory(), bundle.VerifyOptions{})),
		} {
			if !errors.Is(err, want) || errors.Is(err, bundle.ErrKeyDependent) {
				t.Errorf("%s of %d bytes: got %v, want %v", name, size, err, want)
			}
		}
	}
}

func errorOf(_ bundle.Report, err error) error { return err }

// A hole that takes long to write out ends with the context.
func TestCancelInHole(t *testing.T) {
	const size = 1 << 40
	reason := errors.New("the user has gone")
	stream := sparseTar(0, nil)
	copy(stream[483:], "\x80\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00")
	setChecksum(stream)
	for name, stream := range map[string][]byte{"GNU": stream, "PAX": paxHole(t, size)} {
		m, store := sealed(t, stream, size)
		ctx, cancel := context.WithCancelCause(t.Context())
		dst := &countdown{left: 10, blow: func() { cancel(reason) }}
		if err := bundle.Unbundle(ctx, m, fixedKey(), store, dst); !errors.Is(err, reason) {
			t.Errorf("%s: got %v, want %v", name, err, reason)
		}
	}
}

// countdown cancels when it has been written to some times.
type countdown struct {
	left int
	blow func()
}

func (c *countdown) Write(p []byte) (int, error) {
	if c.left--; c.left == 0 {
		c.blow()
	}
	return len(p), nil
}

// paxHole returns a tar stream in PAX form of a file that is one hole.
func paxHole(t *testing.T, size int64) []byte {
	t.Helper()
	var records string
	for _, r := range []string{
		"GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name=disk.img", fmt.Sprint("GNU.sparse.realsize=", size),
	} {
		records += fmt.Sprintf("%d %s\n", len(r)+4, r) // two digits, a space, a newline
	}
	member := func(name string, kind byte, data string) []byte {
		header := make([]byte, 512)
		copy(header, name)
		copy(header[100:], "0000644\x000000000\x000000000\x00")
		copy(header[124:], fmt.Sprintf("%011o\x0000000000000\x00", len(data)))
		header[156] = kind
		copy(header[257:], "ustar\x0000")
		setChecksum(header)
		return append(header, data+strings.Repeat("\x00", (512-len(data)%512)%512)...)
	}
	entries := fmt.Sprintf("1\n%d\n0\n", size)
	stream := append(member("pax", 'x', records), member("disk.img", '0', entries+strings.Repeat("\x00", 512-len(entries)))...)
	return append(stream, make([]byte, 10240)...)
}

// The digest covers the whole stream of a sparse member, its map included.
func TestSparseMemberDigest(t *testing.T) {
	stream := sparseTar(40960, runsOf(3, 4096))
	digest := sha1.Sum(stream)
	digest[0]++
	m, store := encrypted(gzipped(t, stream), digest, 40960)
	if err := bundle.Unbundle(t.Context(), m, fixedKey(), store, io.Discard); !errors.Is(err, bundle.ErrImageDigest) {
		t.Errorf("got %v, want ErrImageDigest", err)
	}
}
