package reach

import (
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// through makes requests through one proxy, as the variables would.
func through(t *testing.T, proxy string, o Options) *Transport {
	t.Helper()
	transport := newTransport(o, func(*http.Request) (*url.URL, error) { return url.Parse(proxy) })
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// proxyServer answers each request with a status; 0 is one that passes plain requests
// on.
func proxyServer(t *testing.T, status int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status != 0 {
			w.WriteHeader(status)
			return
		}
		_, _, _ = r.BasicAuth()
		if want := "Basic " + base64.StdEncoding.EncodeToString([]byte("me:hush")); r.Header.Get("Proxy-Authorization") != want {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		io.WriteString(w, "for "+r.URL.Host)
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// nobody is an address where nothing listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestProxies: what goes wrong with a proxy names it, and never its password.
func TestProxies(t *testing.T) {
	closed, unknown, denies, down := nobody(t), proxyServer(t, 407), proxyServer(t, 403), proxyServer(t, 503)
	for _, tt := range []struct {
		name, proxy, url, want string
		settled                bool
	}{
		{"refused", closed, "http://s3.example", "the proxy http://" + closed + ": connection refused", false},
		{"refused, TLS", closed, "https://s3.example", "the proxy http://" + closed + ": connection refused", false},
		{"unknown user", unknown, "http://s3.example", "the proxy http://" + unknown + " wants a user and a password, or others", true},
		{"unknown user, TLS", unknown, "https://s3.example", "the proxy http://" + unknown + " wants a user and a password, or others", true},
		{"denied", denies, "https://s3.example", "the proxy http://" + denies + " does not connect there: 403 Forbidden", true},
		{"unwell", down, "https://s3.example", "the proxy http://" + down + " does not connect there: 503 Service Unavailable", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			transport := through(t, "http://me:hush@"+tt.proxy, Options{})
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tt.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = transport.RoundTrip(r)
			if err == nil || Cause(err) != tt.want || strings.Contains(err.Error(), "hush") {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if got := (Service{}).Hint(err); !strings.Contains(got, "HTTPS_PROXY") {
				t.Errorf("got the hint %q, want the variables", got)
			}
			if got := Settled(err); got != tt.settled {
				t.Errorf("settled: got %v, want %v", got, tt.settled)
			}
		})
	}
}

// TestProxyTakesPassword: the password that is in the variable reaches the proxy.
func TestProxyTakesPassword(t *testing.T) {
	transport := through(t, "http://me:hush@"+proxyServer(t, 0), Options{})
	resp, err := (&http.Client{Transport: transport}).Get("http://s3.example/x")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != "for s3.example" {
		t.Errorf("got %q, want what the proxy says of s3.example", body)
	}
}

// TestProxyVariables: net/http shows what it cannot read of them.
func TestProxyVariables(t *testing.T) {
	for _, find := range []func(*http.Request) (*url.URL, error){
		func(*http.Request) (*url.URL, error) { return nil, errors.New(`invalid proxy address "me:hush@ x"`) },
		func(*http.Request) (*url.URL, error) { return url.Parse("http://me:hush@") },
		func(*http.Request) (*url.URL, error) { return url.Parse("http://me:hush@:3128") },
		func(*http.Request) (*url.URL, error) { return url.Parse("http://http://me:hush@ x") }, // as net/http mends it
	} {
		_, err := (&http.Client{Transport: newTransport(Options{}, find)}).Get("http://s3.example/x")
		if got, want := Cause(err), "the proxy variables do not hold an address"; got != want || strings.Contains(err.Error(), "hush") {
			t.Errorf("got %q (%v), want %q", got, err, want)
		}
	}
}

// TestTrustedFile: who is trusted because he is named is trusted, and nobody else.
func TestTrustedFile(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{}, "the server's certificate is not trusted: this machine does not know who signed it"},
		{Options{RootCAs: roots}, ""},
		{Options{InsecureSkipVerify: true}, ""},
	} {
		transport := NewTransport(tt.o)
		resp, err := (&http.Client{Transport: transport}).Get(server.URL)
		if got := cause(err); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.o, got, tt.want)
		}
		if err == nil {
			resp.Body.Close()
		}
		transport.CloseIdleConnections()
	}
}

func cause(err error) string {
	if err == nil {
		return ""
	}
	return Cause(err)
}
