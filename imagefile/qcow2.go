package imagefile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/lima-vm/go-qcow2reader/image"
	"github.com/lima-vm/go-qcow2reader/image/qcow2"
)

// qcow2Magic begins every qcow2 file. The format is specified in QEMU's
// docs/interop/qcow2.txt, whose names are used here.
const qcow2Magic = "QFI\xfb"

// MaxVirtualSize is the largest disk that is read out of a qcow2 or a compressed
// file, in bytes: what a partition table of the MBR kind can address. A file of a
// few kilobytes can claim any size, and bundling takes time in proportion.
const MaxVirtualSize = 2 << 40

// Limits of the format's tables, as QEMU enforces them.
const (
	minClusterBits = 9
	maxClusterBits = 21
	maxL1Bytes     = 32 << 20
)

// extentClusters bounds how far ahead one question about a disk's layout looks.
const extentClusters = 8192

// header is the part of a qcow2 header that decides whether a file is read.
type header struct {
	version       uint32
	backingOffset uint64
	clusterBits   uint32
	size          uint64
	crypt         uint32
	l1Size        uint32 // entries
	l1Offset      uint64
	incompatible  uint64 // version 3: features a reader must know
	length        uint32 // version 3: of the header
	compression   byte   // version 3: 0 deflate, 1 zstd
}

// Bits of header.incompatible.
const (
	featureDirty       = 1 << 0 // reference counts may be wrong: no matter to a reader
	featureCorrupt     = 1 << 1
	featureDataFile    = 1 << 2
	featureCompression = 1 << 3
	featureExtendedL2  = 1 << 4
	featuresKnown      = featureDirty | featureCorrupt | featureDataFile | featureCompression | featureExtendedL2
)

// readHeader reads the fixed header at the beginning of r.
func readHeader(r io.ReaderAt) (header, error) {
	var b [112]byte
	n, err := r.ReadAt(b[:], 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return header{}, err
	}
	be := binary.BigEndian
	if n < 72 || string(b[:4]) != qcow2Magic {
		return header{}, ErrNotQCOW2
	}
	h := header{
		version:       be.Uint32(b[4:]),
		backingOffset: be.Uint64(b[8:]),
		clusterBits:   be.Uint32(b[20:]),
		size:          be.Uint64(b[24:]),
		crypt:         be.Uint32(b[32:]),
		l1Size:        be.Uint32(b[36:]),
		l1Offset:      be.Uint64(b[40:]),
	}
	if h.version >= 3 {
		h.incompatible = be.Uint64(b[72:])
		h.length = be.Uint32(b[100:])
	}
	if h.length > 104 {
		h.compression = b[104]
	}
	return h, nil
}

// check refuses what is not read, before the library sees the file: on its
// own it would open whatever backing file the header names.
func (h header) check(fileSize int64) error {
	if err := h.checkFeatures(); err != nil {
		return err
	}
	if h.clusterBits < minClusterBits || h.clusterBits > maxClusterBits {
		return fmt.Errorf("%w: clusters of 2^%d bytes", ErrCorrupt, h.clusterBits)
	}
	if h.version == 3 && (h.length < 104 || int64(h.length) > h.clusterSize()) {
		return fmt.Errorf("%w: header of %d bytes", ErrCorrupt, h.length)
	}
	if h.size == 0 {
		return fmt.Errorf("%w: virtual disk of 0 bytes", ErrCorrupt)
	}
	if h.size > MaxVirtualSize {
		return &UnsupportedError{
			Format: FormatQCOW2,
			What:   fmt.Sprintf("claims a virtual disk of %d bytes, more than %d", h.size, int64(MaxVirtualSize)),
			Advice: asItIs,
		}
	}
	return h.checkTable(fileSize)
}

// checkFeatures refuses what needs other files, a secret, or a newer reader.
func (h header) checkFeatures() error {
	const flatten = "write it out as one file first: qemu-img convert -O qcow2 IN OUT"
	unsupported := func(what, advice string) error {
		return &UnsupportedError{Format: FormatQCOW2, What: what, Advice: advice}
	}
	switch {
	case h.version != 2 && h.version != 3:
		return unsupported(fmt.Sprintf("has version %d, not 2 or 3", h.version), flatten)
	case h.backingOffset != 0:
		return unsupported("has a backing file", flatten)
	case h.incompatible&featureDataFile != 0:
		return unsupported("keeps its data in an external file", flatten)
	case h.crypt != 0:
		return unsupported("is encrypted", "decrypt it first: qemu-img convert")
	case h.incompatible&featureCorrupt != 0:
		return unsupported("is marked corrupt", "repair it first: qemu-img check -r all")
	case h.incompatible&featureExtendedL2 != 0:
		return unsupported("has extended L2 entries", flatten)
	case h.incompatible&^featuresKnown != 0:
		return unsupported(fmt.Sprintf("uses unknown features %#x", h.incompatible&^featuresKnown), flatten)
	case h.compression > 1:
		return unsupported(fmt.Sprintf("uses unknown compression %d", h.compression), flatten)
	}
	return nil
}

// checkTable holds the first level of cluster tables against the disk's size
// and the file's, which bounds the memory it takes.
func (h header) checkTable(fileSize int64) error {
	perEntry := uint64(h.clusterSize()) * uint64(h.clusterSize()) / 8
	need := (h.size + perEntry - 1) / perEntry
	bytes := uint64(h.l1Size) * 8
	if uint64(h.l1Size) < need || bytes > maxL1Bytes {
		return fmt.Errorf("%w: L1 table of %d entries for a disk of %d bytes", ErrCorrupt, h.l1Size, h.size)
	}
	if h.l1Offset == 0 || h.l1Offset > uint64(fileSize) || bytes > uint64(fileSize)-h.l1Offset {
		return fmt.Errorf("%w: L1 table lies outside the file", ErrCorrupt)
	}
	return nil
}

func (h header) clusterSize() int64 { return 1 << h.clusterBits }

// qcow2Disk is the virtual disk of a qcow2 file.
type qcow2Disk struct {
	img     *qcow2.Qcow2
	cluster int64 // bytes
	size    int64
	extent  image.Extent // the last one looked up
	packed  []byte       // the last compressed cluster that was read
	at      int64        // its offset; meaningful when packed is not nil
}

// openQCOW2 opens the virtual disk of a file of fileSize bytes. The reader
// stays the caller's to close.
func openQCOW2(r io.ReaderAt, fileSize int64) (*qcow2Disk, error) {
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	if err := h.check(fileSize); err != nil {
		return nil, err
	}
	configureLibrary()
	img, err := qcow2.Open(r, nil)
	if err == nil {
		err = img.Readable()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return &qcow2Disk{img: img, cluster: h.clusterSize(), size: int64(h.size)}, nil
}

// hole reports clusters that are not allocated or marked as zero.
func (q *qcow2Disk) hole(off int64) (int64, error) {
	if err := q.locate(off); err != nil {
		return 0, err
	}
	if !q.extent.Zero {
		return 0, nil
	}
	return q.extent.Start + q.extent.Length - off, nil
}

// locate makes q.extent the one that off lies in. The library answers rightly
// only for the beginning of a cluster.
func (q *qcow2Disk) locate(off int64) error {
	if off >= q.extent.Start && off < q.extent.Start+q.extent.Length {
		return nil
	}
	start := off - off%q.cluster
	extent, err := q.img.Extent(start, min(extentClusters*q.cluster, q.size-start))
	if err != nil {
		return fmt.Errorf("%w: at offset %d: %w", ErrCorrupt, start, err)
	}
	if extent.Start != start || start+extent.Length <= off {
		return fmt.Errorf("%w: no extent at offset %d", ErrCorrupt, off)
	}
	q.extent = extent
	return nil
}

func (q *qcow2Disk) readAt(p []byte, off int64) (int, error) {
	if err := q.locate(off); err != nil {
		return 0, err
	}
	p = p[:min(int64(len(p)), q.extent.Start+q.extent.Length-off)]
	if q.extent.Zero {
		clear(p)
		return len(p), nil
	}
	if q.extent.Compressed {
		return q.readPacked(p, off)
	}
	return q.fill(p, off)
}

// readPacked reads from a compressed cluster, which is unpacked once however
// small the pieces are in which it is read.
func (q *qcow2Disk) readPacked(p []byte, off int64) (int, error) {
	start := off - off%q.cluster
	if q.packed == nil || q.at != start {
		if q.packed == nil {
			q.packed = make([]byte, q.cluster)
		}
		q.at = -1
		if _, err := q.fill(q.packed[:min(q.cluster, q.size-start)], start); err != nil {
			return 0, err
		}
		q.at = start
	}
	return copy(p, q.packed[off-start:min(q.cluster, q.size-start)]), nil
}

// fill reads all of p. The library returns io.EOF both at the end of the disk
// and when the file lacks what its tables promise.
func (q *qcow2Disk) fill(p []byte, off int64) (int, error) {
	n, err := q.img.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, fmt.Errorf("%w: at offset %d: %w", ErrCorrupt, off+int64(n), err)
}
