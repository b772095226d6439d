package reach

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// certified is a server with a certificate for those hosts, valid from one time to
// another, and who trusts it.
func certified(t *testing.T, from, to time.Time, hosts ...string) (*httptest.Server, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: from, NotAfter: to, IsCA: true, BasicConstraintsValid: true}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
			continue
		}
		template.DNSNames = append(template.DNSNames, host)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server, roots
}

// TestCertificates: what is wrong with a certificate is said, with what to do about it.
func TestCertificates(t *testing.T) {
	now := time.Now()
	expired := now.Add(-time.Hour).Truncate(time.Second)
	later := now.Add(time.Hour).Truncate(time.Second)
	for _, tt := range []struct {
		name, want, hint string
		from, to         time.Time
		hosts            []string
	}{
		{"another name", "it is for s3.example, walrus.example, not for 127.0.0.1", "a name that the certificate is for",
			expired, later, []string{"s3.example", "walrus.example"}},
		{"many names", "it is for a, b, c, d and 2 more, not for 127.0.0.1", "a name",
			expired, later, []string{"a", "b", "c", "d", "e", "f"}},
		{"no name", "it is for no host, not for 127.0.0.1", "a name", expired, later, nil},
		{"expired", "it expired at " + expired.UTC().Format(time.RFC3339), "clock", expired.Add(-time.Hour), expired, []string{"127.0.0.1"}},
		{"not yet", "it is valid from " + later.UTC().Format(time.RFC3339) + " on", "clock", later, later.Add(time.Hour), []string{"127.0.0.1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server, roots := certified(t, tt.from, tt.to, tt.hosts...)
			_, err := (&http.Client{Transport: NewTransport(Options{RootCAs: roots})}).Get(server.URL)
			if got, want := cause(err), "the server's certificate is not trusted: "+tt.want; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if got := (Service{}).Hint(err); !strings.Contains(got, tt.hint) || !Settled(err) {
				t.Errorf("got the hint %q, want %q; settled: %v", got, tt.hint, Settled(err))
			}
		})
	}
}

// TestTLSRefused: a server that wants a certificate of the client, or another version.
func TestTLSRefused(t *testing.T) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	_, err := (&http.Client{Transport: NewTransport(Options{InsecureSkipVerify: true})}).Get(server.URL)
	if got := cause(err); !strings.Contains(got, "protocol version") {
		t.Errorf("got %q, want the protocol version", got)
	}
}
