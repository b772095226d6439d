package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"emikit/internal/seeds"
)

// fuzzRead is how much of a disk a fuzz target reads, in bytes, and fuzzPieces in
// how many pieces: a disk of 2 TiB takes longer than a test may.
const (
	fuzzRead   = 1 << 20
	fuzzPieces = 1024
)

// FuzzQCOW2: what is opened has the size that its header says, in bounds, and
// names no other file; it reads the same in pieces of any size, over its holes
// and through them; what is missing or wrong is ErrCorrupt; and no file of this
// machine is opened whatever the header asks for.
func FuzzQCOW2(f *testing.F) {
	fixtures := seeds.Files(f, "testdata/*.qcow2", 8)
	for i, data := range fixtures {
		f.Add(data, uint16(i*1000))
		for _, change := range hostileHeaders() {
			f.Add(change(bytes.Clone(data[:min(len(data), 4<<10)])), uint16(512))
		}
	}
	f.Add([]byte(qcow2Magic), uint16(0))
	f.Fuzz(func(t *testing.T, data []byte, piece uint16) {
		before := openFiles()
		q, err := openQCOW2(bytes.NewReader(data), int64(len(data)))
		if after := openFiles(); after > before {
			t.Errorf("%d files were open before, %d after", before, after)
		}
		if err != nil {
			checkRefusal(t, err)
			return
		}
		checkHeader(t, q, data)
		n := int(piece) + 1
		limit := min(q.size, fuzzRead, int64(n)*fuzzPieces)
		first, firstErr := readDisk(q, limit, 64<<10, false)
		again, err := openQCOW2(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatalf("the second time: %v", err)
		}
		second, secondErr := readDisk(again, limit, n, true)
		compare(t, first, second, firstErr, secondErr)
	})
}

// hostileHeaders change what a header says of other files and of sizes.
func hostileHeaders() []func([]byte) []byte {
	put32 := func(at int, v uint32) func([]byte) []byte {
		return func(b []byte) []byte { binary.BigEndian.PutUint32(b[at:], v); return b }
	}
	put64 := func(at int, v uint64) func([]byte) []byte {
		return func(b []byte) []byte { binary.BigEndian.PutUint64(b[at:], v); return b }
	}
	return []func([]byte) []byte{
		func(b []byte) []byte { // a backing file
			const name = "testdata/v3.qcow2"
			binary.BigEndian.PutUint64(b[8:], 1024)
			binary.BigEndian.PutUint32(b[16:], uint32(len(name)))
			copy(b[1024:], name)
			return b
		},
		put32(4, 4), put32(20, 63), put32(20, 9), put32(32, 2), // version, cluster size, encryption
		put64(24, 1<<62), put64(24, MaxVirtualSize), put64(24, 0), // the disk
		put32(36, 1<<31), put64(40, 1<<63), put64(40, 0), // the L1 table
		put64(72, featureDataFile), put64(72, 1<<40),
	}
}

// checkRefusal holds that whatever is refused is refused for a known reason.
func checkRefusal(t *testing.T, err error) {
	t.Helper()
	_, unsupported := errors.AsType[*UnsupportedError](err)
	if !unsupported && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotQCOW2) {
		t.Errorf("got %v, want a reason", err)
	}
}

func checkHeader(t *testing.T, q *qcow2Disk, data []byte) {
	t.Helper()
	h, err := readHeader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if q.size != int64(h.size) || q.size <= 0 || q.size > MaxVirtualSize {
		t.Errorf("got a disk of %d bytes, the header says %d", q.size, h.size)
	}
	if h.backingOffset != 0 || h.incompatible&featureDataFile != 0 || h.crypt != 0 {
		t.Errorf("opened although it needs something else: %+v", h)
	}
}

// openFiles is the number of files that this process has open, 0 where that is
// not to be known.
func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// readDisk reads the first limit bytes, n at a time. It skips holes, or reads
// through them.
func readDisk(q *qcow2Disk, limit int64, n int, skip bool) (all []byte, err error) {
	for buf := make([]byte, n); err == nil && int64(len(all)) < limit; {
		off, left := int64(len(all)), limit-int64(len(all))
		hole := int64(0)
		if skip {
			hole, err = q.hole(off)
		}
		if hole > 0 {
			all = append(all, make([]byte, min(hole, left))...)
			continue
		}
		if err == nil {
			var got int
			got, err = q.readAt(buf[:min(int64(n), left)], off)
			all = append(all, buf[:got]...)
		}
	}
	return all, err
}

// compare holds two readings of one disk against each other. Where something is
// missing, the one in smaller pieces may have come further.
func compare(t *testing.T, first, second []byte, firstErr, secondErr error) {
	t.Helper()
	if (firstErr == nil) != (secondErr == nil) {
		t.Errorf("reading ends with %v, and in other pieces with %v", firstErr, secondErr)
	}
	for _, err := range []error{firstErr, secondErr} {
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("got %v, want %v", err, ErrCorrupt)
		}
	}
	n := min(len(first), len(second))
	if !bytes.Equal(first[:n], second[:n]) || firstErr == nil && len(first) != len(second) {
		t.Errorf("read %d bytes, in other pieces %d, and they differ", len(first), len(second))
	}
}
