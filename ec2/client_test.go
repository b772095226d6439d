package ec2

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"emikit/sign"
)

// answers replies with one status after the other, the last one for good.
type answers struct {
	statuses []int
	times    []time.Time
}

func (a *answers) RoundTrip(*http.Request) (*http.Response, error) {
	status := a.statuses[min(len(a.times), len(a.statuses)-1)]
	a.times = append(a.times, time.Now())
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(""))}, nil
}

func TestRetries(t *testing.T) {
	run := func(token string) func(context.Context, *Client) error {
		return func(ctx context.Context, c *Client) error {
			_, err := c.RunInstances(ctx, &RunInstancesRequest{ImageID: "emi-1", ClientToken: token})
			return err
		}
	}
	describe := func(ctx context.Context, c *Client) error {
		_, err := c.DescribeInstances(ctx, &DescribeInstancesRequest{})
		return err
	}
	cases := []struct {
		name   string
		status int
		call   func(context.Context, *Client) error
		tries  int
	}{
		{"a question after 500", 500, describe, 3},
		{"a question after 503", 503, describe, 3},
		{"a question after 502", 502, describe, 1},
		{"run after 500", 500, run(""), 1},
		{"run with a token after 500", 500, run("token"), 3},
		{"run after 503", 503, run(""), 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &answers{statuses: []int{c.status}}
				if err := c.call(t.Context(), newTestClient(t, server)); err == nil {
					t.Error("got success, want an error")
				}
				if len(server.times) != c.tries {
					t.Errorf("got %d tries, want %d", len(server.times), c.tries)
				}
			})
		})
	}
}

func TestBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &answers{statuses: []int{503}}
		_, _ = newTestClient(t, server).DescribeRegions(t.Context(), &DescribeRegionsRequest{})
		for i := 1; i < len(server.times); i++ {
			pause, longest := server.times[i].Sub(server.times[i-1]), firstPause<<(i-1)
			if pause < longest/2 || pause > longest {
				t.Errorf("pause %d: got %v, want between %v and %v", i, pause, longest/2, longest)
			}
		}
	})
}

func TestCancelledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gaveUp := errors.New("gave up")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, gaveUp)
		defer cancel()
		server := &answers{statuses: []int{503}}
		_, err := newTestClient(t, server).DescribeRegions(ctx, &DescribeRegionsRequest{})
		if !errors.Is(err, gaveUp) || len(server.times) != 1 {
			t.Errorf("got error %v after %d tries, want %v after 1", err, len(server.times), gaveUp)
		}
	})
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoint := "http://" + listener.Addr().String() + "/services/compute"
	listener.Close()
	client, err := NewClient(Config{Endpoint: endpoint, Credentials: sign.Credentials{AccessKey: "a", SecretKey: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.DescribeRegions(t.Context(), &DescribeRegionsRequest{})
	var refused *ConnectError
	if !errors.As(err, &refused) || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Fatalf("got error %v, want a ConnectError for a refused connection", err)
	}
	if want := endpoint + ": connection refused"; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if refused.Hint() == "" {
		t.Error("got no hint")
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			t.Errorf("a signed request was sent on to %s", r.URL.Path)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	client, err := NewClient(Config{Endpoint: server.URL, Credentials: sign.Credentials{AccessKey: "a", SecretKey: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.DescribeRegions(t.Context(), &DescribeRegionsRequest{})
	if err == nil || !strings.Contains(err.Error(), "/elsewhere") {
		t.Errorf("got error %v, want one that names /elsewhere", err)
	}
}

func TestVersion2Request(t *testing.T) {
	client, err := NewClient(Config{
		Endpoint:         "http://cloud:8773/services/Eucalyptus",
		Credentials:      sign.Credentials{AccessKey: "AK", SecretKey: "secret"},
		SignatureVersion: 2,
	})
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"Action": {"DescribeRegions"}}
	req, err := client.newRequest(t.Context(), form, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := url.ParseQuery(string(body))
	if err != nil {
		t.Fatal(err)
	}
	if sent.Get("SignatureVersion") != "2" || sent.Get("Signature") == "" || req.Header.Get("Authorization") != "" {
		t.Errorf("got form %v and header %v, want a Version 2 signature in the form only", sent, req.Header)
	}
	if len(form) != 1 {
		t.Errorf("the caller's form became %v", form)
	}
}

func TestConfigRefused(t *testing.T) {
	for _, endpoint := range []string{"", "cloud:8773", "ftp://cloud/", "http://", "http://u:p@cloud/", "http://cloud/?a=b", "http://[::1"} {
		if _, err := NewClient(Config{Endpoint: endpoint}); err == nil {
			t.Errorf("endpoint %q was accepted", endpoint)
		} else if strings.Contains(err.Error(), ":p@") {
			t.Errorf("%v shows a password", err)
		}
	}
	if _, err := NewClient(Config{Endpoint: "http://cloud", SignatureVersion: 1}); err == nil {
		t.Error("signature version 1 was accepted")
	}
}

func TestHints(t *testing.T) {
	cases := []struct {
		err  Error
		want string // in the hint; empty: no hint
	}{
		{Error{Code: "AuthFailure", Status: 401}, "secret key"},
		{Error{Code: "AuthFailure", Message: "Signature Version 2 is not accepted here; sign with version 4", Status: 401}, "--sigv 4"},
		{Error{Code: "AuthFailure", Status: 403}, ""},
		{Error{Code: "SignatureDoesNotMatch", Status: 403}, "secret key"},
		{Error{Code: "RequestExpired"}, "clock"},
		{Error{Code: "InvalidAMIID.Unavailable", Message: "Image manifest was changed after registration for: emi-1; register b/m again."}, "register what the bucket holds now"},
		{Error{Code: "InvalidAMIID.Unavailable", Message: "The bundle of emi-1 was changed after registration: part x is missing"}, "upload the old bundle again"},
		{Error{Code: "InvalidAMIID.Unavailable", Message: "The requested image is deregistered: emi-1"}, "register its bundle again"},
		{Error{Code: "InvalidAMIID.Unavailable", Message: "Image emi-1 is pending: its bundle is still being checked."}, "when it is available"},
		{Error{Code: "InvalidAMIID.Unavailable", Message: "Image emi-1 cannot be run: digest"}, "the image's state"},
		{Error{Code: "InsufficientInstanceCapacity"}, "verbose"},
		{Error{Code: "InvalidManifest"}, ""},
	}
	for _, c := range cases {
		if got := c.err.Hint(); !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%v with status %d: got hint %q, want %q in it", &c.err, c.err.Status, got, c.want)
		}
	}
}

// TestForeignAnswers: what is not a cloud is named with its address, and the
// families still see its status.
func TestForeignAnswers(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client, err := NewClient(Config{Endpoint: server.URL + "/nosuch", Credentials: sign.Credentials{AccessKey: "a", SecretKey: "s"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.DescribeInstances(t.Context(), &DescribeInstancesRequest{})
	var connect *ConnectError
	var answer *Error
	want := server.URL + "/nosuch: no EC2 service answers there: 404 Not Found"
	if err == nil || err.Error() != want || !errors.As(err, &connect) || !errors.As(err, &answer) || answer.Code != "404" {
		t.Fatalf("got %v, want %s", err, want)
	}
	if !strings.Contains(connect.Hint(), "/services/Eucalyptus") {
		t.Errorf("got hint %q, want one at the path", connect.Hint())
	}
}

func TestUnverified(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the refused certificate
	for _, insecure := range []bool{false, true} {
		client, err := NewClient(Config{Endpoint: server.URL, InsecureSkipVerify: insecure, Credentials: sign.Credentials{AccessKey: "a", SecretKey: "s"}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.DescribeInstances(t.Context(), &DescribeInstancesRequest{})
		var refusal *Error
		if got := errors.As(err, &refusal); got != insecure {
			t.Errorf("InsecureSkipVerify %v: got %v; reached the server: %v", insecure, err, got)
		}
	}
}
