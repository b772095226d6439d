package reach

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestAllProxy: it is for what the others do not name.
func TestAllProxy(t *testing.T) {
	const all, own = "socks5://me:hush@all:1080", "http://own:3128"
	for _, tt := range []struct{ environment, url, want string }{
		{"ALL_PROXY=" + all, "http://s3.example/x", all},
		{"all_proxy=" + all, "https://s3.example/x", all},
		{"all_proxy=" + all + " ALL_PROXY=" + own, "https://s3.example/x", all},
		{"ALL_PROXY=" + all + " HTTP_PROXY=" + own, "http://s3.example/x", own},
		{"ALL_PROXY=" + all + " HTTP_PROXY=" + own, "https://s3.example/x", all},
		{"ALL_PROXY=" + all + " https_proxy=" + own, "https://s3.example/x", own},
		{"ALL_PROXY=" + all + " NO_PROXY=.example", "https://s3.example/x", ""},
		{"ALL_PROXY=" + all, "http://127.0.0.1:8773/", ""},
		{"ALL_PROXY=" + all + " REQUEST_METHOD=GET", "http://s3.example/x", all},
		{"ALL_PROXY=" + all + " HTTP_PROXY=" + own + " REQUEST_METHOD=GET", "http://s3.example/x", "refused"},
		{"", "http://s3.example/x", ""},
	} {
		find := proxyFrom(func(name string) string {
			for _, pair := range strings.Fields(tt.environment) {
				if value, ok := strings.CutPrefix(pair, name+"="); ok {
					return value
				}
			}
			return ""
		})
		address, err := url.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		switch proxy, err := find(&http.Request{URL: address}); {
		case err != nil:
			got = "refused"
		case proxy != nil:
			got = proxy.String()
		}
		if got != tt.want {
			t.Errorf("%s, %s: got %q, want %q", tt.environment, tt.url, got, tt.want)
		}
	}
}

// socksServer is a proxy of SOCKS 5 (RFC 1928, RFC 1929) that knows one user, me with
// the password hush, and connects whatever is asked for to one server; with none it
// says that the host cannot be reached.
func socksServer(t *testing.T, server string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if err := serveSOCKS(conn, server); err != nil {
				t.Error(err)
			}
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String()
}

// serveSOCKS serves one connection.
func serveSOCKS(conn net.Conn, server string) error {
	take := func(n int) []byte {
		b := make([]byte, n)
		if _, err := io.ReadFull(conn, b); err != nil {
			return make([]byte, n)
		}
		return b
	}
	take(int(take(2)[1])) // the methods that are offered
	conn.Write([]byte{5, 2})
	user := string(take(int(take(2)[1])))
	password := string(take(int(take(1)[0])))
	if user != "me" || password != "hush" {
		conn.Write([]byte{1, 1})
		return nil
	}
	conn.Write([]byte{1, 0})
	if request := take(5); request[1] != 1 || request[3] != 3 {
		return fmt.Errorf("got the request % x, want one to connect to a name", request)
	} else if name := string(take(int(request[4]))); name != "s3.example" {
		return fmt.Errorf("got %q, want s3.example: names are looked up by the proxy", name)
	}
	take(2)
	if server == "" {
		conn.Write([]byte{5, 4, 0, 1, 0, 0, 0, 0, 0, 0})
		return nil
	}
	to, err := net.Dial("tcp", server)
	if err != nil {
		return err
	}
	defer to.Close()
	conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	back := make(chan struct{})
	go func() {
		defer close(back)
		io.Copy(conn, to)
		conn.Close()
	}()
	io.Copy(to, conn)
	to.Close()
	<-back
	return nil
}

// TestSOCKS: requests go through a proxy of SOCKS 5, and what is wrong with it names it.
func TestSOCKS(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) }))
	defer server.Close()
	proxy, dead := socksServer(t, server.Listener.Addr().String()), socksServer(t, "")
	for _, tt := range []struct{ proxy, want string }{
		{"socks5://me:hush@" + proxy, "s3.example"},
		{"socks5h://me:hush@" + proxy, "s3.example"},
		{"socks5://me:wrong@" + proxy, "the proxy socks5://" + proxy + ": username/password authentication failed"},
		{"socks5://me:hush@" + dead, "the proxy socks5://" + dead + ": unknown error host unreachable"},
	} {
		transport := through(t, tt.proxy, Options{})
		got := ""
		resp, err := (&http.Client{Transport: transport}).Get("http://s3.example/x")
		if err == nil {
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			got = string(body)
		} else {
			got = Cause(err)
			if _, ok := errors.AsType[*ProxyError](err); !ok || strings.Contains(err.Error(), "hush") {
				t.Errorf("%s: got %v, want a ProxyError without the password", tt.proxy, err)
			}
		}
		transport.CloseIdleConnections()
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.proxy, got, tt.want)
		}
	}
}
