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
)

// sparseTar returns a tar stream of one member of type S, as GNU tar writes it, of
// an image of size bytes that holds runs of x.
func sparseTar(size int64, runs []run) []byte {
	var entries, data []byte
	for _, r := range runs {
		entries = fmt.Appendf(entries, "%011o\x00%011o\x00", r.off, r.size)
		data = append(data, bytes.Repeat([]byte("x"), int(r.size))...)
		data = append(data, make([]byte, (512-len(data)%512)%512)...)
	}
	stored := int64(0)
	for _, r := range runs {
		stored += r.size
	}
	header := make([]byte, 512)
	copy(header, "disk.img")
	copy(header[100:], "0000644\x000000000\x000000000\x00")
	copy(header[124:], fmt.Sprintf("%011o\x0000000000000\x00", stored))
	header[156] = 'S'
	copy(header[257:], "ustar  \x00")
	entries = entries[copy(header[386:482], entries):]
	if len(entries) > 0 {
		header[482] = 1
	}
	copy(header[483:], fmt.Sprintf("%011o\x00", size))
	setChecksum(header)
	stream := header
	for len(entries) > 0 {
		block := make([]byte, 512)
		if entries = entries[copy(block[:504], entries):]; len(entries) > 0 {
			block[504] = 1
		}
		stream = append(stream, block...)
	}
	stream = append(stream, data...)
	return append(stream, make([]byte, 10240-len(stream)%10240)...)
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

func TestHostileSparseMembers(t *testing.T) {
	const size = 40960
	change := func(at int, text string) func([]byte) []byte {
		return func(stream []byte) []byte {
			copy(stream[at:], text)
			setChecksum(stream)
			return stream
		}
	}
	for name, tt := range map[string]struct {
		spoil func([]byte) []byte
		want  string
	}{
		"other size":     {change(483, "00000000001\x00"), "expected size: 40960, actual: 1"},
		"no number":      {change(483, "0000000000x\x00"), "size"},
		"negative":       {change(483, "-0000000001\x00"), "size"},
		"huge base 256":  {change(483, "\x80\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff"), "size"},
		"minus base 256": {change(483, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "size"},
		"less data":      {change(124, "00000010000\x00"), "add up"},
		"overlap":        {change(386+24, "00000010000\x00"), "makes no sense"},
		"backwards":      {change(386+24, "00000000000\x00"), "makes no sense"},
		"past the end":   {change(386+24, "00000117777\x00"), "makes no sense"},
		"too long":       {change(386+36, "77777777777\x00"), "makes no sense"},
		"checksum":       {func(stream []byte) []byte { stream[148] ^= 1; return stream }, "header"},
		"foreign magic":  {change(257, "tar\x00\x00\x00\x00\x00"), "header"},
		"cut in data":    {func(stream []byte) []byte { return stream[:2000] }, "unexpected EOF"},
		"cut in the map": {func(stream []byte) []byte { return change(482, "\x01")(stream)[:600] }, "unexpected EOF"},
		"endless map": {func(stream []byte) []byte {
			more := make([]byte, 512)
			more[504] = 1
			return append(change(482, "\x01")(stream)[:512], bytes.Repeat(more, 1000)...)
		}, "unexpected EOF"},
		"second member": {func(stream []byte) []byte { return append(stream, stream...) }, "data follows its end"},
	} {
		stream := tt.spoil(sparseTar(size, runsOf(3, 4096)))
		m, store := sealed(t, stream, size)
		err := bundle.Unbundle(t.Context(), m, fixedKey(), store, io.Discard)
		if !errors.Is(err, bundle.ErrKeyDependent) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want an error about %q that depends on the key", name, err, tt.want)
		}
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
