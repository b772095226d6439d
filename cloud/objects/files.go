package objects

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// files is the folder that holds the bytes of objects. Each file is named by an
// id, which is never used twice: that of the only version that has it, or one
// of its own when it is a part.
type files struct {
	dir  string
	disk disk
}

// idLength is the length of an id: 16 random bytes in hex.
const idLength = 32

// newID makes the id of a version, an upload or a file.
func newID() string {
	var random [idLength / 2]byte
	rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// prepare makes all the folders at once, so that no file waits for its folder
// to become durable.
func (f files) prepare() error {
	if err := os.MkdirAll(f.temporary(), 0o700); err != nil {
		return err
	}
	for begin := range 256 {
		err := os.Mkdir(filepath.Join(f.dir, fmt.Sprintf("%02x", begin)), 0o700)
		if err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	return errors.Join(f.disk.syncDir(f.dir), f.disk.syncDir(filepath.Dir(f.dir)))
}

func (f files) temporary() string { return filepath.Join(f.dir, "tmp") }

func (f files) path(id string) string {
	return filepath.Join(f.dir, id[:2], id)
}

// facts are what is known of bytes.
type facts struct {
	size     int64
	md5      string   // lower-case hex
	sha256   string   // lower-case hex; empty: not known
	checksum Checksum // of the algorithm that was asked for
}

// declared is what a caller claims of bytes; zero values claim nothing.
type declared struct {
	size        int64
	md5, sha256 string        // hex
	algorithm   Algorithm     // of the checksum to compute
	checksum    func() string // its value, asked when all bytes are there; may be nil
}

func (d declared) check(got facts) error {
	switch {
	case got.size > MaxSize:
		return ErrTooLarge
	case d.size > 0 && d.size != got.size:
		return ErrWrongSize
	case d.md5 != "" && !strings.EqualFold(d.md5, got.md5):
		return ErrWrongMD5
	case d.sha256 != "" && !strings.EqualFold(d.sha256, got.sha256):
		return ErrWrongSHA256
	case d.checksum != nil && d.checksum() != got.checksum.Value:
		return ErrWrongChecksum
	}
	return nil
}

// store makes a file from body. When it returns nil, the file is
// complete, as it was declared to be, and on the disk; otherwise there is none.
func (f files) store(ctx context.Context, id string, body io.Reader, d declared) (facts, error) {
	if d.size > MaxSize {
		return facts{}, ErrTooLarge
	}
	path := filepath.Join(f.temporary(), id)
	file, err := f.disk.create(path)
	if err != nil {
		return facts{}, noRoom(err)
	}
	got, err := fill(file, contextReader{ctx, body}, d)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = f.place(path, id)
	}
	if err != nil {
		f.disk.remove(path) // what cannot be removed now, the next start removes
		return facts{}, noRoom(err)
	}
	return got, nil
}

// place gives a complete file its final name and makes the name durable.
func (f files) place(path, id string) error {
	final := f.path(id)
	if err := f.disk.rename(path, final); err != nil {
		return err
	}
	if err := f.disk.syncDir(filepath.Dir(final)); err != nil {
		f.remove(id)
		return err
	}
	return nil
}

// copyBuffer is how many bytes of a body are in memory at most. With the 32 KiB of
// io.Copy the system has a fifth more to do.
const copyBuffer = 128 << 10

// fill copies body into file and checks it against what was declared. It reads
// at most one byte more than allowed.
func fill(file io.Writer, body io.Reader, d declared) (facts, error) {
	limit := int64(MaxSize)
	if d.size > 0 {
		limit = d.size
	}
	sums, err := d.sums()
	if err != nil {
		return facts{}, err
	}
	n, err := io.CopyBuffer(sums.behind(file), io.LimitReader(body, limit+1), make([]byte, min(limit+1, copyBuffer)))
	if err != nil {
		return facts{}, err
	}
	got := sums.facts(n, d.algorithm)
	return got, d.check(got)
}

// sums are the hashes of bytes on their way. Those that nobody asked for are
// nil, as they cost time.
type sums struct{ md5, sha256, checksum hash.Hash }

func (d declared) sums() (sums, error) {
	s := sums{md5: md5.New()}
	if d.sha256 != "" {
		s.sha256 = sha256.New()
	}
	var err error
	s.checksum, err = d.algorithm.hash()
	return s, err
}

// behind writes to file and to the hashes.
func (s sums) behind(file io.Writer) io.Writer {
	sinks := []io.Writer{file}
	for _, h := range []hash.Hash{s.md5, s.sha256, s.checksum} {
		if h != nil {
			sinks = append(sinks, h)
		}
	}
	return io.MultiWriter(sinks...)
}

func (s sums) facts(size int64, algorithm Algorithm) facts {
	got := facts{size: size, md5: hex.EncodeToString(s.md5.Sum(nil))}
	if s.sha256 != nil {
		got.sha256 = hex.EncodeToString(s.sha256.Sum(nil))
	}
	if s.checksum != nil {
		got.checksum = Checksum{algorithm, base64.StdEncoding.EncodeToString(s.checksum.Sum(nil))}
	}
	return got
}

// remove deletes files that no row names any more. Readers that have one open
// keep it.
func (f files) remove(ids ...string) {
	for _, id := range ids {
		f.disk.remove(f.path(id)) // what cannot be removed now, the next start removes
	}
}

// contextReader makes copying end with its context.
type contextReader struct {
	ctx  context.Context
	body io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.body.Read(p)
}
