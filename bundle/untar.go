package bundle

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// untar is the last stage of unbundling. It writes the one regular file that the
// stream must hold, size bytes long unless that is anySize, to dst, holes as zeros. The file's name is of
// no account: nothing is ever created under it.
func untar(ctx context.Context, in *blockReader, size int64, dst io.Writer) error {
	lead, header, err := readLead(in)
	if image, ok := dst.(interface{ setTime(int64) }); ok && err == nil {
		image.setTime(memberTime(header))
	}
	switch {
	case err != nil:
	case isGNUSparse(header):
		err = untarSparse(ctx, header, in, size, dst)
	default:
		err = untarOther(ctx, lead, in, size, dst)
	}
	if in.err != nil {
		return in.err
	}
	return err
}

// memberTime returns when the file of a header was last changed, in seconds since 1970;
// 0 if that is not in this header.
func memberTime(header []byte) int64 {
	if header == nil || !strings.ContainsRune("\x000S7", rune(header[tarType])) {
		return 0
	}
	seconds, err := tarField(header[136:148])
	if err != nil {
		return 0
	}
	return seconds
}

// untarOther reads every other kind of stream, of which lead has been read, with
// archive/tar.
func untarOther(ctx context.Context, lead []byte, in *blockReader, size int64, dst io.Writer) error {
	before := bytes.NewReader(lead)
	all := io.MultiReader(before, in)
	archive := tar.NewReader(all)
	header, err := firstMember(archive)
	if err != nil {
		return err
	}
	if err := checkMember(header); err != nil {
		return err
	}
	if size, err = memberSize(header.Size, size, !isPlain(header)); err != nil {
		return err
	}
	if isPlain(header) && before.Len() == 0 {
		err, archive = copyPlain(dst, in, size), tar.NewReader(in)
	} else {
		err = copyMember(ctx, dst, archive)
	}
	if err != nil {
		return err
	}
	return expectArchiveEnd(archive, all)
}

// isPlain says whether a file's bytes stand in the stream as they are.
func isPlain(header *tar.Header) bool {
	for name := range header.PAXRecords {
		if strings.HasPrefix(name, "GNU.sparse.") {
			return false
		}
	}
	return header.Typeflag != tar.TypeGNUSparse
}

// copyPlain copies a plain file and passes over its padding.
func copyPlain(dst io.Writer, in *blockReader, size int64) error {
	err := in.copyTo(dst, size)
	if err == nil {
		err = in.copyTo(io.Discard, padding(size, tarBlock))
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: %w", ErrTar, err)
	}
	return err
}

// firstMember returns the first header that is not a PAX global one.
func firstMember(archive *tar.Reader) (*tar.Header, error) {
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%w: it is empty", ErrTar)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTar, err)
		}
		if header.Typeflag != tar.TypeXGlobalHeader {
			return header, nil
		}
	}
}

func checkMember(header *tar.Header) error {
	switch header.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		return nil
	}
	return fmt.Errorf("%w: it holds %s", ErrTar, memberKind(header.Typeflag))
}

// memberSize returns the size of the file, which must be the expected one unless that
// is anySize. Holes of a sparse file may then make it no longer than they can at all.
func memberSize(actual, expected int64, sparse bool) (int64, error) {
	switch {
	case expected == anySize && sparse && actual > maxSparse:
		return 0, fmt.Errorf("%w: %d bytes, most of them holes", ErrImpossibleSize, actual)
	case expected != anySize && actual != expected:
		return 0, fmt.Errorf("%w (expected size: %d, actual: %d)", ErrUnbundledSize, expected, actual)
	}
	return actual, nil
}

func memberKind(typeflag byte) string {
	switch typeflag {
	case tar.TypeLink:
		return "a hard link"
	case tar.TypeSymlink:
		return "a symbolic link"
	case tar.TypeChar, tar.TypeBlock:
		return "a device"
	case tar.TypeDir:
		return "a directory"
	case tar.TypeFifo:
		return "a named pipe"
	}
	return fmt.Sprintf("a member of type %q", typeflag)
}

// copyMember copies the file. Errors of reading are the archive's, those of
// writing are dst's own. Holes come out of archive without anything being read, so
// only ctx can end a long one.
func copyMember(ctx context.Context, dst io.Writer, archive *tar.Reader) error {
	for buf := make([]byte, blockSize); ; {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		n, err := archive.Read(buf)
		if n > 0 {
			if _, err := dst.Write(buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrTar, err)
		}
	}
}

// expectArchiveEnd makes sure that nothing but zeros follows the file. It reads to
// the end of the stream, all of which the digest covers.
func expectArchiveEnd(archive *tar.Reader, in io.Reader) error {
	if header, err := archive.Next(); err == nil {
		return fmt.Errorf("%w: a second member follows, %.60q", ErrTar, header.Name)
	} else if !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", ErrTar, err)
	}
	return expectZeros(in)
}

// expectZeros reads to the end of the stream.
func expectZeros(in io.Reader) error {
	for buf := make([]byte, tarRecord); ; {
		n, err := in.Read(buf)
		if !allZero(buf[:n]) {
			return fmt.Errorf("%w: data follows its end", ErrTar)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
