package objects_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"emikit/cloud/caller"
	"emikit/cloud/objects"
)

// everyone in the order of the columns of the tables below.
func everyone() []caller.Caller { return []caller.Caller{alice, bob, admin, system, anonymous} }

// rights says with one letter for each of everyone whether he may: y or n.
func checkRights(t *testing.T, what, want string, try func(caller.Caller) error) {
	t.Helper()
	var got strings.Builder
	for _, who := range everyone() {
		switch err := try(who); {
		case err == nil:
			got.WriteByte('y')
		case errors.Is(err, objects.ErrDenied):
			got.WriteByte('n')
		default:
			t.Errorf("%s by %q: %v", what, who.Name, err)
		}
	}
	if got.String() != want {
		t.Errorf("%s: got %s, want %s (alice, bob, admin, system, anonymous)", what, got.String(), want)
	}
}

func TestRightsToBuckets(t *testing.T) {
	s := newStore(t)
	for _, test := range []struct{ acl, list, write, own string }{
		{"", "ynyyn", "ynyyn", "ynyyn"},
		{objects.Private, "ynyyn", "ynyyn", "ynyyn"},
		{objects.PublicRead, "yyyyy", "ynyyn", "ynyyn"},
		{objects.PublicReadWrite, "yyyyy", "yyyyy", "ynyyn"},
		{objects.AuthenticatedRead, "yyyyn", "ynyyn", "ynyyn"},
		{objects.AWSExecRead, "ynyyn", "ynyyn", "ynyyn"},
		{objects.LogDeliveryWrite, "ynyyn", "ynyyn", "ynyyn"},
	} {
		t.Run(test.acl, func(t *testing.T) {
			name := "bucket-" + test.acl
			s.bucket(t, alice, name, test.acl)
			ctx := t.Context()
			checkRights(t, "list", test.list, func(who caller.Caller) error {
				_, err := s.List(ctx, who, name, objects.ListQuery{})
				return err
			})
			checkRights(t, "head", test.list, func(who caller.Caller) error {
				_, err := s.Bucket(ctx, who, name)
				return err
			})
			checkRights(t, "put", test.write, func(who caller.Caller) error {
				_, err := s.Put(ctx, who, name, "key", strings.NewReader("x"), objects.PutOptions{})
				return err
			})
			checkRights(t, "delete object", test.write, func(who caller.Caller) error { return s.Delete(ctx, who, name, "key") })
			checkRights(t, "see ACL", test.own, func(who caller.Caller) error {
				_, err := s.BucketACL(ctx, who, name)
				return err
			})
			checkRights(t, "set ACL", test.own, func(who caller.Caller) error { return s.SetBucketACL(ctx, who, name, test.acl) })
		})
	}
}

func TestRightsToObjects(t *testing.T) {
	s := newStore(t)
	s.bucket(t, bob, "shared", objects.PublicReadWrite) // bob's bucket with alice's objects
	for _, test := range []struct{ acl, read, own string }{
		{"", "ynyyn", "ynyyn"},
		{objects.PublicRead, "yyyyy", "ynyyn"},
		{objects.AuthenticatedRead, "yyyyn", "ynyyn"},
		{objects.AWSExecRead, "ynyyn", "ynyyn"},
		{objects.BucketOwnerRead, "yyyyn", "ynyyn"},
		{objects.BucketOwnerFullControl, "yyyyn", "yyyyn"},
	} {
		t.Run(test.acl, func(t *testing.T) {
			ctx, key := t.Context(), "object-"+test.acl
			if _, err := s.Put(ctx, alice, "shared", key, strings.NewReader("x"), objects.PutOptions{ACL: test.acl}); err != nil {
				t.Fatal(err)
			}
			checkRights(t, "read", test.read, func(who caller.Caller) error {
				_, err := s.read(ctx, who, "shared", key)
				return err
			})
			checkRights(t, "see ACL", test.own, func(who caller.Caller) error {
				_, _, err := s.ObjectACL(ctx, who, "shared", key)
				return err
			})
			checkRights(t, "set ACL", test.own, func(who caller.Caller) error {
				return s.SetObjectACL(ctx, who, "shared", key, test.acl)
			})
		})
	}
}

func TestWhatAnonymousCallersLeaveIsTheBucketOwners(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "drop", objects.PublicReadWrite)
	if o := s.put(t, anonymous, "drop", "key", "x"); o.Owner != alice.Account {
		t.Errorf("got owner %q, want %q", o.Owner, alice.Account)
	}
}

func TestExistenceIsSecret(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "private", "")
	s.bucket(t, alice, "public", objects.PublicRead)
	ctx := t.Context()
	for _, test := range []struct {
		who    caller.Caller
		bucket string
		want   error
	}{
		{alice, "private", objects.ErrNoSuchKey},
		{bob, "private", objects.ErrDenied},
		{anonymous, "private", objects.ErrDenied},
		{bob, "public", objects.ErrNoSuchKey},
		{bob, "nowhere", objects.ErrNoSuchBucket},
	} {
		_, err := s.Stat(ctx, test.who, test.bucket, "missing")
		wantError(t, fmt.Sprintf("stat by %q in %s", test.who.Name, test.bucket), err, test.want)
	}
}

func TestOwnershipOfBuckets(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	s.bucket(t, alice, "bucket", "")
	wantError(t, "one's own", s.CreateBucket(ctx, alice, "bucket", "", ""), objects.ErrBucketOwned)
	wantError(t, "another's", s.CreateBucket(ctx, bob, "bucket", "", ""), objects.ErrBucketTaken)
	wantError(t, "an administrator's", s.CreateBucket(ctx, admin, "bucket", "", ""), objects.ErrBucketTaken)
	wantError(t, "nobody's", s.CreateBucket(ctx, anonymous, "other", "", ""), objects.ErrDenied)
	wantError(t, "unknown ACL", s.CreateBucket(ctx, bob, "other", "", "world"), objects.ErrBadACL)
	s.put(t, alice, "bucket", "key", "x")
	wantError(t, "delete by bob", s.DeleteBucket(ctx, bob, "bucket"), objects.ErrDenied)
	wantError(t, "delete while full", s.DeleteBucket(ctx, alice, "bucket"), objects.ErrBucketNotEmpty)
	if err := errors.Join(s.Delete(ctx, alice, "bucket", "key"), s.Delete(ctx, alice, "bucket", "key")); err != nil {
		t.Errorf("delete, and delete what is gone: %v", err)
	}
	if err := s.DeleteBucket(ctx, alice, "bucket"); err != nil {
		t.Error(err)
	}
	wantError(t, "delete what is gone", s.DeleteBucket(ctx, alice, "bucket"), objects.ErrNoSuchBucket)
}

func TestBucketsListsOnesOwn(t *testing.T) {
	s, ctx := newStore(t), t.Context()
	s.bucket(t, alice, "bbb", objects.PublicRead)
	s.bucket(t, alice, "aaa", "")
	s.bucket(t, bob, "ccc", "")
	all, err := s.Buckets(ctx, alice)
	if err != nil || len(all) != 2 || all[0].Name != "aaa" || all[1].Name != "bbb" || all[1].ACL != objects.PublicRead {
		t.Errorf("got %+v, %v; want aaa and bbb", all, err)
	}
	_, err = s.Buckets(ctx, anonymous)
	wantError(t, "anonymous", err, objects.ErrDenied)
}
