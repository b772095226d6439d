package cloud

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"emikit/sign"
)

// Options of TestStoreUnderLoad; scripts/store sets them.
const (
	loadObjectsVariable = "EMIKIT_STORE_OBJECTS" // how many objects the large bucket gets
	loadClientsVariable = "EMIKIT_STORE_CLIENTS" // how many clients there are at once
)

// TestStoreUnderLoad fills a bucket, lists it in every way, and lets clients put,
// read, list, copy and delete at once. Nothing may be refused with a 5xx, and in
// the end exactly what was acknowledged must be there. It logs how long each took.
func TestStoreUnderLoad(t *testing.T) {
	s := newLoadedStore(t)
	s.fill("large")
	s.listAll("large")
	s.work("large", "busy")
}

// loadedStore is the object store of a cloud, and those who use it.
type loadedStore struct {
	t                *testing.T
	url              string
	keys             sign.Credentials
	http             *http.Client
	objects, clients int
}

func newLoadedStore(t *testing.T) *loadedStore {
	t.Helper()
	config := startedConfig(t)
	config.NewNode = nil
	c := serveCloud(t, config)
	s := &loadedStore{
		t: t, url: c.S3URL(), keys: personOf(t, c, "admin").keys(),
		objects: loadNumber(t, loadObjectsVariable, 150), clients: loadNumber(t, loadClientsVariable, 8),
	}
	transport := &http.Transport{MaxIdleConnsPerHost: s.clients}
	t.Cleanup(transport.CloseIdleConnections)
	s.http = &http.Client{Transport: transport}
	t.Log("| what | requests | seconds | ms, in the middle | ms, the slowest |")
	t.Log("| --- | --- | --- | --- | --- |")
	return s
}

// loadNumber is an option.
func loadNumber(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s: not a number from 1 on", variable, text)
	}
	return n
}

// loadKey is that of an object of the large bucket: a hundred in each folder.
func loadKey(n int) string { return fmt.Sprintf("folder-%03d/object-%05d", n/100, n) }

// fill makes a bucket of many small objects.
func (s *loadedStore) fill(bucket string) {
	s.t.Helper()
	s.must(http.MethodPut, "/"+bucket)
	s.together(fmt.Sprintf("PUT of %d small objects, %d clients", s.objects, s.clients), func(ctx context.Context, client int, timed timing) error {
		for n := client; n < s.objects; n += s.clients {
			if err := timed(func() error { return s.put(ctx, bucket, loadKey(n), []byte(loadKey(n))) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// listAll lists a bucket by both versions of the protocol, all of it and its
// folders.
func (s *loadedStore) listAll(bucket string) {
	s.t.Helper()
	var keys, folders []string
	for n := range s.objects {
		keys = append(keys, loadKey(n))
		folders = append(folders, loadKey(n)[:len("folder-000/")])
	}
	folders = slices.Compact(folders)
	for _, version := range []string{"1", "2"} {
		s.listOne(bucket, version, "", keys)
		s.listOne(bucket, version, "/", folders)
	}
}

func (s *loadedStore) listOne(bucket, version, delimiter string, want []string) {
	s.t.Helper()
	what := fmt.Sprintf("list version %s, delimiter %q, %d entries", version, delimiter, len(want))
	var got []string
	s.alone(what, func(ctx context.Context, timed timing) (err error) {
		got, err = s.list(ctx, bucket, version, delimiter, timed)
		return err
	})
	if !slices.Equal(got, want) {
		s.t.Errorf("%s: got %d entries, or others", what, len(got))
	}
}

// work lets all clients use one bucket at once; each has keys of its own.
func (s *loadedStore) work(large, bucket string) {
	s.t.Helper()
	s.must(http.MethodPut, "/"+bucket)
	left := make([]map[string]string, s.clients) // MD5s by key, of each client
	s.together(fmt.Sprintf("%d clients put, read, list, copy, delete", s.clients), func(ctx context.Context, client int, timed timing) error {
		w := &worker{loadedStore: s, ctx: ctx, bucket: bucket, large: large, id: client, timed: timed, left: map[string]string{}}
		left[client] = w.left
		for range max(s.objects/s.clients/20, 3) {
			if err := w.round(); err != nil {
				return err
			}
		}
		return nil
	})
	s.checkLeft(bucket, left)
}

// checkLeft compares the bucket with what was acknowledged last.
func (s *loadedStore) checkLeft(bucket string, left []map[string]string) {
	s.t.Helper()
	var want []string
	for _, of := range left {
		for key := range of {
			want = append(want, key)
		}
	}
	slices.Sort(want)
	s.listOne(bucket, "2", "", want)
	s.together("read all of it again", func(ctx context.Context, client int, timed timing) error {
		for key, sum := range left[client] {
			err := timed(func() error { return s.same(ctx, bucket, key, sum) })
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// worker is one client under load.
type worker struct {
	*loadedStore
	ctx           context.Context
	bucket, large string
	id, n         int
	timed         timing
	left          map[string]string
}

// round is one of each operation, on objects of up to 256 KiB.
func (w *worker) round() error {
	w.n++
	key, copied := fmt.Sprintf("client-%03d/%d", w.id, w.n), fmt.Sprintf("client-%03d/%d-copy", w.id, w.n)
	body := make([]byte, 1+(w.id*31+w.n*7919)%(256<<10))
	rand.NewChaCha8([32]byte{byte(w.id), byte(w.n)}).Read(body)
	sum := fmt.Sprintf("%x", md5.Sum(body))
	for _, step := range []func() error{
		func() error { return w.put(w.ctx, w.bucket, key, body) },
		func() error { return w.same(w.ctx, w.bucket, key, sum) },
		func() error { return w.copyTo(w.ctx, w.bucket, key, copied) },
		func() error { return w.seen(key, copied) },
		func() error {
			return w.same(w.ctx, w.large, loadKey(w.n%w.objects), fmt.Sprintf("%x", md5.Sum([]byte(loadKey(w.n%w.objects)))))
		},
		func() error { return w.send(w.ctx, http.MethodDelete, "/"+w.bucket+"/"+key, nil, nil, nil) },
	} {
		if err := w.timed(step); err != nil {
			return err
		}
	}
	w.left[copied] = sum
	return nil
}

// seen demands that a listing shows what was acknowledged just before it.
func (w *worker) seen(keys ...string) error {
	var page listPage
	query := url.Values{"list-type": {"2"}, "prefix": {keys[0]}}
	if err := w.send(w.ctx, http.MethodGet, "/"+w.bucket+"?"+query.Encode(), nil, nil, &page); err != nil {
		return err
	}
	for _, key := range keys {
		if !slices.Contains(page.names(), key) {
			return fmt.Errorf("list: got %v, want %s among them", page.names(), key)
		}
	}
	return nil
}

// timing runs one request and notes how long it took.
type timing func(func() error) error

// together lets all clients do something at the same time.
func (s *loadedStore) together(what string, do func(ctx context.Context, client int, timed timing) error) {
	s.t.Helper()
	group, ctx := errgroup.WithContext(s.t.Context())
	took := make([][]time.Duration, s.clients)
	begin := time.Now()
	for client := range s.clients {
		group.Go(func() error { return do(ctx, client, noting(&took[client])) })
	}
	if err := group.Wait(); err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
	s.tell(what, time.Since(begin), slices.Concat(took...))
}

func (s *loadedStore) alone(what string, do func(ctx context.Context, timed timing) error) {
	s.t.Helper()
	var took []time.Duration
	begin := time.Now()
	if err := do(s.t.Context(), noting(&took)); err != nil {
		s.t.Fatalf("%s: %v", what, err)
	}
	s.tell(what, time.Since(begin), took)
}

func noting(took *[]time.Duration) timing {
	return func(do func() error) error {
		begin := time.Now()
		err := do()
		*took = append(*took, time.Since(begin))
		return err
	}
}

// tell logs a row of figures.
func (s *loadedStore) tell(what string, all time.Duration, took []time.Duration) {
	s.t.Helper()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	s.t.Logf("| %s | %d | %.1f | %.1f | %.1f |", what, len(took), all.Seconds(), ms(took[len(took)/2]), ms(took[len(took)-1]))
}

// listPage is an answer to a request to list a bucket.
type listPage struct {
	NextMarker            string
	NextContinuationToken string
	Contents              []struct{ Key string }
	CommonPrefixes        []struct{ Prefix string }
}

func (p listPage) names() (all []string) {
	for _, o := range p.Contents {
		all = append(all, o.Key)
	}
	for _, c := range p.CommonPrefixes {
		all = append(all, c.Prefix)
	}
	return all
}

// list reads a listing page by page.
func (s *loadedStore) list(ctx context.Context, bucket, version, delimiter string, timed timing) (all []string, err error) {
	query := url.Values{"list-type": {version}, "delimiter": {delimiter}}
	for {
		var page listPage
		err := timed(func() error { return s.send(ctx, http.MethodGet, "/"+bucket+"?"+query.Encode(), nil, nil, &page) })
		if err != nil {
			return nil, err
		}
		all = append(all, page.names()...)
		if page.NextMarker == "" && page.NextContinuationToken == "" {
			return all, nil
		}
		query.Set("marker", page.NextMarker)
		query.Set("continuation-token", page.NextContinuationToken)
	}
}

func (s *loadedStore) put(ctx context.Context, bucket, key string, body []byte) error {
	return s.send(ctx, http.MethodPut, "/"+bucket+"/"+key, nil, body, nil)
}

func (s *loadedStore) copyTo(ctx context.Context, bucket, from, to string) error {
	return s.send(ctx, http.MethodPut, "/"+bucket+"/"+to, http.Header{"X-Amz-Copy-Source": {bucket + "/" + from}}, nil, nil)
}

// same reads an object and compares its MD5.
func (s *loadedStore) same(ctx context.Context, bucket, key, sum string) error {
	var body []byte
	err := s.send(ctx, http.MethodGet, "/"+bucket+"/"+key, nil, nil, &body)
	if got := fmt.Sprintf("%x", md5.Sum(body)); err == nil && got != sum {
		err = fmt.Errorf("%s/%s: got %d bytes with MD5 %s, want %s", bucket, key, len(body), got, sum)
	}
	return err
}

func (s *loadedStore) must(method, path string) {
	s.t.Helper()
	if err := s.send(s.t.Context(), method, path, nil, nil, nil); err != nil {
		s.t.Fatal(err)
	}
}

// send makes a request and reads the answer into the bytes or the document that
// into points to. Whatever is not a 2xx is an error.
func (s *loadedStore) send(ctx context.Context, method, path string, header http.Header, body []byte, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name := range header {
		r.Header.Set(name, header.Get(name))
	}
	err = sign.V4(r, s.keys, sign.Scope{Region: "eucalyptus", Service: "s3"}, sign.HashPayload(body), time.Now())
	if err != nil {
		return err
	}
	resp, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, strings.TrimSpace(string(text)))
	}
	switch into := into.(type) {
	case nil:
		return err
	case *[]byte:
		*into = text
		return err
	}
	if err != nil {
		return err
	}
	return xml.Unmarshal(text, into)
}
