package reach_test

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"emikit/reach"
)

var compute = reach.Service{Name: "EC2", Variable: "EC2_URL", Path: "/services/Eucalyptus"}

// servers are one in plain HTTP and one with a certificate that nobody knows,
// neither of which is a cloud.
func servers(t *testing.T) (plain, secure string) {
	t.Helper()
	p, s := httptest.NewServer(http.NotFoundHandler()), httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(p.Close)
	t.Cleanup(s.Close)
	for _, server := range []*httptest.Server{p, s} {
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
	}
	return p.Listener.Addr().String(), s.Listener.Addr().String()
}

func TestConnections(t *testing.T) {
	plain, secure := servers(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, tt := range []struct {
		url, cause, hint string
		settled          bool
	}{
		{"https://" + plain, "plain HTTP is spoken there, not TLS", "give the address with http:// (-U or EC2_URL)", true},
		{"https://" + secure, "the server's certificate is not trusted: this machine does not know who signed it", "SSL_CERT_FILE", true},
		{"http://" + closed.Addr().String(), "connection refused", "", false},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tt.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, byClient := http.DefaultClient.Do(request)
		_, byTransport := http.DefaultTransport.RoundTrip(request)
		for _, err := range []error{byClient, byTransport} {
			if got := reach.Cause(err); got != tt.cause {
				t.Errorf("%s: got %q, want %q", tt.url, got, tt.cause)
			}
			if got := compute.Hint(err); !strings.Contains(got, tt.hint) || (got == "") != (tt.hint == "") {
				t.Errorf("%s: got hint %q, want %q", tt.url, got, tt.hint)
			}
			if got := reach.Settled(err); got != tt.settled {
				t.Errorf("%s: settled: got %t, want %t", tt.url, got, tt.settled)
			}
		}
	}
}

func TestForeignAnswers(t *testing.T) {
	_, secure := servers(t)
	resp, err := http.Get("http://" + secure)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	inner := errors.New("as the client understood it")
	for _, tt := range []struct {
		status            int
		body, cause, hint string
	}{
		{resp.StatusCode, string(body), "TLS is spoken there, not plain HTTP", "give the address with https:// (-U or EC2_URL)"},
		{400, "<h1>The plain HTTP request was sent to HTTPS port</h1>", "TLS is spoken there, not plain HTTP", "https://"},
		{404, "404 page not found", "no EC2 service answers there: 404 Not Found", "(-U or EC2_URL); eucarc files have /services/Eucalyptus"},
		{405, "", "no EC2 service answers there: 405 Method Not Allowed", "/services/Eucalyptus"},
	} {
		err := &reach.ForeignError{Service: compute, Status: tt.status, Body: []byte(tt.body), Err: inner}
		if got := reach.Cause(err); got != tt.cause || err.Error() != got || !errors.Is(err, inner) {
			t.Errorf("%d %q: got %q, %v, want %q", tt.status, tt.body, got, err, tt.cause)
		}
		if got := compute.Hint(err); !strings.Contains(got, tt.hint) {
			t.Errorf("%d %q: got hint %q, want %q", tt.status, tt.body, got, tt.hint)
		}
		if !reach.Foreign(tt.status) || !reach.Settled(err) {
			t.Errorf("%d: it would be asked again", tt.status)
		}
	}
	for location, want := range map[string]struct{ text, hint string }{
		"https://cloud.example:8443/x?token=hush": {"redirected to https://cloud.example:8443/x", "https://"},
		"https://login.example/":                  {"redirected to https://login.example/", "check the address"},
		"http://cloud.example/other":              {"redirected to http://cloud.example/other", "check the address"},
		"::":                                      {"redirected to what is no address", "check the address"},
	} {
		err := &reach.ForeignError{Service: compute, Status: 302, Host: "cloud.example:80", Location: location}
		if got, hint := err.Error(), compute.Hint(err); got != "no EC2 service answers there: 302 Found, "+want.text || !strings.Contains(hint, want.hint) {
			t.Errorf("%s: got %q and the hint %q, want %+v", location, got, hint, want)
		}
	}
	for _, status := range []int{200, 301, 403, 409, 500, 503} {
		if reach.Foreign(status) {
			t.Errorf("%d counts as an answer of something else", status)
		}
	}
}
