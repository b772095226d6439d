package imagefile

import (
	"bufio"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
)

// gunzip reads members of gzip that follow one another, as gzip does: zeros after
// the last one are padding, and anything else there is ignored.
type gunzip struct {
	in      *bufio.Reader
	member  *gzip.Reader
	garbage bool // something was ignored
	end     bool
}

// openGzip begins with the first member, which there must be.
func openGzip(in *bufio.Reader) (io.ReadCloser, error) {
	if !isGzip(in) {
		return nil, notOf(FormatGzip)
	}
	member, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	member.Multistream(false)
	return &gunzip{in: in, member: member}, nil
}

func (g *gunzip) Read(p []byte) (int, error) {
	for !g.end {
		n, err := g.member.Read(p)
		if !errors.Is(err, io.EOF) {
			return n, err
		}
		if err := g.next(); err != nil {
			return n, err
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, io.EOF
}

// next goes on to the next member, or to the end.
func (g *gunzip) next() error {
	if isGzip(g.in) {
		if err := g.member.Reset(g.in); err != nil {
			return err
		}
		g.member.Multistream(false)
		return nil
	}
	g.end = true
	for {
		c, err := g.in.ReadByte()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if c != 0 {
			g.garbage = true
			return nil
		}
	}
}

// isGzip looks at what comes next.
func isGzip(in *bufio.Reader) bool {
	magic, _ := in.Peek(2)
	return string(magic) == "\x1f\x8b"
}

// Close has nothing to release; the library's only repeats what Read returned.
func (*gunzip) Close() error { return nil }
