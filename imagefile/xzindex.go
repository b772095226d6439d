package imagefile

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"
	"math"
)

// indexedXZ adds up what the indexes say the streams hold, from the last to the
// first. What does not look right is left to the reader to find.
func indexedXZ(ctx context.Context, r io.ReaderAt, fileSize int64) (size int64, ok bool, err error) {
	end := fileSize
	for end > 0 {
		if err := ctx.Err(); err != nil {
			return 0, false, err
		}
		start, content, err := xzStream(r, end)
		if errors.Is(err, ErrUnsupported) {
			return 0, false, err
		}
		if err != nil {
			return 0, false, nil
		}
		if size += content; size > MaxVirtualSize {
			return 0, false, tooLarge(FormatXZ, "", uint64(size))
		}
		end = start
	}
	return size, true, nil
}

// xzStream finds where the stream begins that ends at end, padding apart, and how
// much is in it.
func xzStream(r io.ReaderAt, end int64) (start, content int64, err error) {
	var footer [xzHeaderSize]byte
	if end, err = beforePadding(r, end); err != nil {
		return 0, 0, err
	}
	if err := readAt(r, footer[:], end-xzHeaderSize); err != nil {
		return 0, 0, err
	}
	length, ok := parseXZFooter(footer)
	index := end - xzHeaderSize - length
	if !ok || index < xzHeaderSize {
		return 0, 0, errXZIndex
	}
	packed, content, err := sumXZIndex(io.NewSectionReader(r, index, length))
	if err != nil {
		return 0, 0, err
	}
	start = index - packed - xzHeaderSize
	var magic [len(xzMagic)]byte
	if err := readAt(r, magic[:], start); err != nil || string(magic[:]) != xzMagic {
		return 0, 0, errXZIndex
	}
	return start, content, nil
}

// maxPadding is how much padding is passed over backwards, in bytes.
const maxPadding = 64 << 10

// beforePadding is where the zeros before end begin, which come in fours.
func beforePadding(r io.ReaderAt, end int64) (int64, error) {
	var four [4]byte
	for range maxPadding / len(four) {
		if err := readAt(r, four[:], end-int64(len(four))); err != nil {
			return 0, err
		}
		if !zeros(four[:]) {
			return end, nil
		}
		end -= int64(len(four))
	}
	return 0, errXZIndex
}

// readAt fills p.
func readAt(r io.ReaderAt, p []byte, off int64) error {
	if off < 0 {
		return errXZIndex
	}
	if n, err := r.ReadAt(p, off); n < len(p) {
		return within(err)
	}
	return nil
}

// sumXZIndex adds up an index: the bytes that the blocks take, and hold.
func sumXZIndex(section *io.SectionReader) (packed, content int64, err error) {
	index := &summed{in: bufio.NewReader(section)}
	if b, err := index.ReadByte(); err != nil || b != 0 {
		return 0, 0, errXZIndex
	}
	err = index.records(func(unpadded, size uint64) error {
		if unpadded > math.MaxInt64>>1-uint64(packed) {
			return errXZIndex
		}
		if size > MaxVirtualSize || content+int64(size) > MaxVirtualSize {
			return tooLarge(FormatXZ, "", max(size, uint64(content)+min(size, MaxVirtualSize)))
		}
		packed += (int64(unpadded) + 3) &^ 3
		content += int64(size)
		return nil
	})
	return packed, content, err
}

// parseXZFooter reads a stream's footer: the size of its index.
func parseXZFooter(f [xzHeaderSize]byte) (index int64, ok bool) {
	ok = xzSum(f[4:10], f[:4]) && string(f[10:]) == xzFooter
	return (int64(binary.LittleEndian.Uint32(f[4:])) + 1) * 4, ok
}

// xzSum compares a header with its CRC-32.
func xzSum(data, sum []byte) bool {
	return crc32.ChecksumIEEE(data) == binary.LittleEndian.Uint32(sum)
}

// xzNumber reads a number of up to 63 bits, seven to a byte, the lowest first.
func xzNumber(in io.ByteReader) (int64, error) {
	n, err := binary.ReadUvarint(in)
	if err == nil && n > math.MaxInt64 {
		err = errXZSizes
	}
	return int64(n), err
}

// summed reads an index and makes its CRC-32 on the way.
type summed struct {
	in  io.ByteReader
	crc uint32
	n   int64
}

func (s *summed) ReadByte() (byte, error) {
	b, err := s.in.ReadByte()
	if err == nil {
		s.add(b)
	}
	return b, err
}

func (s *summed) add(b byte) {
	s.crc = crc32.Update(s.crc, crc32.IEEETable, []byte{b})
	s.n++
}

// records reads an index from its second byte to its end. n is then its size.
func (s *summed) records(each func(unpadded, size uint64) error) error {
	count, err := xzNumber(s)
	for ; err == nil && count > 0; count-- {
		var unpadded, size int64
		if unpadded, err = xzNumber(s); err != nil {
			break
		}
		if size, err = xzNumber(s); err == nil {
			err = each(uint64(unpadded), uint64(size))
		}
	}
	for err == nil && s.n%4 != 0 {
		var b byte
		if b, err = s.ReadByte(); err == nil && b != 0 {
			err = errXZIndex
		}
	}
	if err != nil {
		return err
	}
	return s.check()
}

// check reads the CRC-32 that ends an index.
func (s *summed) check() error {
	want := s.crc
	var got [4]byte
	for i := range got {
		b, err := s.ReadByte()
		if err != nil {
			return err
		}
		got[i] = b
	}
	if binary.LittleEndian.Uint32(got[:]) != want {
		return errXZIndex
	}
	return nil
}

// xzRecords stands for the records of blocks, however many these are.
type xzRecords struct {
	hash hash.Hash
}

func newXZRecords() xzRecords { return xzRecords{sha256.New()} }

func (r xzRecords) add(unpadded, size uint64) {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], unpadded)
	binary.LittleEndian.PutUint64(b[8:], size)
	r.hash.Write(b[:])
}

func (r xzRecords) equal(other xzRecords) bool {
	return string(r.hash.Sum(nil)) == string(other.hash.Sum(nil))
}

// xzCheck is the checksum of a block.
type xzCheck struct {
	hash hash.Hash // nil: one that is not known here, or none
	size int       // bytes
}

// xzCheckOf is the check of that kind. Kinds that xz does not know either are not
// compared, as there; their size goes by the kind.
func xzCheckOf(kind byte) xzCheck {
	switch kind {
	case 1:
		return xzCheck{crc32.NewIEEE(), 4}
	case 4:
		return xzCheck{crc64.New(crc64.MakeTable(crc64.ECMA)), 8}
	case 10:
		return xzCheck{sha256.New(), sha256.Size}
	case 0:
		return xzCheck{}
	}
	return xzCheck{size: 4 << ((kind - 1) / 3)}
}

func (c xzCheck) Write(p []byte) {
	if c.hash != nil {
		c.hash.Write(p)
	}
}

// matches compares it with the one in the file, where the numbers begin with the
// lowest byte.
func (c xzCheck) matches(check []byte) bool {
	switch h := c.hash.(type) {
	case nil:
		return true
	case hash.Hash32:
		return binary.LittleEndian.Uint32(check) == h.Sum32()
	case hash.Hash64:
		return binary.LittleEndian.Uint64(check) == h.Sum64()
	}
	return string(c.hash.Sum(nil)) == string(check)
}
