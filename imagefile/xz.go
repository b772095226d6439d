package imagefile

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/ulikunitz/xz/lzma"
)

// The .xz file format 1.2.1: https://tukaani.org/xz/xz-file-format.txt, whose
// names are used here. The container is read here rather than by the library,
// which takes whatever dictionary a block asks for: up to 4 GiB.
const (
	xzMagic      = "\xfd7zXZ\x00"
	xzFooter     = "YZ"
	xzHeaderSize = 12 // of a stream's header and footer, bytes
	xzLZMA2      = 0x21
)

var (
	errXZStream = errors.New("bad stream header")
	errXZBlock  = errors.New("bad block header")
	errXZSizes  = errors.New("sizes do not match")
	errXZCheck  = errors.New("checksum does not match")
	errXZIndex  = errors.New("index does not match")
	errXZEnd    = errors.New("what follows is no stream")
)

// xzReader reads streams of xz that follow one another.
type xzReader struct {
	in      *meter
	flags   [2]byte // of the stream; the second is the kind of check
	records xzRecords
	block   *xzBlock // nil between blocks
	memory  int64    // bytes of dictionaries so far
	made    int64    // bytes so far
}

// meter counts what is read through it.
type meter struct {
	*bufio.Reader
	n int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.Reader.Read(p)
	m.n += int64(n)
	return n, err
}

func (m *meter) ReadByte() (byte, error) {
	b, err := m.Reader.ReadByte()
	if err == nil {
		m.n++
	}
	return b, err
}

// openXZ begins with the first stream, which there must be.
func openXZ(in *bufio.Reader) (io.ReadCloser, error) {
	if magic, _ := in.Peek(len(xzMagic)); string(magic) != xzMagic {
		return nil, notOf(FormatXZ)
	}
	x := &xzReader{in: &meter{Reader: in}}
	return x, x.begin()
}

func (x *xzReader) Close() error { return nil }

func (x *xzReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
		}
		n, err := x.block.read(p)
		x.made += int64(n)
		if errors.Is(err, io.EOF) {
			err = x.finishBlock()
		} else {
			err = within(err)
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// within makes the end of the input an early one.
func within(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// begin reads a stream's header.
func (x *xzReader) begin() error {
	var h [xzHeaderSize]byte
	if _, err := io.ReadFull(x.in, h[:]); err != nil {
		return within(err)
	}
	if string(h[:len(xzMagic)]) != xzMagic || !xzSum(h[6:8], h[8:]) || h[6] != 0 || h[7] > 15 {
		return errXZStream
	}
	x.flags, x.records = [2]byte(h[6:8]), newXZRecords()
	return nil
}

// next opens the next block. io.EOF: there is none, and no other stream.
func (x *xzReader) next() error {
	for x.block == nil {
		size, err := x.in.ReadByte()
		switch {
		case err != nil:
			return within(err)
		case size == 0: // what begins so is the index
			if err := x.finishStream(); err != nil {
				return err
			}
		default:
			if x.block, err = x.openBlock(size); err != nil {
				return within(err)
			}
		}
	}
	return nil
}

// openBlock reads a block's header, whose first byte is its size.
func (x *xzReader) openBlock(size byte) (*xzBlock, error) {
	header := make([]byte, (int(size)+1)*4)
	header[0] = size
	if _, err := io.ReadFull(x.in, header[1:]); err != nil {
		return nil, within(err)
	}
	b, err := parseXZBlock(header)
	if err != nil {
		return nil, err
	}
	// A dictionary takes time to clear. Who asks for many large ones and fills
	// none of them wants nothing else.
	const much, perByte = 64 * maxWindow, 256
	if x.memory += b.dictionary; x.memory > much && x.memory/perByte > x.made {
		return nil, errors.New("large dictionaries for next to nothing")
	}
	b.start, b.sum = x.in.n, xzCheckOf(x.flags[1])
	b.data, err = lzma.Reader2Config{DictCap: int(max(b.dictionary, lzma.MinDictCap))}.NewReader2(x.in)
	return b, err
}

// finishBlock compares what a block has become with what it said.
func (x *xzReader) finishBlock() error {
	b := x.block
	x.block = nil
	packed := x.in.n - b.start
	if b.packed >= 0 && b.packed != packed || b.size >= 0 && b.size != b.made {
		return errXZSizes
	}
	tail := make([]byte, -packed&3+int64(b.sum.size))
	if _, err := io.ReadFull(x.in, tail); err != nil {
		return within(err)
	}
	padding, check := tail[:-packed&3], tail[-packed&3:]
	if !zeros(padding) {
		return errXZBlock
	}
	if !b.sum.matches(check) {
		return errXZCheck
	}
	x.records.add(uint64(b.header+packed+int64(b.sum.size)), uint64(b.made))
	return nil
}

// finishStream reads the index, of which the first byte was read, and the footer,
// and goes on to the next stream. io.EOF: there is none.
func (x *xzReader) finishStream() error {
	index, listed := &summed{in: x.in}, newXZRecords()
	index.add(0)
	err := index.records(func(unpadded, size uint64) error {
		listed.add(unpadded, size)
		return nil
	})
	if err != nil {
		return within(err)
	}
	if !listed.equal(x.records) {
		return errXZIndex
	}
	var f [xzHeaderSize]byte
	if _, err := io.ReadFull(x.in, f[:]); err != nil {
		return within(err)
	}
	size, ok := parseXZFooter(f)
	if !ok || size != index.n || !bytes.Equal(f[8:10], x.flags[:]) {
		return errXZStream
	}
	return x.another()
}

// another passes over padding, which comes in fours, and begins the next stream.
func (x *xzReader) another() error {
	for {
		next, err := x.in.Peek(4)
		switch {
		case len(next) == 0 && errors.Is(err, io.EOF):
			return io.EOF
		case len(next) == 4 && zeros(next):
			x.in.Discard(4)
			continue
		}
		if magic, _ := x.in.Peek(len(xzMagic)); string(magic) == xzMagic {
			return x.begin()
		}
		return errXZEnd
	}
}

func zeros(p []byte) bool { return len(bytes.Trim(p, "\x00")) == 0 }

// xzBlock is a block that is being read.
type xzBlock struct {
	header       int64 // bytes
	packed, size int64 // as its header says; below zero: it does not
	dictionary   int64 // bytes
	start        int64 // where its data begin
	made         int64 // bytes
	data         *lzma.Reader2
	sum          xzCheck
}

func (b *xzBlock) read(p []byte) (int, error) {
	n, err := b.data.Read(p)
	b.made += int64(n)
	b.sum.Write(p[:n])
	return n, err
}

// parseXZBlock reads a block's header.
func parseXZBlock(h []byte) (*xzBlock, error) {
	body, sum := h[:len(h)-4], h[len(h)-4:]
	if !xzSum(body, sum) {
		return nil, errXZBlock
	}
	flags, in := body[1], bytes.NewReader(body[2:])
	b := &xzBlock{header: int64(len(h)), packed: -1, size: -1}
	var err error
	if flags&0x40 != 0 {
		b.packed, err = xzNumber(in)
	}
	if err == nil && flags&0x80 != 0 {
		b.size, err = xzNumber(in)
	}
	if err != nil || flags&0x3c != 0 {
		return nil, errXZBlock
	}
	if flags&3 != 0 {
		return nil, filtered("several filters")
	}
	b.dictionary, err = xzDictionary(in)
	return b, err
}

// xzDictionary reads the one filter that there may be, and the padding.
func xzDictionary(in *bytes.Reader) (int64, error) {
	filter, err := xzNumber(in)
	if err == nil && filter != xzLZMA2 {
		return 0, filtered(fmt.Sprintf("filter %#x", filter))
	}
	length, err2 := xzNumber(in)
	bits, err3 := in.ReadByte()
	rest := make([]byte, in.Len())
	in.Read(rest)
	if err := errors.Join(err, err2, err3); err != nil || length != 1 || bits > 40 || !zeros(rest) {
		return 0, errXZBlock
	}
	size := int64(math.MaxUint32)
	if bits < 40 {
		size = int64(2|bits&1) << (bits/2 + 11)
	}
	if size > maxWindow {
		return 0, &UnsupportedError{
			Format: FormatXZ, What: fmt.Sprintf("needs a dictionary of %d MiB to unpack; at most %d are taken", size>>20, maxWindow>>20),
			Advice: "unpack it first: xz -d",
		}
	}
	return size, nil
}

func filtered(what string) error {
	return &UnsupportedError{Format: FormatXZ, What: "uses " + what, Advice: "unpack it first: xz -d"}
}
