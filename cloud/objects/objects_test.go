package objects_test

import (
	"context"
	"crypto/md5"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"emikit/cloud/caller"
	"emikit/cloud/objects"
	"emikit/cloud/state"
)

// The callers of the tests.
var (
	alice     = caller.Caller{Account: "000000000001", Name: "alice"}
	bob       = caller.Caller{Account: "000000000002", Name: "bob"}
	admin     = caller.Caller{Account: "000100729354", Name: "admin", Admin: true}
	system    = caller.System()
	anonymous = caller.Caller{}
)

// store is an object store under test and what it stands on.
type store struct {
	*objects.Service
	db  *state.DB
	dir string
}

func newStore(t *testing.T) store {
	t.Helper()
	return openStore(t, t.TempDir())
}

func openStore(t *testing.T, dir string) store {
	t.Helper()
	return openLimited(t, dir, objects.Limits{})
}

func openLimited(t *testing.T, dir string, limits objects.Limits) store {
	t.Helper()
	db, err := state.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := addAccounts(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	s, err := objects.Open(t.Context(), db, dir, limits)
	if err != nil {
		t.Fatal(err)
	}
	return store{s, db, dir}
}

func addAccounts(ctx context.Context, db *state.DB) error {
	return db.Update(ctx, func(tx *sql.Tx) error {
		for _, c := range []caller.Caller{alice, bob, admin} {
			_, err := tx.Exec("INSERT INTO accounts (id, name, admin, created) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING", c.Account, c.Name, c.Admin)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (s store) bucket(t *testing.T, who caller.Caller, name, acl string) {
	t.Helper()
	if err := s.CreateBucket(t.Context(), who, name, "", acl); err != nil {
		t.Fatal(err)
	}
}

func (s store) put(t *testing.T, who caller.Caller, bucket, key, text string) objects.Object {
	t.Helper()
	o, err := s.Put(t.Context(), who, bucket, key, strings.NewReader(text), objects.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// read returns an object's bytes as text.
func (s store) read(ctx context.Context, who caller.Caller, bucket, key string) (string, error) {
	_, body, err := s.Open(ctx, who, bucket, key)
	if err != nil {
		return "", err
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	return string(text), err
}

// files lists the files below DIR/objects.
func (s store) files(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(s.dir, "objects"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func wantError(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

func TestBucketNames(t *testing.T) {
	s := newStore(t)
	long := strings.Repeat("b", 255)
	for _, name := range []string{"abc", "win2k3_bucket", "kernel-bucket", "My.Bucket", "0.0", long, "1.2.3.4.5"} {
		if err := s.CreateBucket(t.Context(), alice, name, "", ""); err != nil {
			t.Errorf("create %q: %v", name, err)
		}
	}
	for _, name := range []string{"", "ab", long + "b", "_bucket", ".bucket", "-bucket", "a/b", "a b", "bücket", "10.0.0.1", "a\nb", "abc\n"} {
		wantError(t, "create "+name, s.CreateBucket(t.Context(), alice, name, "", ""), objects.ErrBadBucketName)
	}
}

func TestKeysAreOnlyNames(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	keys := []string{"a", "a/b/c", "..", "../../../../etc/passwd", "/", "//", "/abs", "a//b", ".", "line\nbreak",
		"tab\t", "\x01", "ünï", "日本", "100%", "a?b#c", "a+b c", "'; DROP TABLE objects; --", strings.Repeat("k", 1024)}
	for _, key := range keys {
		s.put(t, alice, "bucket", key, "bytes of "+key)
	}
	for _, key := range keys {
		if got, err := s.read(t.Context(), alice, "bucket", key); got != "bytes of "+key || err != nil {
			t.Errorf("key %q: got %q, %v", key, got, err)
		}
	}
	if got := len(s.files(t)); got != len(keys) {
		t.Errorf("got %d files, want %d, all below objects", got, len(keys))
	}
	for key, want := range map[string]error{
		"": objects.ErrBadKey, "a\x00b": objects.ErrBadKey, "\xff\xfe": objects.ErrBadKey,
		strings.Repeat("k", 1025): objects.ErrKeyTooLong,
	} {
		_, err := s.Put(t.Context(), alice, "bucket", key, strings.NewReader(""), objects.PutOptions{})
		wantError(t, "put "+key, err, want)
	}
}

func TestReplacingLeavesReadersAlone(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	first := s.put(t, alice, "bucket", "key", "first")
	_, reader, err := s.Open(t.Context(), alice, "bucket", "key")
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	second := s.put(t, alice, "bucket", "key", "second")
	if first.Version == second.Version {
		t.Errorf("both versions are %q", first.Version)
	}
	if got, err := io.ReadAll(reader); string(got) != "first" || err != nil {
		t.Errorf("a reader from before got %q, %v; want first", got, err)
	}
	if got, err := s.read(t.Context(), alice, "bucket", "key"); got != "second" || err != nil {
		t.Errorf("a new reader got %q, %v; want second", got, err)
	}
	if got := len(s.files(t)); got != 1 {
		t.Errorf("got %d files, want that of the second version only", got)
	}
	if err := s.Delete(t.Context(), alice, "bucket", "key"); err != nil {
		t.Fatal(err)
	}
	if got := s.files(t); len(got) != 0 {
		t.Errorf("files left after deleting: %v", got)
	}
}

// brokenBody fails in its middle.
type brokenBody struct{ err error }

func (b *brokenBody) Read(p []byte) (int, error) {
	if len(p) > 10 {
		return copy(p, "some bytes"), b.err
	}
	return 0, b.err
}

func TestRefusedBodyLeavesNothing(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	s.put(t, alice, "bucket", "key", "old")
	const sha256OfNew = "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437"
	torn := errors.New("connection torn")
	for name, test := range map[string]struct {
		body io.Reader
		o    objects.PutOptions
		want error
	}{
		"too short":     {strings.NewReader("new"), objects.PutOptions{Size: 4}, objects.ErrWrongSize},
		"too long":      {strings.NewReader("new"), objects.PutOptions{Size: 2}, objects.ErrWrongSize},
		"other MD5":     {strings.NewReader("new"), objects.PutOptions{MD5: md5Hex("old")}, objects.ErrWrongMD5},
		"other SHA-256": {strings.NewReader("old"), objects.PutOptions{SHA256: sha256OfNew}, objects.ErrWrongSHA256},
		"too large":     {strings.NewReader("new"), objects.PutOptions{Size: objects.MaxSize + 1}, objects.ErrTooLarge},
		"unknown ACL":   {strings.NewReader("new"), objects.PutOptions{ACL: "world"}, objects.ErrBadACL},
		"torn":          {&brokenBody{torn}, objects.PutOptions{}, torn},
		"metadata": {strings.NewReader("new"), objects.PutOptions{Attributes: objects.Attributes{
			Metadata: map[string]string{"a": strings.Repeat("x", objects.MaxMetadata)}}}, objects.ErrBadMetadata},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Put(t.Context(), alice, "bucket", "key", test.body, test.o)
			wantError(t, "put", err, test.want)
			if got, err := s.read(t.Context(), alice, "bucket", "key"); got != "old" || err != nil {
				t.Errorf("afterwards: got %q, %v; want old", got, err)
			}
			if got := s.files(t); len(got) != 1 {
				t.Errorf("files left: %v", got)
			}
		})
	}
}

func TestDeclaredFactsInEitherCase(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	o, err := s.Put(t.Context(), alice, "bucket", "key", strings.NewReader("new"), objects.PutOptions{
		Size: 3, MD5: strings.ToUpper(md5Hex("new")),
		SHA256: "11507A0E2F5E69D5DFA40A62A1BD7B6EE57E6BCD85C67C9B8431B36FFF21C437"})
	if err != nil {
		t.Fatal(err)
	}
	if o.Size != 3 || o.ETag != md5Hex("new") || o.Owner != alice.Account || o.ACL != objects.Private {
		t.Errorf("got %+v", o)
	}
}

func TestPutEndsWithItsContext(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	ctx, cancel := context.WithCancel(t.Context())
	body, writer := io.Pipe()
	go func() {
		writer.Write([]byte("some"))
		cancel()
		writer.Write([]byte("more"))
		writer.Close()
	}()
	_, err := s.Put(ctx, alice, "bucket", "key", body, objects.PutOptions{})
	body.Close()
	wantError(t, "put", err, context.Canceled)
	if got := s.files(t); len(got) != 0 {
		t.Errorf("files left: %v", got)
	}
}

func TestBucketDeletedDuringPut(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	body, writer := io.Pipe()
	go func() {
		writer.Write([]byte("some"))
		writer.CloseWithError(errors.Join(s.DeleteBucket(context.Background(), alice, "bucket"))) // nil: the end
	}()
	_, err := s.Put(t.Context(), alice, "bucket", "key", body, objects.PutOptions{})
	wantError(t, "put", err, objects.ErrNoSuchBucket)
	if got := s.files(t); len(got) != 0 {
		t.Errorf("files left: %v", got)
	}
}

// TestReadersNeverSeeAMixture lets writers replace and delete one object while
// readers compare its bytes with what is known of them.
func TestReadersNeverSeeAMixture(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	s.bucket(t, alice, "bucket", "")
	var all sync.WaitGroup
	for writer := range 3 {
		all.Go(func() {
			for n := range 15 {
				body := strings.NewReader(strings.Repeat(fmt.Sprint(writer, n), 1000*n))
				if _, err := s.Put(ctx, alice, "bucket", "key", body, objects.PutOptions{}); err != nil {
					t.Errorf("put: %v", err)
				}
			}
			if err := s.Delete(ctx, alice, "bucket", "key"); err != nil {
				t.Errorf("delete: %v", err)
			}
		})
		all.Go(func() {
			for range 100 {
				o, body, err := s.Open(ctx, alice, "bucket", "key")
				if errors.Is(err, objects.ErrNoSuchKey) {
					continue
				}
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				text, err := io.ReadAll(body)
				if body.Close(); err != nil || md5Hex(string(text)) != o.ETag || int64(len(text)) != o.Size {
					t.Errorf("version %s: got %d bytes, %v; want %d with MD5 %s", o.Version, len(text), err, o.Size, o.ETag)
				}
			}
		})
	}
	all.Wait()
	if got := s.files(t); len(got) > 1 {
		t.Errorf("files left: %v", got)
	}
}

func TestStartRemovesOrphansOnly(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	kept := s.put(t, alice, "bucket", "key", "kept")
	s.begin(t, "unfinished")
	root := filepath.Join(s.dir, "objects")
	orphan := filepath.Join(root, kept.Version[:2], kept.Version[:2]+strings.Repeat("0", 30))
	half := filepath.Join(root, "tmp", "half")
	foreign := filepath.Join(root, kept.Version[:2], "README")
	for _, path := range []string{orphan, half, foreign} {
		if err := os.WriteFile(path, []byte("left over"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.db.Close(); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, s.dir)
	if got, want := s.Repairs(), (objects.Repairs{Files: 2, Bytes: 2 * int64(len("left over")), Uploads: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, path := range []string{orphan, half} {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there (%v)", path, err)
		}
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("a file that is not ours is gone: %v", err)
	}
	if got, err := s.read(t.Context(), alice, "bucket", "key"); got != "kept" || err != nil {
		t.Errorf("got %q, %v; want kept", got, err)
	}
}

func TestCopy(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "from", "")
	s.bucket(t, bob, "target", "")
	ctx, from, to := t.Context(), objects.Name{Bucket: "from", Key: "a"}, objects.Name{Bucket: "target", Key: "b"}
	described := objects.Attributes{ContentType: "text/plain", Metadata: map[string]string{"k": "v"}}
	_, err := s.Put(ctx, alice, "from", "a", strings.NewReader("text"), objects.PutOptions{Attributes: described})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Copy(ctx, bob, from, to, objects.CopyOptions{})
	wantError(t, "copy of what one may not read", err, objects.ErrDenied)
	_, err = s.Copy(ctx, alice, from, to, objects.CopyOptions{})
	wantError(t, "copy to where one may not write", err, objects.ErrDenied)
	o, err := s.Copy(ctx, admin, from, to, objects.CopyOptions{ACL: objects.PublicRead})
	if err != nil || o.ContentType != "text/plain" || o.Metadata["k"] != "v" || o.ACL != objects.PublicRead || o.Owner != admin.Account {
		t.Errorf("copy: got %+v, %v", o, err)
	}
	o, err = s.Copy(ctx, admin, from, to, objects.CopyOptions{Replace: &objects.Attributes{ContentType: "image/x"}})
	if err != nil || o.ContentType != "image/x" || o.Metadata != nil || o.ETag != md5Hex("text") {
		t.Errorf("copy with other attributes: got %+v, %v", o, err)
	}
}
