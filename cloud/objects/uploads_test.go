package objects_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"emikit/cloud/caller"
	"emikit/cloud/objects"
)

// pattern is n bytes that differ from one seed to the next.
func pattern(seed byte, n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// begin begins an upload of alice's to bucket/key.
func (s store) begin(t *testing.T, key string) objects.UploadName {
	t.Helper()
	u, err := s.CreateUpload(t.Context(), alice, "bucket", key, objects.UploadOptions{
		ACL: objects.PublicRead, Attributes: objects.Attributes{ContentType: "image/x", Metadata: map[string]string{"k": "v"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return u.UploadName
}

func (s store) part(t *testing.T, u objects.UploadName, number int, body []byte) objects.PartName {
	t.Helper()
	p, err := s.PutPart(t.Context(), alice, u, number, bytes.NewReader(body), objects.PartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return objects.PartName{Number: number, MD5: p.MD5}
}

// upload makes bucket/key of parts.
func (s store) upload(t *testing.T, key string, bodies ...[]byte) objects.Object {
	t.Helper()
	u := s.begin(t, key)
	names := make([]objects.PartName, len(bodies))
	var all sync.WaitGroup
	for i, body := range bodies {
		all.Go(func() { names[i] = s.part(t, u, 2*i+1, body) })
	}
	all.Wait()
	o, err := s.CompleteUpload(t.Context(), alice, u, names, objects.CompleteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestMultipartUpload(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	bodies := [][]byte{pattern(1, objects.MinPart), pattern(2, objects.MinPart+1), pattern(3, 12345)}
	want := slices.Concat(bodies...)
	o := s.upload(t, "key", bodies...)
	if o.Size != int64(len(want)) || o.Parts != 3 || o.ContentType != "image/x" || o.Metadata["k"] != "v" || o.ACL != objects.PublicRead || o.Owner != alice.Account {
		t.Errorf("got %+v", o)
	}
	_, body, err := s.Open(t.Context(), anonymous, "bucket", "key")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(iotest.HalfReader(body)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("reading: got %d bytes, %v; want %d", len(got), err, len(want))
	}
	for _, at := range []int{0, objects.MinPart - 1, objects.MinPart, 2*objects.MinPart + 1, len(want) - 1} {
		got := make([]byte, min(3, len(want)-at))
		if to, err := body.Seek(int64(at-len(want)), io.SeekEnd); err != nil || to != int64(at) {
			t.Fatal(to, err)
		}
		if _, err := io.ReadFull(body, got); err != nil || !bytes.Equal(got, want[at:at+len(got)]) {
			t.Errorf("at %d: got %x, %v; want %x", at, got, err, want[at:at+len(got)])
		}
	}
	if n := len(s.files(t)); n != 3 {
		t.Errorf("got %d files, want 3: nothing is copied", n)
	}
}

// The value is that of: printf a | md5sum | cut -c-32 | xxd -r -p | md5sum
func TestETagOfParts(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	const want = "b6ff9a06b7e20bcb2858c5b8ff744aea-1"
	if got := s.upload(t, "one", []byte("a")).ETag; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCompleteUploadRefusals(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	u := s.begin(t, "key")
	small := s.part(t, u, 1, []byte("small"))
	large := s.part(t, u, 2, pattern(2, objects.MinPart))
	last := s.part(t, u, 3, []byte("last"))
	other, nowhere := u, u
	other.Key, nowhere.ID = "other", strings.Repeat("0", 32)
	for _, c := range []struct {
		name   string
		who    caller.Caller
		upload objects.UploadName
		parts  []objects.PartName
		want   error
	}{
		{"nothing", alice, u, nil, objects.ErrBadPart},
		{"other order", alice, u, []objects.PartName{last, large}, objects.ErrPartOrder},
		{"a part twice", alice, u, []objects.PartName{large, large}, objects.ErrPartOrder},
		{"small part before another", alice, u, []objects.PartName{small, last}, objects.ErrPartTooSmall},
		{"part that was not uploaded", alice, u, []objects.PartName{large, {Number: 9, MD5: last.MD5}}, objects.ErrBadPart},
		{"MD5 of another part", alice, u, []objects.PartName{{Number: 2, MD5: last.MD5}}, objects.ErrBadPart},
		{"upload to another key", alice, other, []objects.PartName{large}, objects.ErrNoSuchUpload},
		{"no such upload", alice, nowhere, []objects.PartName{large}, objects.ErrNoSuchUpload},
		{"somebody else", bob, u, []objects.PartName{large}, objects.ErrDenied},
	} {
		_, err := s.CompleteUpload(t.Context(), c.who, c.upload, c.parts, objects.CompleteOptions{})
		wantError(t, c.name, err, c.want)
	}
	if _, err := s.Stat(t.Context(), alice, "bucket", "key"); !errors.Is(err, objects.ErrNoSuchKey) {
		t.Errorf("after the refusals: got %v, want no object", err)
	}
	s.put(t, alice, "bucket", "key", "present")
	_, err := s.CompleteUpload(t.Context(), alice, u, []objects.PartName{large, last}, objects.CompleteOptions{Create: true})
	wantError(t, "only if there is none", err, objects.ErrExists)
	first, err := s.CompleteUpload(t.Context(), alice, u, []objects.PartName{large, last}, objects.CompleteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.CompleteUpload(t.Context(), alice, u, []objects.PartName{large, last}, objects.CompleteOptions{})
	if err != nil || again.Version != first.Version {
		t.Errorf("again: got %+v, %v; want %+v", again, err, first)
	}
	_, err = s.CompleteUpload(t.Context(), alice, u, []objects.PartName{last}, objects.CompleteOptions{})
	wantError(t, "again with other parts", err, objects.ErrNoSuchUpload)
	if n := len(s.files(t)); n != 2 {
		t.Errorf("got %d files, want those of 2 parts", n)
	}
}

func TestPartsAreReplacedAndAborted(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	u := s.begin(t, "key")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { s.part(t, u, 1, []byte("one of many")) })
	}
	all.Wait()
	s.part(t, u, 10000, []byte("the last"))
	s.part(t, u, 1, []byte("the one"))
	for number, want := range map[int]error{0: objects.ErrBadPartNumber, 10001: objects.ErrBadPartNumber} {
		_, err := s.PutPart(t.Context(), alice, u, number, strings.NewReader("x"), objects.PartOptions{})
		wantError(t, fmt.Sprint("part ", number), err, want)
	}
	_, err := s.PutPart(t.Context(), alice, u, 2, strings.NewReader("x"), objects.PartOptions{MD5: md5Hex("y")})
	wantError(t, "other MD5", err, objects.ErrWrongMD5)
	_, page, more, err := s.Parts(t.Context(), alice, u, 0, 1)
	if err != nil || !more || len(page) != 1 || page[0].MD5 != md5Hex("the one") || page[0].Size != 7 {
		t.Errorf("got %+v, %v, %v", page, more, err)
	}
	_, page, more, err = s.Parts(t.Context(), alice, u, 1, 1)
	if err != nil || more || len(page) != 1 || page[0].Number != 10000 {
		t.Errorf("got %+v, %v, %v", page, more, err)
	}
	if n := len(s.files(t)); n != 2 {
		t.Errorf("got %d files, want 2", n)
	}
	wantError(t, "abort by somebody else", s.AbortUpload(t.Context(), bob, u), objects.ErrDenied)
	if err := s.AbortUpload(t.Context(), alice, u); err != nil || len(s.files(t)) != 0 {
		t.Errorf("abort: got %v and files %v", err, s.files(t))
	}
	wantError(t, "abort again", s.AbortUpload(t.Context(), alice, u), objects.ErrNoSuchUpload)
}

// An upload that is aborted while a part is arriving keeps nothing of it.
func TestAbortDuringPart(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	u := s.begin(t, "key")
	abort := lastly(func() {
		if err := s.AbortUpload(t.Context(), alice, u); err != nil {
			t.Error(err)
		}
	})
	_, err := s.PutPart(t.Context(), alice, u, 1, io.MultiReader(strings.NewReader("x"), abort), objects.PartOptions{})
	wantError(t, "part of an aborted upload", err, objects.ErrNoSuchUpload)
	if got := s.files(t); len(got) != 0 {
		t.Errorf("got files %v, want none", got)
	}
}

// lastly is the end of a body, at which something happens.
type lastly func()

// Read implements [io.Reader].
func (l lastly) Read([]byte) (int, error) {
	l()
	return 0, io.EOF
}

func TestReadersKeepPartsThatAreReplaced(t *testing.T) {
	for name, end := range map[string]func(s store) error{
		"deleted":  func(s store) error { return s.Delete(t.Context(), alice, "bucket", "key") },
		"replaced": func(s store) error { s.put(t, alice, "bucket", "key", "new"); return nil },
		"uploaded": func(s store) error { s.upload(t, "key", []byte("new")); return nil },
	} {
		s := newStore(t)
		s.bucket(t, alice, "bucket", "")
		bodies := [][]byte{pattern(1, objects.MinPart), []byte("last")}
		s.upload(t, "key", bodies...)
		var readers [2]io.ReadSeekCloser
		for i := range readers {
			_, body, err := s.Open(t.Context(), alice, "bucket", "key")
			if err != nil {
				t.Fatal(err)
			}
			readers[i] = body
		}
		if err := end(s); err != nil {
			t.Fatal(err)
		}
		for _, body := range readers {
			if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, slices.Concat(bodies...)) {
				t.Errorf("%s: got %d bytes, %v", name, len(got), err)
			}
			if err := body.Close(); err != nil || body.Close() == nil {
				t.Errorf("%s: close: %v, or a second time without an error", name, err)
			}
		}
		want := 1
		if name == "deleted" {
			want = 0
		}
		if got := s.files(t); len(got) != want {
			t.Errorf("%s: got files %v, want %d", name, got, want)
		}
	}
}

func TestCopyOfParts(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	bodies := [][]byte{pattern(1, objects.MinPart), []byte("last")}
	s.upload(t, "key", bodies...)
	want := slices.Concat(bodies...)
	from := objects.Name{Bucket: "bucket", Key: "key"}
	o, err := s.Copy(t.Context(), alice, from, objects.Name{Bucket: "bucket", Key: "copy"}, objects.CopyOptions{})
	if err != nil || o.Parts != 0 || o.ETag != md5Hex(string(want)) {
		t.Errorf("copy: got %+v, %v", o, err)
	}
	u := s.begin(t, "copy")
	for _, r := range []objects.Range{{-1, 3}, {3, 2}, {0, int64(len(want))}} {
		_, err := s.CopyPart(t.Context(), alice, from, u, 1, objects.CopyPartOptions{Range: &r})
		wantError(t, fmt.Sprint("range ", r), err, objects.ErrBadRange)
	}
	_, err = s.CopyPart(t.Context(), bob, from, u, 1, objects.CopyPartOptions{})
	wantError(t, "copy by somebody else", err, objects.ErrDenied)
	p, err := s.CopyPart(t.Context(), alice, from, u, 1, objects.CopyPartOptions{
		Range: &objects.Range{First: objects.MinPart - 1, Last: objects.MinPart + 1},
	})
	if err != nil || p.MD5 != md5Hex(string(want[objects.MinPart-1:objects.MinPart+2])) {
		t.Errorf("range: got %+v, %v", p, err)
	}
	p, err = s.CopyPart(t.Context(), alice, from, u, 2, objects.CopyPartOptions{})
	if err != nil || p.MD5 != md5Hex(string(want)) {
		t.Errorf("all of it: got %+v, %v", p, err)
	}
}

func TestUploadsAreListed(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", objects.PublicRead)
	var all []string
	for _, key := range []string{"a", "b/1", "b/1", "b/1", "b/2", "b/c/3", "c"} {
		u := s.begin(t, key)
		all = append(all, key+" "+u.ID)
	}
	slices.Sort(all)
	for _, test := range []struct {
		q    objects.UploadQuery
		want []string
	}{
		{objects.UploadQuery{}, all},
		{objects.UploadQuery{Delimiter: "/"}, []string{all[0], "b/", all[6]}},
		{objects.UploadQuery{Prefix: "b/"}, all[1:6]},
		{objects.UploadQuery{Prefix: "b/", Delimiter: "/"}, append(slices.Clone(all[1:5]), "b/c/")},
		{objects.UploadQuery{Prefix: "b", Delimiter: "/"}, []string{"b/"}},
		{objects.UploadQuery{Prefix: "d"}, nil},
		{objects.UploadQuery{Prefix: "b/", AfterKey: "b/1"}, all[4:6]},
		{objects.UploadQuery{Prefix: "b/", AfterKey: "a"}, all[1:6]},
		{objects.UploadQuery{AfterKey: "b/", Delimiter: "/"}, all[6:]},
		{objects.UploadQuery{AfterKey: "b/1", Delimiter: "/"}, []string{"b/", all[6]}},
		{objects.UploadQuery{AfterKey: "c"}, nil},
	} {
		for limit := 1; limit < 9; limit++ {
			test.q.Limit = limit
			if got := s.uploadNames(t, test.q); !slices.Equal(got, test.want) {
				t.Errorf("%+v: got %q, want %q", test.q, got, test.want)
			}
		}
	}
	if err := s.DeleteBucket(t.Context(), alice, "bucket"); err != nil {
		t.Errorf("delete a bucket with uploads: %v", err)
	}
}

// uploadNames are the keys and ids, and the common prefixes, of all pages of a
// listing, in order.
func (s store) uploadNames(t *testing.T, q objects.UploadQuery) (names []string) {
	t.Helper()
	for {
		page, err := s.Uploads(t.Context(), anonymous, "bucket", q)
		if err != nil || len(page.Uploads)+len(page.Prefixes) > q.Limit {
			t.Fatalf("%+v: got %+v, %v", q, page, err)
		}
		for _, u := range page.Uploads {
			names = append(names, u.Key+" "+u.ID)
		}
		names = append(names, page.Prefixes...)
		if !page.Truncated {
			slices.Sort(names) // within a page, prefixes stand by themselves
			return names
		}
		q.AfterKey, q.AfterID = page.NextKey, page.NextID
	}
}

func TestPutOnlyIfThereIsNone(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	put := func(body io.Reader) error {
		_, err := s.Put(t.Context(), alice, "bucket", "key", body, objects.PutOptions{Create: true})
		return err
	}
	late := lastly(func() { s.put(t, alice, "bucket", "key", "first") })
	wantError(t, "another one was faster", put(late), objects.ErrExists)
	wantError(t, "there is one", put(iotest.ErrReader(errors.New("body was read"))), objects.ErrExists)
	if got, err := s.read(t.Context(), alice, "bucket", "key"); got != "first" || err != nil {
		t.Errorf("got %q, %v; want first", got, err)
	}
	if got := s.files(t); len(got) != 1 {
		t.Errorf("got files %v, want 1", got)
	}
}
