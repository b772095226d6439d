package walrus

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Limits of the lines between chunks, in bytes, and of the trailer's fields.
const (
	maxChunkLine = 1024
	maxTrailer   = 8
)

// chunkReader undoes aws-chunked without signatures, which is how the newer
// SDKs of AWS put a checksum behind a body:
//
//	HEX-SIZE [;EXTENSION] CRLF, that many bytes, CRLF   any number of times
//	0 CRLF
//	NAME:VALUE CRLF                                     fields of the trailer
//	CRLF
//
// It ends with io.EOF only when the whole of this was there and the bytes are
// as many as declared; otherwise with errChunks.
type chunkReader struct {
	in     *bufio.Reader
	left   int64 // of the present chunk
	want   int64 // bytes that are still to come in all
	fields map[string]string
	err    error // once it is over
}

// newChunkReader reads chunks with size bytes in all.
func newChunkReader(body io.Reader, size int64) *chunkReader {
	return &chunkReader{in: bufio.NewReaderSize(body, 64<<10), want: size, fields: make(map[string]string)}
}

// trailer is the value of a field of the trailer; names are lower-case.
func (c *chunkReader) trailer(name string) string { return c.fields[name] }

// Read reads what is inside of the chunks.
func (c *chunkReader) Read(p []byte) (int, error) {
	if c.left == 0 && c.err == nil {
		c.err = c.next()
	}
	if c.err != nil || len(p) == 0 {
		return 0, c.err
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	switch {
	case err == nil && c.left == 0:
		c.err = c.endOfChunk()
	case errors.Is(err, io.EOF):
		c.err = errChunks
	default:
		c.err = err
	}
	if n > 0 {
		return n, nil
	}
	return 0, c.err
}

// next begins a chunk. The last one, which is empty, brings the trailer and the
// end.
func (c *chunkReader) next() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	digits, _, _ := strings.Cut(line, ";")
	size, err := strconv.ParseUint(digits, 16, 62)
	if err != nil || int64(size) > c.want {
		return errChunks
	}
	c.left = int64(size)
	c.want -= c.left
	if size > 0 {
		return nil
	}
	if c.want != 0 {
		return errChunks
	}
	return c.readTrailer()
}

func (c *chunkReader) endOfChunk() error {
	line, err := c.line()
	if err == nil && line != "" {
		return errChunks
	}
	return err
}

// readTrailer reads fields up to an empty line, or the end of the body: some
// clients leave the empty line away.
func (c *chunkReader) readTrailer() error {
	for range maxTrailer + 1 {
		if _, err := c.in.Peek(1); errors.Is(err, io.EOF) {
			return io.EOF
		}
		line, err := c.line()
		if err != nil {
			return err
		}
		if line == "" {
			return io.EOF
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return errChunks
		}
		c.fields[strings.ToLower(strings.TrimSpace(name))] = strings.TrimSpace(value)
	}
	return errChunks
}

// line reads one line without its end, which is CRLF.
func (c *chunkReader) line() (string, error) {
	line, err := c.in.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, bufio.ErrBufferFull), len(line) > maxChunkLine:
		return "", errChunks
	case err != nil:
		return "", err
	}
	text, ok := strings.CutSuffix(string(line), "\r\n")
	if !ok {
		return "", errChunks
	}
	return text, nil
}
