package upload

import (
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"emikit/manifest"
)

// TestStat: sizes and sums come without the objects.
func TestStat(t *testing.T) {
	s := newFakeS3(t, "/services/Walrus")
	sum := sha1.Sum([]byte("body"))
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		checksum, found := map[string]string{
			"none": "", "whole": base64.StdEncoding.EncodeToString(sum[:]),
			"parts": base64.StdEncoding.EncodeToString(sum[:]) + "-3", "short": "AAAA", "other": "not a sum",
		}[strings.TrimPrefix(r.URL.Path, "/services/Walrus/bkt/x/")]
		switch {
		case r.Method != http.MethodHead || r.Header.Get("X-Amz-Checksum-Mode") != "ENABLED":
			t.Errorf("got %s with %v, want a HEAD that asks for checksums", r.Method, r.Header)
		case strings.HasSuffix(r.URL.Path, "/secret"):
			w.WriteHeader(http.StatusForbidden)
		case !found:
			w.WriteHeader(http.StatusNotFound)
		default:
			w.Header().Set("Content-Length", "4")
			if checksum != "" {
				w.Header().Set("X-Amz-Checksum-Sha1", checksum)
			}
		}
		return true
	}
	names := []string{"none", "whole", "gone", "parts", "short", "other", "secret"}
	got := s.open(t).Stat(t.Context(), Location{"bkt", "x"}, names, nil)
	for i, want := range []Object{
		{Size: 4}, {Size: 4, SHA1: (*manifest.Digest)(&sum)}, {Err: fs.ErrNotExist}, {Size: 4}, {Size: 4}, {Size: 4}, {Err: errors.New("AccessDenied")},
	} {
		g := got[i]
		sameErr := g.Err == want.Err || errors.Is(g.Err, want.Err) || g.Err != nil && want.Err != nil && strings.Contains(g.Err.Error(), want.Err.Error())
		if g.Name != names[i] || g.Size != want.Size || !sameErr || (g.SHA1 == nil) != (want.SHA1 == nil) || g.SHA1 != nil && *g.SHA1 != *want.SHA1 || IsLost(g.Err) {
			t.Errorf("%s: got %+v, want %+v", names[i], g, want)
		}
	}
}

// TestStatGivesUp: a store that fails is not asked for each of very many parts.
func TestStatGivesUp(t *testing.T) {
	s := newFakeS3(t, "")
	var requests atomic.Int32
	s.fault = func(w http.ResponseWriter, r *http.Request) bool {
		requests.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	}
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprint(i))
	}
	store := s.open(t, func(c *Config) { c.Jobs = 2 })
	objects := store.Stat(t.Context(), Location{Bucket: "bkt"}, names, nil)
	if n, most := int(requests.Load()), (lostLimit+1)*store.backoff.attempts; n > most {
		t.Errorf("got %d requests, want %d at most", n, most)
	}
	if first, last := objects[0].Err, objects[999].Err; !IsLost(first) || !errors.Is(last, ErrNotAsked) {
		t.Errorf("got %v and %v, want a failure and ErrNotAsked", first, last)
	}
}
