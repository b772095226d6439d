package doctor

import (
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"emikit/config"
)

func TestCompare(t *testing.T) {
	const mib = 1 << 20
	for _, tt := range []struct {
		free, size int64
		packed     bool
		state      State
		text       string
	}{
		{100 * mib, 100 * mib, false, OK, "about 100.0 MiB at most"},
		{99 * mib, 100 * mib, false, Warning, "about 100.0 MiB at most"},
		{25 * mib, 100 * mib, false, Warning, "at most"},
		{24 * mib, 100 * mib, false, Failed, "at most"},
		{100 * mib, 100 * mib, true, OK, "100.0 MiB or more"},
		{99 * mib, 100 * mib, true, Failed, "100.0 MiB or more"},
	} {
		got := compare(tt.free, tt.size, tt.packed, "it takes ")
		if got.state != tt.state || !strings.Contains(got.text, tt.text) || (got.hint == "") != (tt.state == OK) {
			t.Errorf("%d free for %d, packed %t: got %v, want %s: %s", tt.free, tt.size, tt.packed, got, tt.state, tt.text)
		}
	}
}

func TestBytesOf(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 1536 << 10: "1.5 MiB", 5 << 40: "5.0 TiB", 5 << 50: "5120.0 TiB",
	} {
		if got := bytesOf(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

// Dates have whole seconds, and answers take their time: neither makes a clock wrong.
func TestAhead(t *testing.T) {
	sent := time.Date(2026, 1, 2, 3, 4, 5, 900_000_000, time.UTC)
	for _, tt := range []struct {
		date, received time.Duration // after sent
		want           time.Duration
	}{
		{-900 * time.Millisecond, time.Millisecond, 0},
		{100 * time.Millisecond, 200 * time.Millisecond, 0},
		{9 * time.Second, 10 * time.Second, 0},
		{-2 * time.Minute, time.Second, 2 * time.Minute},
		{3 * time.Minute, time.Minute, -2 * time.Minute},
	} {
		if got := ahead(sent.Add(tt.date), sent, sent.Add(tt.received)); got != tt.want {
			t.Errorf("a date %s after the request, received after %s: got %s ahead, want %s", tt.date, tt.received, got, tt.want)
		}
	}
}

func TestServerCertificate(t *testing.T) {
	for _, tt := range []struct {
		verify bool
		left   time.Duration
		state  State
		text   string
	}{
		{true, 90 * 24 * time.Hour, OK, "TLS 1.3; the certificate is trusted and good until "},
		{true, 24 * time.Hour, Warning, "the certificate ends on "},
		{false, 90 * 24 * time.Hour, Warning, "the certificate is not looked at"},
	} {
		s := &service{
			any: !tt.verify,
			tls: &tls.ConnectionState{Version: tls.VersionTLS13,
				PeerCertificates: []*x509.Certificate{{NotAfter: time.Now().Add(tt.left)}}},
		}
		if got := s.checkCertificate(); got.state != tt.state || !strings.Contains(got.text, tt.text) {
			t.Errorf("verified %t, %s left: got %v, want %s: %s", tt.verify, tt.left, got, tt.state, tt.text)
		}
	}
}

func TestHostPort(t *testing.T) {
	for address, want := range map[string]string{
		"http://a/": "a:80", "https://a": "a:443", "http://[::1]:8773/x": "[::1]:8773", "socks5://p": "p:1080", "https://u:p@a:1": "a:1",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := hostPort(u); got != want {
			t.Errorf("%s: got %s, want %s", address, got, want)
		}
	}
}

// A proxy that is in the way is what is connected to, and what hints are about.
func TestProxyIsNamed(t *testing.T) {
	proxy, err := url.Parse("http://user:secret@proxy.example:3128")
	if err != nil {
		t.Fatal(err)
	}
	s := &service{endpoint: config.Endpoint{From: "S3_URL"}, proxy: proxy, host: hostPort(proxy)}
	if got := s.hint(); !strings.Contains(got, "proxy.example:3128") || strings.Contains(got, "secret") {
		t.Errorf("got %q, want the proxy without its password", got)
	}
}

func TestKVM(t *testing.T) {
	dir := t.TempDir()
	there := filepath.Join(dir, "kvm")
	if err := os.WriteFile(there, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{there: "KVM can be used", filepath.Join(dir, "none"): "no KVM (" + filepath.Join(dir, "none") + ")"} {
		if got := kvm(path); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
