package objects_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"

	"emikit/cloud/caller"
	"emikit/cloud/objects"
)

func TestBucketsOfAnAccountAreLimited(t *testing.T) {
	s := openLimited(t, t.TempDir(), objects.Limits{Buckets: 2})
	create := func(who caller.Caller, name string) error { return s.CreateBucket(t.Context(), who, name, "", "") }
	for _, name := range []string{"one", "two"} {
		s.bucket(t, alice, name, "")
	}
	wantError(t, "a third one", create(alice, "three"), objects.ErrTooManyBuckets)
	wantError(t, "one that she has", create(alice, "two"), objects.ErrBucketOwned)
	s.bucket(t, bob, "three", "")
	for n := range 4 {
		s.bucket(t, admin, fmt.Sprint("admins-", n), "")
	}
	if err := s.DeleteBucket(t.Context(), alice, "one"); err != nil {
		t.Fatal(err)
	}
	s.bucket(t, alice, "four", "")
}

func TestBytesOfABucketAreLimited(t *testing.T) {
	s := openLimited(t, t.TempDir(), objects.Limits{BucketBytes: 10})
	s.bucket(t, alice, "bucket", objects.PublicReadWrite)
	put := func(who caller.Caller, key, text string) error {
		_, err := s.Put(t.Context(), who, "bucket", key, strings.NewReader(text), objects.PutOptions{})
		return err
	}
	s.put(t, alice, "bucket", "a", "12345")
	s.put(t, alice, "bucket", "b", "12345")
	wantError(t, "one byte more", put(alice, "c", "1"), objects.ErrBucketFull)
	wantError(t, "of nobody", put(anonymous, "c", "1"), objects.ErrBucketFull)
	wantError(t, "longer than it was", put(alice, "a", "123456"), objects.ErrBucketFull)
	_, err := s.Put(t.Context(), alice, "bucket", "c", iotest.ErrReader(errors.New("body was read")), objects.PutOptions{Size: 1})
	wantError(t, "as it is declared", err, objects.ErrBucketFull)
	_, err = s.Copy(t.Context(), alice, objects.Name{Bucket: "bucket", Key: "a"}, objects.Name{Bucket: "bucket", Key: "c"}, objects.CopyOptions{})
	wantError(t, "a copy", err, objects.ErrBucketFull)
	u := s.begin(t, "parts")
	_, err = s.PutPart(t.Context(), alice, u, 1, strings.NewReader("1"), objects.PartOptions{})
	wantError(t, "a part", err, objects.ErrBucketFull)
	if got := s.files(t); len(got) != 2 {
		t.Errorf("got files %v, want two", got)
	}
	s.put(t, alice, "bucket", "empty", "")
	s.put(t, alice, "bucket", "a", "abcde")
	s.put(t, admin, "bucket", "admin's", "123456")
	s.put(t, alice, "bucket", "a", "1") // less than there was, though there is too much
	if err := s.DeleteAll(t.Context(), alice, "bucket", []string{"b", "admin's", "none", "b"}); err != nil {
		t.Fatal(err)
	}
	s.put(t, alice, "bucket", "c", "123456789")
	wantError(t, "one byte more", put(alice, "d", "1"), objects.ErrBucketFull)
}

// What a bucket is said to hold is what it holds, whatever was done to it.
func TestBytesOfABucketAddUp(t *testing.T) {
	s := openLimited(t, t.TempDir(), objects.Limits{BucketBytes: 40 << 20})
	s.bucket(t, alice, "bucket", "")
	chance := rand.New(rand.NewPCG(1, 2))
	uploads := []objects.UploadName{s.begin(t, "k0")}
	large := pattern(1, objects.MinPart)
	steps := []func() error{
		func() error {
			_, err := s.Put(t.Context(), alice, "bucket", fmt.Sprint("k", chance.IntN(4)), strings.NewReader(strings.Repeat("x", chance.IntN(9))), objects.PutOptions{})
			return err
		},
		func() error { return s.Delete(t.Context(), alice, "bucket", fmt.Sprint("k", chance.IntN(4))) },
		func() error {
			from, to := objects.Name{Bucket: "bucket", Key: "k0"}, objects.Name{Bucket: "bucket", Key: "k3"}
			_, err := s.Copy(t.Context(), alice, from, to, objects.CopyOptions{})
			return err
		},
		func() error {
			uploads = append(uploads, s.begin(t, fmt.Sprint("k", chance.IntN(4))))
			return nil
		},
		func() error { return s.AbortUpload(t.Context(), alice, uploads[chance.IntN(len(uploads))]) },
		func() error {
			u := uploads[len(uploads)-1]
			_, err := s.PutPart(t.Context(), alice, u, 3, strings.NewReader("unused"), objects.PartOptions{})
			if err != nil {
				return err
			}
			named := []objects.PartName{s.part(t, u, 1, large), s.part(t, u, 2, large[:chance.IntN(9)])}
			_, err = s.CompleteUpload(t.Context(), alice, u, named, objects.CompleteOptions{})
			return err
		},
	}
	for range 60 {
		_ = steps[chance.IntN(len(steps))]() // many have nothing to act upon
		if said, held := s.bytes(t, "bucket"); said != held {
			t.Fatalf("got %d bytes recorded, want %d", said, held)
		}
	}
	if said, _ := s.bytes(t, "bucket"); said == 0 {
		t.Error("nothing was stored")
	}
}

// bytes are those that a bucket is said to hold, and those that it holds.
func (s store) bytes(t *testing.T, bucket string) (said, held int64) {
	t.Helper()
	err := s.db.View(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow(`SELECT bytes, (SELECT coalesce(sum(size), 0) FROM objects WHERE bucket = name)
			+ (SELECT coalesce(sum(parts.size), 0) FROM parts JOIN uploads ON id = upload WHERE bucket = name)
			FROM buckets WHERE name = ?`, bucket).Scan(&said, &held)
	})
	if err != nil {
		t.Fatal(err)
	}
	return said, held
}
