package upload

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"emikit/sign"
)

// world is all object stores that there are: a transport on which each host answers for
// itself, and which notes what was asked of whom, and whether it was signed.
type world struct {
	hosts map[string]func(*http.Request) (*http.Response, error) // scheme://host
	mu    sync.Mutex
	asked []string // scheme://host, and the region that it was signed for
}

func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	where := r.URL.Scheme + "://" + r.URL.Host
	region := "unsigned"
	if _, scope, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		region = strings.Split(scope, "/")[2]
	}
	w.mu.Lock()
	w.asked = append(w.asked, where+" "+region)
	w.mu.Unlock()
	if r.Host != r.URL.Host {
		return nil, fmt.Errorf("the request for %s names %s", r.URL.Host, r.Host)
	}
	answer, ok := w.hosts[where]
	if !ok {
		return nil, fmt.Errorf("nobody is at %s", where)
	}
	return answer(r)
}

// moved is AWS's answer where a bucket is elsewhere.
func moved(status int, code, endpoint string, headers ...string) func(*http.Request) (*http.Response, error) {
	return with(status, "<Error><Code>"+code+"</Code><Message>elsewhere</Message><Endpoint>"+endpoint+"</Endpoint></Error>", headers...)
}

// TestFollowsRedirects: requests follow a bucket to where its service has it, signed for
// there, and to nowhere else; nor does a plain connection lead to another host.
func TestFollowsRedirects(t *testing.T) {
	const (
		amazon = "https://s3.amazonaws.com"
		paris  = "https://s3.eu-west-3.amazonaws.com"
		lab    = "https://s3.lab.example"
	)
	in := func(region string) string { return "X-Amz-Bucket-Region: " + region }
	for _, tt := range []struct {
		name, endpoint string
		answer         func(*http.Request) (*http.Response, error)
		asked          []string
		hint           string // "": it succeeds
	}{
		{"endpoint and region", amazon, moved(301, "PermanentRedirect", "bkt.s3.eu-west-3.amazonaws.com", in("eu-west-3")),
			[]string{amazon + " us-east-1", paris + " eu-west-3"}, ""},
		{"endpoint", amazon, moved(307, "TemporaryRedirect", "s3.eu-west-3.amazonaws.com"),
			[]string{amazon + " us-east-1", paris + " eu-west-3"}, ""},
		{"old endpoint", amazon, moved(301, "PermanentRedirect", "s3-eu-west-3.amazonaws.com"),
			[]string{amazon + " us-east-1", "https://s3-eu-west-3.amazonaws.com eu-west-3"}, ""},
		{"region", amazon, with(301, "", in("eu-west-3")), []string{amazon + " us-east-1", paris + " eu-west-3"}, ""},
		{"location", amazon, with(307, "", in("eu-west-3"), "Location: https://bkt.s3.eu-west-3.amazonaws.com/?location"),
			[]string{amazon + " us-east-1", paris + " eu-west-3"}, ""},
		{"plain", "http://s3.amazonaws.com", moved(301, "PermanentRedirect", "bkt.s3.eu-west-3.amazonaws.com"),
			[]string{"http://s3.amazonaws.com us-east-1", paris + " eu-west-3"}, ""},
		{"China", "https://s3.cn-north-1.amazonaws.com.cn", with(301, "", in("cn-northwest-1")),
			[]string{"https://s3.cn-north-1.amazonaws.com.cn us-east-1", "https://s3.cn-northwest-1.amazonaws.com.cn cn-northwest-1"}, ""},
		{"below", lab, moved(307, "TemporaryRedirect", "east.s3.lab.example", in("east")),
			[]string{lab + " us-east-1", "https://east.s3.lab.example east"}, ""},

		{"stranger", lab, moved(307, "TemporaryRedirect", "s3.evil.example"), []string{lab + " us-east-1"}, "to s3.evil.example, which is not followed"},
		{"beside", lab, moved(307, "TemporaryRedirect", "evils3.lab.example"), []string{lab + " us-east-1"}, "not followed"},
		{"plain, below", "http://s3.lab.example", moved(307, "TemporaryRedirect", "east.s3.lab.example"),
			[]string{"http://s3.lab.example us-east-1"}, "not followed"},
		{"from Amazon", amazon, moved(307, "TemporaryRedirect", "s3.evil.example"), []string{amazon + " us-east-1"}, "not followed"},
		{"to a load balancer", amazon, moved(307, "TemporaryRedirect", "s3-evil-1.us-east-1.elb.amazonaws.com"),
			[]string{amazon + " us-east-1"}, "not followed"},
		{"to another partition", amazon, moved(307, "TemporaryRedirect", "s3.cn-north-1.amazonaws.com.cn"),
			[]string{amazon + " us-east-1"}, "not followed"},
		{"to Amazon", lab, moved(307, "TemporaryRedirect", "s3.eu-west-3.amazonaws.com"), []string{lab + " us-east-1"}, "not followed"},
		{"not a host", lab, moved(307, "TemporaryRedirect", "x@evil.example/s3.lab.example"), []string{lab + " us-east-1"}, "check the region"},
		{"to another port", lab, moved(307, "TemporaryRedirect", "s3.lab.example:81"), []string{lab + " us-east-1"}, "not followed"},
		{"in a circle", lab, moved(307, "TemporaryRedirect", "s3.lab.example", in("east")),
			[]string{lab + " us-east-1", lab + " east"}, "is in region east"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &world{hosts: map[string]func(*http.Request) (*http.Response, error){tt.endpoint: tt.answer}}
			for _, host := range []string{paris, "https://s3-eu-west-3.amazonaws.com", "https://s3.cn-northwest-1.amazonaws.com.cn", "https://east.s3.lab.example"} {
				w.hosts[host] = found
			}
			store := over(t, w, func(c *Config) { c.Endpoint = tt.endpoint })
			_, err := store.EnsureBucket(t.Context(), "bkt", "")
			refusal, _ := errors.AsType[*Error](err)
			if (err == nil) != (tt.hint == "") || err != nil && (refusal == nil || !strings.Contains(refusal.Hint(), tt.hint)) {
				t.Errorf("got %v (%v), want a hint with %q", err, refusal, tt.hint)
			}
			if !slices.Equal(w.asked, tt.asked) {
				t.Errorf("asked %q, want %q", w.asked, tt.asked)
			}
			if tt.hint != "" {
				return
			}
			if _, err := store.EnsureBucket(t.Context(), "bkt", ""); err != nil || len(w.asked) != len(tt.asked)+1 {
				t.Errorf("again: got %v after %q, want one request to where it is", err, w.asked)
			}
		})
	}
}

// TestBucketsElsewhere: each bucket is asked for where it is.
func TestBucketsElsewhere(t *testing.T) {
	const amazon, paris = "https://s3.amazonaws.com", "https://s3.eu-west-3.amazonaws.com"
	w := &world{hosts: map[string]func(*http.Request) (*http.Response, error){
		amazon: func(r *http.Request) (*http.Response, error) {
			if strings.HasPrefix(r.URL.Path, "/near") {
				return found(r)
			}
			return with(301, "", "X-Amz-Bucket-Region: eu-west-3")(r)
		},
		paris: found,
	}}
	store := over(t, w, func(c *Config) { c.Endpoint = amazon })
	for range 2 {
		for _, bucket := range []string{"far", "near"} {
			if _, err := store.EnsureBucket(t.Context(), bucket, ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{amazon + " us-east-1", paris + " eu-west-3", amazon + " us-east-1", paris + " eu-west-3", amazon + " us-east-1"}
	if !slices.Equal(w.asked, want) {
		t.Errorf("asked %q, want %q", w.asked, want)
	}
}

// TestVirtualHosts: a bucket's name goes before the host's where it has to, and the
// signature is of what is sent.
func TestVirtualHosts(t *testing.T) {
	for _, version := range []int{2, 4} {
		for _, tt := range []struct {
			name, bucket string
			style        Addressing
			wants        string // the code with which the path is refused
			path         string // of the object
			asked        int
			hint         string
		}{
			{"path", "bkt", PathAddressing, "", "/s3/bkt/a b/x", 1, ""},
			{"path by itself", "bkt", AutoAddressing, "", "/s3/bkt/a b/x", 1, ""},
			{"host", "bkt", VirtualAddressing, "SecondLevelDomainForbidden", "/s3/a b/x", 1, ""},
			{"host, as the store wants", "bkt", AutoAddressing, "SecondLevelDomainForbidden", "/s3/a b/x", 2, ""},
			{"host, in other words", "bkt", AutoAddressing, "PathStyleDomainForbidden", "/s3/a b/x", 2, ""},
			{"not a host", "my_bkt", AutoAddressing, "SecondLevelDomainForbidden", "", 1, "--addressing-style virtual"},
			{"not wanted", "bkt", PathAddressing, "SecondLevelDomainForbidden", "", 1, "--addressing-style virtual"},
		} {
			t.Run(fmt.Sprint(tt.name, version), func(t *testing.T) {
				var asked int
				var path string
				server := &answering{answers: []func(*http.Request) (*http.Response, error){func(r *http.Request) (*http.Response, error) {
					asked++
					bucket, virtual := strings.CutSuffix(r.Host, ".oss.example")
					if !virtual && tt.wants != "" {
						return refusing(403, tt.wants)(r)
					}
					if !virtual {
						bucket = ""
					}
					if err := signedFor(r, bucket); err != nil {
						return refusing(403, err.Error())(r)
					}
					path = r.URL.Path
					return with(200, "", `ETag: "x"`)(r)
				}}}
				store := over(t, server, func(c *Config) {
					c.Endpoint, c.Addressing, c.SignatureVersion = "https://oss.example/s3", tt.style, version
				})
				err := store.Put(t.Context(), Location{tt.bucket, "a b"}, "x", strings.NewReader("body"), 4, "")
				refusal, _ := errors.AsType[*Error](err)
				if (err == nil) != (tt.hint == "") || err != nil && (refusal == nil || !strings.Contains(refusal.Hint(), tt.hint)) {
					t.Errorf("got %v, want the hint %q", err, tt.hint)
				}
				if asked != tt.asked || path != tt.path {
					t.Errorf("got %d requests, the last for %q, want %d for %q", asked, path, tt.asked, tt.path)
				}
			})
		}
	}
}

// signedFor verifies a request at the host of a bucket; without one, at the store's.
func signedFor(r *http.Request, bucket string) error {
	_, err := sign.Verifier{Lookup: lookup, Now: time.Now()}.S3(r.Context(), r, bucket)
	return err
}

// TestVirtualBuckets: requests for the bucket alone are signed for its host, too; a
// service without such hosts is told by its name.
func TestVirtualBuckets(t *testing.T) {
	for _, version := range []int{2, 4} {
		for _, path := range []string{"", "/services/Walrus"} {
			answer := func(r *http.Request) (*http.Response, error) {
				if err := signedFor(r, strings.TrimSuffix(r.Host, ".oss.example")); err != nil || r.URL.Path != path+"/" {
					return refusing(403, fmt.Sprint(r.URL.Path, err))(r)
				}
				return found(r)
			}
			store := over(t, &answering{answers: []func(*http.Request) (*http.Response, error){answer}}, func(c *Config) {
				c.Endpoint, c.Addressing, c.SignatureVersion = "https://oss.example"+path, VirtualAddressing, version
			})
			if where, err := store.BucketLocation(t.Context(), "bkt"); err != nil {
				t.Errorf("version %d, %q: got %q, %v, want an answer", version, path, where, err)
			}
		}
	}
	nobody := &answering{answers: []func(*http.Request) (*http.Response, error){func(*http.Request) (*http.Response, error) {
		return nil, &net.DNSError{Err: "no such host", Name: "bkt.oss.example"}
	}}}
	store := over(t, nobody, func(c *Config) { c.Addressing, c.Retries = VirtualAddressing, -1 })
	_, err := store.EnsureBucket(t.Context(), "bkt", "")
	checkMessage(t, err, "connect to http://bkt.s3.example: bkt.oss.example: no such host", "--addressing-style path")
}

// TestBucketNames: what cannot be is said before anything is asked.
func TestBucketNames(t *testing.T) {
	for _, tt := range []struct {
		endpoint, bucket string
		style            Addressing
		want             string // "": nothing is wrong
	}{
		{"https://s3.lab.example", "win2k3_bucket", VirtualAddressing, "bucket win2k3_bucket: the name is not DNS-safe: it cannot be the beginning of a host's name"},
		{"https://s3.lab.example", "win2k3_bucket", AutoAddressing, ""},
		{"https://s3.lab.example", "Images", VirtualAddressing, "bucket Images: the name is not DNS-safe"},
		{"https://s3.lab.example", "images.2026-11", VirtualAddressing, ""},
		{"https://s3.lab.example", "10.0.0.1", VirtualAddressing, "bucket 10.0.0.1: the name is not DNS-safe"},
	} {
		server := &answering{answers: []func(*http.Request) (*http.Response, error){found}}
		store := over(t, server, func(c *Config) { c.Endpoint, c.Addressing = tt.endpoint, tt.style })
		_, err := store.EnsureBucket(t.Context(), tt.bucket, "")
		if (err == nil) != (tt.want == "") || err != nil && !strings.HasPrefix(err.Error(), tt.want) || (err != nil) != errors.Is(err, ErrBucketName) {
			t.Errorf("%s: got %v, want %q", tt.bucket, err, tt.want)
		}
		if err != nil && server.asked.Load() != 0 {
			t.Errorf("%s: the store was asked", tt.bucket)
		}
	}
	for _, endpoint := range []string{"http://127.0.0.1:9000", "http://[::1]:9000"} {
		if _, err := Open(Config{Endpoint: endpoint, Addressing: VirtualAddressing}); err == nil {
			t.Errorf("%s: buckets before a number were accepted", endpoint)
		}
	}
	if _, err := Open(Config{Endpoint: "http://s3.example", Addressing: "dns"}); err == nil {
		t.Error("an unknown addressing was accepted")
	}
}

// TestAmazonMakesNoSuchBucket: an older bucket of that name may be used, a new one is
// not asked for.
func TestAmazonMakesNoSuchBucket(t *testing.T) {
	for _, exists := range []bool{true, false} {
		answer := found
		if !exists {
			answer = refusing(404, "NoSuchBucket")
		}
		server := &answering{answers: []func(*http.Request) (*http.Response, error){answer}}
		store := over(t, server, func(c *Config) { c.Endpoint = "https://s3.amazonaws.com" })
		_, err := store.EnsureBucket(t.Context(), "win2k3_bucket", "")
		if errors.Is(err, ErrBucketName) == exists || server.asked.Load() != 1 {
			t.Errorf("exists %v: got %v after %d requests", exists, err, server.asked.Load())
		}
	}
}
