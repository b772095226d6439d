package objects

import (
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
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
type files struct{ dir string }

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
	return errors.Join(syncDir(f.dir), syncDir(filepath.Dir(f.dir)))
}

func (f files) temporary() string { return filepath.Join(f.dir, "tmp") }

func (f files) path(id string) string {
	return filepath.Join(f.dir, id[:2], id)
}

// facts are what is known of bytes.
type facts struct {
	size   int64
	md5    string // lower-case hex
	sha256 string // lower-case hex; empty: not known
}

// declared are facts that a caller claims; zero values claim nothing.
type declared facts

func (d declared) check(got facts) error {
	switch {
	case d.size > 0 && d.size != got.size:
		return ErrWrongSize
	case d.md5 != "" && !strings.EqualFold(d.md5, got.md5):
		return ErrWrongMD5
	case d.sha256 != "" && !strings.EqualFold(d.sha256, got.sha256):
		return ErrWrongSHA256
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
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return facts{}, err
	}
	got, err := fill(file, contextReader{ctx, body}, d)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = f.place(path, id)
	}
	if err != nil {
		os.Remove(path) // what cannot be removed now, the next start removes
		return facts{}, err
	}
	return got, nil
}

// place gives a complete file its final name and makes the name durable.
func (f files) place(path, id string) error {
	final := f.path(id)
	if err := os.Rename(path, final); err != nil {
		return err
	}
	return syncDir(filepath.Dir(final))
}

// fill copies body into file and checks it against what was declared. It reads
// at most one byte more than allowed.
func fill(file io.Writer, body io.Reader, d declared) (facts, error) {
	limit := int64(MaxSize)
	if d.size > 0 {
		limit = d.size
	}
	sum, strong := md5.New(), hash.Hash(nil)
	sinks := []io.Writer{file, sum}
	if d.sha256 != "" { // costs time, so only where it is asked for
		strong = sha256.New()
		sinks = append(sinks, strong)
	}
	n, err := io.Copy(io.MultiWriter(sinks...), io.LimitReader(body, limit+1))
	if err != nil {
		return facts{}, err
	}
	if n > MaxSize {
		return facts{}, ErrTooLarge
	}
	got := facts{size: n, md5: hex.EncodeToString(sum.Sum(nil))}
	if strong != nil {
		got.sha256 = hex.EncodeToString(strong.Sum(nil))
	}
	return got, d.check(got)
}

// remove deletes files that no row names any more. Readers that have one open
// keep it.
func (f files) remove(ids ...string) {
	for _, id := range ids {
		os.Remove(f.path(id)) // what cannot be removed now, the next start removes
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

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
