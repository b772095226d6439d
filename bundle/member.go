package bundle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"emikit/bundle/inflate"
)

// Flags of a gzip member (RFC 1952, 2.3.1).
const (
	gzipHeaderCRC = 1 << 1
	gzipExtra     = 1 << 2
	gzipName      = 1 << 3
	gzipComment   = 1 << 4
	gzipReserved  = 7 << 5
)

// maxGzipHeader is the longest header that is read, in bytes: extra fields hold up to
// 64 KiB, names and comments anything.
const maxGzipHeader = 192 << 10

var (
	errGzipHeader = errors.New("not a gzip header")
	errGzipSum    = errors.New("its sum or length is not that of what it holds")
)

// header reads the header of a member.
func (g *gunzip) header(src []byte) (int, error) {
	n, err := gzipHeaderSize(src)
	if errors.Is(err, inflate.ErrInput) && len(src) > maxGzipHeader {
		err = errGzipHeader
	}
	switch {
	case errors.Is(err, inflate.ErrInput):
		return 0, err
	case err != nil:
		return 0, fmt.Errorf("%w: %w", ErrGzip, err)
	}
	g.in, g.crc, g.size, g.window = inDeflate, 0, 0, g.window[:0]
	g.decoder.Reset()
	return n, nil
}

// gzipHeaderSize returns how long the header is that src begins with. What it says
// of the file does not matter here.
func gzipHeaderSize(src []byte) (int, error) {
	const magic = "\x1f\x8b\x08"
	if !bytes.HasPrefix([]byte(magic), src[:min(len(src), len(magic))]) {
		return 0, errGzipHeader
	}
	n := len(gzipHeader)
	if len(src) < n {
		return 0, inflate.ErrInput
	}
	flags := src[3]
	if flags&gzipReserved != 0 {
		return 0, errGzipHeader
	}
	if flags&gzipExtra != 0 {
		if len(src) < n+2 {
			return 0, inflate.ErrInput
		}
		n += 2 + int(binary.LittleEndian.Uint16(src[n:]))
	}
	for _, text := range []byte{gzipName, gzipComment} {
		if flags&text == 0 || n > len(src) {
			continue
		}
		end := bytes.IndexByte(src[n:], 0)
		if end < 0 {
			return 0, inflate.ErrInput
		}
		n += end + 1
	}
	if flags&gzipHeaderCRC == 0 {
		return atMost(src, n)
	}
	if _, err := atMost(src, n+2); err != nil {
		return 0, err
	}
	if binary.LittleEndian.Uint16(src[n:]) != uint16(crc32.ChecksumIEEE(src[:n])) {
		return 0, errGzipHeader
	}
	return n + 2, nil
}

// atMost returns n if src holds as much.
func atMost(src []byte, n int) (int, error) {
	if n > len(src) {
		return 0, inflate.ErrInput
	}
	return n, nil
}

// trailer compares the sum and length of a member with what came out.
func (g *gunzip) trailer(src []byte) (int, error) {
	const size = 8
	if len(src) < size {
		return 0, inflate.ErrInput
	}
	if binary.LittleEndian.Uint32(src) != g.crc || binary.LittleEndian.Uint32(src[4:]) != g.size {
		return 0, fmt.Errorf("%w: %w", ErrGzip, errGzipSum)
	}
	g.in = inHeader
	g.members++
	return size, nil
}
