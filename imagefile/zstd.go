package imagefile

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// unzstd reads frames of zstd that follow one another.
type unzstd struct{ d *zstd.Decoder }

// openPackedZstd decodes in the goroutine that reads, and keeps at most maxWindow.
func openPackedZstd(in *bufio.Reader) (io.ReadCloser, error) {
	if head, _ := in.Peek(zstdMagicSize); !isZstd(head) {
		return nil, notOf(FormatZstd)
	}
	d, err := zstd.NewReader(in,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow),
		zstd.WithDecoderMaxMemory(MaxVirtualSize+1)) // of a frame in all, which is no memory here
	if err != nil {
		return nil, zstdCause(err)
	}
	return &unzstd{d}, nil
}

const zstdMagicSize = 4

// isZstd knows frames and, which may come first, what a reader skips: RFC 8878,
// sections 3.1.1 and 3.1.2.
func isZstd(head []byte) bool {
	if len(head) < zstdMagicSize {
		return false
	}
	magic := binary.LittleEndian.Uint32(head)
	return magic == 0xfd2fb528 || magic&^0xf == 0x184d2a50
}

func (u *unzstd) Read(p []byte) (int, error) {
	n, err := u.d.Read(p)
	return n, zstdCause(err)
}

func (u *unzstd) Close() error {
	u.d.Close()
	return nil
}

// zstdCause tells what is not unpacked from what is wrong.
func zstdCause(err error) error {
	switch {
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return &UnsupportedError{
			Format: FormatZstd, What: fmt.Sprintf("needs a window of more than %d MiB to unpack", maxWindow>>20),
			Advice: "unpack it first: zstd -d --long=31",
		}
	case errors.Is(err, zstd.ErrUnknownDictionary):
		return &UnsupportedError{Format: FormatZstd, What: "needs a dictionary to unpack", Advice: "unpack it first: zstd -d -D DICTIONARY"}
	case errors.Is(err, zstd.ErrMagicMismatch):
		return errors.New("what follows is no frame")
	}
	return err
}

// Block types of RFC 8878, section 3.1.1.2.2.
const (
	zstdRLE      = 1 // one byte stands for all
	zstdReserved = 3
)

// meanBlock is how long the blocks of a file must be on average, in bytes, for it to
// pay to step from one to the next.
const meanBlock = 1 << 10

// framedZstd adds up what the frames say they hold.
func framedZstd(ctx context.Context, r io.ReaderAt, fileSize int64) (size int64, ok bool, err error) {
	w := zstdWalk{r: r, size: fileSize, blocks: fileSize/meanBlock + 1000}
	for w.off < fileSize {
		content, known := w.frame()
		if !known || ctx.Err() != nil {
			return 0, false, ctx.Err()
		}
		if content > MaxVirtualSize || size+int64(content) > MaxVirtualSize {
			return 0, false, tooLarge(FormatZstd, "", max(content, uint64(size)+min(content, MaxVirtualSize)))
		}
		size += int64(content)
	}
	return size, true, nil
}

// zstdWalk steps through a file of zstd.
type zstdWalk struct {
	r         io.ReaderAt
	off, size int64
	blocks    int64 // that may follow
}

// frame steps over one frame. ok is false if it does not say what it holds, or is
// not whole.
func (w *zstdWalk) frame() (content uint64, ok bool) {
	var (
		buf [zstd.HeaderMaxSize]byte
		h   zstd.Header
	)
	n, _ := w.r.ReadAt(buf[:], w.off)
	if h.Decode(buf[:n]) != nil {
		return 0, false
	}
	w.off += int64(h.HeaderSize)
	if w.blocks--; h.Skippable {
		w.off += int64(h.SkippableSize)
		return 0, w.blocks > 0 && w.off <= w.size
	}
	if !h.HasFCS || !w.content() {
		return 0, false
	}
	if h.HasCheckSum {
		w.off += 4
	}
	return h.FrameContentSize, w.off <= w.size
}

// content steps over the blocks of a frame.
func (w *zstdWalk) content() bool {
	for ; w.blocks > 0; w.blocks-- {
		var b [3]byte
		if n, _ := w.r.ReadAt(b[:], w.off); n < len(b) {
			return false
		}
		header := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
		length := header >> 3
		switch header >> 1 & 3 {
		case zstdRLE:
			length = 1
		case zstdReserved:
			return false
		}
		w.off += int64(len(b)) + length
		if header&1 != 0 { // the last one
			return true
		}
	}
	return false
}
