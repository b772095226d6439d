package objects_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/objects"
)

// line is a listing in words: its keys, and its common prefixes in brackets.
func line(l objects.Listing) string {
	var keys []string
	for _, o := range l.Objects {
		keys = append(keys, o.Key)
	}
	text := fmt.Sprintf("%s [%s]", strings.Join(keys, " "), strings.Join(l.Prefixes, " "))
	if l.Truncated {
		text += " more after " + l.Next
	}
	return text
}

func TestList(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	for _, key := range []string{"a", "b/1", "b/2", "b/c/3", "b0", "d/", "d/4", "e//5", "z"} {
		s.put(t, alice, "bucket", key, "x")
	}
	s.bucket(t, alice, "other", "")
	s.put(t, alice, "other", "aa", "x")
	for _, test := range []struct {
		q    objects.ListQuery
		want string
	}{
		{objects.ListQuery{}, "a b/1 b/2 b/c/3 b0 d/ d/4 e//5 z []"},
		{objects.ListQuery{Delimiter: "/"}, "a b0 z [b/ d/ e/]"},
		{objects.ListQuery{Prefix: "b/"}, "b/1 b/2 b/c/3 []"},
		{objects.ListQuery{Prefix: "b/", Delimiter: "/"}, "b/1 b/2 [b/c/]"},
		{objects.ListQuery{Prefix: "b", Delimiter: "/"}, "b0 [b/]"},
		{objects.ListQuery{Prefix: "d/", Delimiter: "/"}, "d/ d/4 []"},
		{objects.ListQuery{Prefix: "e/", Delimiter: "/"}, " [e//]"},
		{objects.ListQuery{Prefix: "nothing"}, " []"},
		{objects.ListQuery{Delimiter: "b/"}, "a b0 d/ d/4 e//5 z [b/]"},
		{objects.ListQuery{After: "b/2"}, "b/c/3 b0 d/ d/4 e//5 z []"},
		{objects.ListQuery{After: "b/1x"}, "b/2 b/c/3 b0 d/ d/4 e//5 z []"},
		{objects.ListQuery{After: "b/2", Prefix: "d"}, "d/ d/4 []"},
		{objects.ListQuery{After: "zz"}, " []"},
		{objects.ListQuery{After: "b/2", Delimiter: "/"}, "b0 z [b/ d/ e/]"},
		{objects.ListQuery{After: "b/", Delimiter: "/"}, "b0 z [d/ e/]"},
		{objects.ListQuery{Limit: 2}, "a b/1 [] more after b/1"},
		{objects.ListQuery{Limit: 9}, "a b/1 b/2 b/c/3 b0 d/ d/4 e//5 z []"},
		{objects.ListQuery{Limit: 2, Delimiter: "/"}, "a [b/] more after b/"},
		{objects.ListQuery{Limit: 6, Delimiter: "/"}, "a b0 z [b/ d/ e/]"},
		{objects.ListQuery{Limit: 1, After: "e/", Delimiter: "/"}, "z []"},
	} {
		got, err := s.List(t.Context(), alice, "bucket", test.q)
		if err != nil || line(got) != test.want {
			t.Errorf("%+v: got %q, %v; want %q", test.q, line(got), err, test.want)
		}
	}
}

// TestListPages compares with a listing computed in the plainest way, for
// random keys, prefixes and page sizes.
func TestListPages(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	keys := make(map[string]bool)
	for range 60 {
		keys[randomKey()] = true
	}
	for key := range keys {
		s.put(t, alice, "bucket", key, "x")
	}
	for range 150 {
		q := objects.ListQuery{Prefix: randomKey()[:number(3)], Limit: 1 + number(7)}
		if number(2) == 0 {
			q.Delimiter = "/"
		}
		want := plainListing(slices.Sorted(maps.Keys(keys)), q)
		if diff := cmp.Diff(want, pages(t, s, q)); diff != "" {
			t.Errorf("%+v over %q (-want +got):\n%s", q, slices.Sorted(maps.Keys(keys)), diff)
		}
	}
}

// pages reads all pages and returns keys and common prefixes, sorted.
func pages(t *testing.T, s store, q objects.ListQuery) (all []string) {
	t.Helper()
	for {
		page, err := s.List(t.Context(), alice, "bucket", q)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(page.Objects) + len(page.Prefixes); n > q.Limit || page.Truncated && n < q.Limit {
			t.Errorf("a page of %+v has %d entries (truncated: %v)", q, n, page.Truncated)
		}
		for _, o := range page.Objects {
			all = append(all, o.Key)
		}
		all = append(all, page.Prefixes...)
		if !page.Truncated {
			slices.Sort(all)
			return all
		}
		q.After = page.Next
	}
}

func plainListing(keys []string, q objects.ListQuery) (all []string) {
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, q.Prefix)
		if !ok {
			continue
		}
		if before, _, cut := strings.Cut(rest, "/"); cut && q.Delimiter != "" {
			key = q.Prefix + before + "/"
		}
		all = append(all, key)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func number(n int64) int {
	i, _ := rand.Int(rand.Reader, big.NewInt(n)) // never fails
	return int(i.Int64())
}

func randomKey() string {
	letters := []string{"a", "b", "/", "é", "0", "\U0010FFFF"}
	var key strings.Builder
	for range 2 + number(5) {
		key.WriteString(letters[number(int64(len(letters)))])
	}
	return key.String()
}
