package walrus

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Limits of the lines between chunks, in bytes, and of the trailer's fields.
const (
	maxChunkLine = 1024
	maxTrailer   = 8
)

// signatureExtension is the extension of a chunk that has its signature, and
// trailerSignature the field of the trailer that has that of the trailer.
const (
	signatureExtension = "chunk-signature="
	trailerSignature   = "x-amz-trailer-signature"
)

// chunkChecker checks signatures, in the order of the body. *sign.Chunks is one.
type chunkChecker interface {
	Chunk(sum [sha256.Size]byte, signature string) error
	Trailer(canonical, signature string) error
}

// chunkReader undoes aws-chunked, which is how clients sign a body bit by bit,
// and how they put a checksum behind it:
//
//	HEX-SIZE [;chunk-signature=HEX] CRLF, that many bytes, CRLF   any number of times
//	0 [;chunk-signature=HEX] CRLF
//	NAME:VALUE CRLF                                               fields of the trailer
//	x-amz-trailer-signature:HEX CRLF                              when chunks are signed
//	CRLF
//
// It ends with io.EOF only when the whole of this was there, every signature is
// right, and the bytes are as many as declared; otherwise with errChunks or the
// refusal of a signature. A chunk's bytes are passed on before its signature is
// seen to be right: whoever reads them keeps nothing before io.EOF. So a chunk
// may have any size.
type chunkReader struct {
	in         *bufio.Reader
	left       int64 // of the present chunk
	want       int64 // bytes that are still to come in all
	signed     chunkChecker
	sum        hash.Hash // of the present chunk, if signed
	signature  string    // of the present chunk
	hasTrailer bool
	fields     map[string]string
	err        error // once it is over
}

// newChunkReader reads chunks with size bytes in all. They are signed unless
// signed is nil; there may be a trailer only if hasTrailer.
func newChunkReader(body io.Reader, size int64, signed chunkChecker, hasTrailer bool) *chunkReader {
	return &chunkReader{
		in: bufio.NewReaderSize(body, 64<<10), want: size, signed: signed, sum: sha256.New(),
		hasTrailer: hasTrailer, fields: make(map[string]string),
	}
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
	if c.signed != nil {
		c.sum.Write(p[:n])
	}
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
	digits, extension, _ := strings.Cut(line, ";")
	size, err := strconv.ParseUint(digits, 16, 62)
	if err != nil || int64(size) > c.want {
		return errChunks
	}
	c.signature, _ = strings.CutPrefix(extension, signatureExtension)
	c.left = int64(size)
	c.want -= c.left
	if size > 0 {
		return nil
	}
	if c.want != 0 {
		return errChunks
	}
	if err := c.checkChunk(); err != nil {
		return err
	}
	return c.readTrailer()
}

func (c *chunkReader) endOfChunk() error {
	line, err := c.line()
	if err == nil && line != "" {
		return errChunks
	}
	if err != nil {
		return err
	}
	return c.checkChunk()
}

// checkChunk checks the signature of the chunk that was read.
func (c *chunkReader) checkChunk() error {
	if c.signed == nil {
		return nil
	}
	sum := [sha256.Size]byte(c.sum.Sum(nil))
	c.sum.Reset()
	return c.signed.Chunk(sum, c.signature)
}

// readTrailer reads fields up to an empty line, or the end of the body: some
// clients leave the empty line away. A signed trailer ends with its signature,
// before which some clients send an empty line.
func (c *chunkReader) readTrailer() error {
	for range maxTrailer + 1 {
		line, err := c.trailerLine()
		if err == io.EOF || err == nil && line == "" && !c.signedTrailer() {
			return c.endOfTrailer()
		}
		if err != nil {
			return err
		}
		if line == "" {
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if name = strings.ToLower(strings.TrimSpace(name)); !ok || !c.hasTrailer || c.fields[name] != "" {
			return errChunks
		}
		if c.fields[name] = strings.TrimSpace(value); name == trailerSignature {
			return c.endOfTrailer()
		}
	}
	return errChunks
}

func (c *chunkReader) signedTrailer() bool { return c.signed != nil && c.hasTrailer }

// endOfTrailer checks the signature of the trailer and ends the body.
func (c *chunkReader) endOfTrailer() error {
	if !c.signedTrailer() {
		return io.EOF
	}
	var canonical strings.Builder
	for _, name := range slices.Sorted(maps.Keys(c.fields)) {
		if name != trailerSignature {
			canonical.WriteString(name + ":" + c.fields[name] + "\n")
		}
	}
	if err := c.signed.Trailer(canonical.String(), c.fields[trailerSignature]); err != nil {
		return err
	}
	return io.EOF
}

// trailerLine is a line of the trailer, which some clients end with LF alone.
// The error is io.EOF where the body ends.
func (c *chunkReader) trailerLine() (string, error) {
	if _, err := c.in.Peek(1); errors.Is(err, io.EOF) {
		return "", io.EOF
	}
	line, err := c.rawLine()
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), err
}

// line reads one line without its end, which is CRLF.
func (c *chunkReader) line() (string, error) {
	line, err := c.rawLine()
	if err != nil {
		return "", err
	}
	text, ok := strings.CutSuffix(line, "\r\n")
	if !ok {
		return "", errChunks
	}
	return text, nil
}

// rawLine reads one line with its end.
func (c *chunkReader) rawLine() (string, error) {
	line, err := c.in.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, bufio.ErrBufferFull), len(line) > maxChunkLine:
		return "", errChunks
	case err != nil:
		return "", err
	}
	return string(line), nil
}
