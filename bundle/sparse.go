package bundle

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// GNU tar's own sparse members (type S) are what ec2-bundle-image writes, and they
// are read here instead of by archive/tar, which stops at some 43000 runs of data.
// GNU tar before 1.29 makes every run of 512 zeros in a sparse file a hole, so that
// an image of 10 GiB can have many more.

// maxExtents bounds the runs of data in a sparse member, and with them memory:
// 16 bytes each.
const maxExtents = 2 << 20

// An extent is a run of data in a sparse member; between them are holes.
type extent struct{ offset, size int64 }

// Where things lie in the header of a sparse member and in the blocks that continue
// its map (GNU tar manual, "Basic Tar Format": oldgnu_header, sparse_header). An
// entry of the map is two numbers of 12 bytes.
const (
	tarChecksum    = 148
	tarType        = 156
	tarMagic       = 257
	sparseEntries  = 386
	sparseMore     = 482
	sparseRealSize = 483
	moreEntries    = 0
	moreMore       = 504
)

// maxLead bounds the long names before a header, in bytes.
const maxLead = 64 << 10

// readLead reads the stream up to its first header that is not a long name's, and
// returns what it has read and that header, nil if there is none.
func readLead(in io.Reader) (lead, header []byte, err error) {
	for len(lead) < maxLead {
		block := make([]byte, tarBlock)
		n, err := io.ReadFull(in, block)
		lead = append(lead, block[:n]...)
		if err != nil {
			return lead, nil, ignoreEnd(err)
		}
		size, err := tarField(block[124:136])
		if kind := block[tarType]; kind != 'L' && kind != 'K' {
			return lead, block, nil
		}
		if err != nil || size > maxLead {
			break
		}
		name := make([]byte, size+padding(size, tarBlock))
		n, err = io.ReadFull(in, name)
		lead = append(lead, name[:n]...)
		if err != nil {
			return lead, nil, ignoreEnd(err)
		}
	}
	return lead, nil, nil
}

// ignoreEnd drops the errors that only mean the end of a stream.
func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// isGNUSparse says whether header is whole and that of a sparse member.
func isGNUSparse(header []byte) bool {
	return header != nil && header[tarType] == 'S' &&
		bytes.HasPrefix(header[tarMagic:], []byte("ustar  \x00")) && checksumRight(header)
}

func checksumRight(header []byte) bool {
	want, err := tarField(header[tarChecksum : tarChecksum+8])
	sum := int64(0)
	for i, c := range header {
		if i >= tarChecksum && i < tarChecksum+8 {
			c = ' '
		}
		sum += int64(c)
	}
	return err == nil && sum == want
}

// tarField reads a number: octal digits amid spaces and NULs, or base 256 marked by
// the highest bit.
func tarField(field []byte) (int64, error) {
	if field[0]&0x80 == 0 {
		digits := strings.Trim(string(field), " \x00")
		if digits == "" {
			return 0, nil
		}
		n, err := strconv.ParseUint(digits, 8, 63)
		return int64(n), err
	}
	head, n := field[:len(field)-8], binary.BigEndian.Uint64(field[len(field)-8:])
	if head[0] != 0x80 || len(bytes.Trim(head[1:], "\x00")) > 0 || n > 1<<62 {
		return 0, errors.New("number out of range")
	}
	return int64(n), nil
}

// untarSparse writes the sparse member whose header has been read, size bytes long,
// to dst.
func untarSparse(ctx context.Context, header []byte, in io.Reader, size int64, dst io.Writer) error {
	actual, err := tarField(header[sparseRealSize : sparseRealSize+12])
	if err != nil {
		return fmt.Errorf("%w: size: %w", ErrTar, err)
	}
	if size, err = memberSize(actual, size, true); err != nil {
		return err
	}
	extents, err := readExtents(header, in, size)
	if err != nil {
		return err
	}
	w := &extentWriter{ctx: ctx, in: in, dst: dst, buf: make([]byte, blockSize)}
	stored := int64(0)
	for _, e := range extents {
		if err := w.extent(e); err != nil {
			return err
		}
		stored += e.size
	}
	if err := w.hole(size - w.done); err != nil {
		return err
	}
	if packed, err := tarField(header[124:136]); err != nil || packed != stored {
		return fmt.Errorf("%w: its runs of data do not add up", ErrTar)
	}
	return expectZeros(in)
}

// readExtents reads the map of a sparse member: four entries in the header, then
// blocks of 21.
func readExtents(header []byte, in io.Reader, size int64) ([]extent, error) {
	extents, err := appendExtents(nil, header[sparseEntries:sparseMore], size)
	block, more := make([]byte, tarBlock), header[sparseMore] != 0
	for err == nil && more {
		if _, err := io.ReadFull(in, block); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTar, noEOF(err))
		}
		extents, err = appendExtents(extents, block[moreEntries:moreMore], size)
		more = block[moreMore] != 0
	}
	return extents, err
}

// appendExtents reads entries up to the first that is empty, and holds them to
// coming in order and inside the image.
func appendExtents(extents []extent, entries []byte, size int64) ([]extent, error) {
	for ; len(entries) >= 24 && entries[0] != 0; entries = entries[24:] {
		offset, err1 := tarField(entries[:12])
		length, err2 := tarField(entries[12:24])
		after := int64(0)
		if n := len(extents); n > 0 {
			after = extents[n-1].offset + extents[n-1].size
		}
		if err1 != nil || err2 != nil || offset < after || length < 0 || length > size-offset {
			return nil, fmt.Errorf("%w: its map of holes makes no sense", ErrTar)
		}
		if len(extents) == maxExtents {
			return nil, fmt.Errorf("%w: more than %d runs of data", ErrTar, maxExtents)
		}
		extents = append(extents, extent{offset, length})
	}
	return extents, nil
}

// An extentWriter writes a sparse member's data, and holes before it.
type extentWriter struct {
	ctx  context.Context // of the pipeline
	in   io.Reader
	dst  io.Writer
	buf  []byte
	done int64 // bytes of the image written
}

// extent writes the hole up to e, then e, whose data fills whole blocks of the
// stream.
func (w *extentWriter) extent(e extent) error {
	if err := w.hole(e.offset - w.done); err != nil {
		return err
	}
	for left := e.size; left > 0; {
		n := min(left, blockSize)
		if _, err := io.ReadFull(w.in, w.buf[:n+padding(n, tarBlock)]); err != nil {
			return fmt.Errorf("%w: %w", ErrTar, noEOF(err))
		}
		if _, err := w.dst.Write(w.buf[:n]); err != nil {
			return err
		}
		left -= n
	}
	w.done += e.size
	return nil
}

// A skipper is a destination that need not be given zeros.
type skipper interface{ skip(n int64) error }

// hole writes n zeros, if the destination cannot skip them.
func (w *extentWriter) hole(n int64) error {
	w.done += n
	if s, ok := w.dst.(skipper); ok {
		return s.skip(n)
	}
	for n > 0 {
		if err := context.Cause(w.ctx); err != nil {
			return err
		}
		length := min(n, blockSize)
		if _, err := w.dst.Write(zeros[:length]); err != nil {
			return err
		}
		n -= length
	}
	return nil
}
