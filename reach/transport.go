package reach

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"time"
)

// dialWithin bounds the attempt to connect to a server or a proxy.
const dialWithin = 15 * time.Second

// Options say how a service is reached. The zero value is usable.
type Options struct {
	// RootCAs are who signs servers' certificates; nil: those whom the system trusts,
	// or those in the file SSL_CERT_FILE.
	RootCAs *x509.CertPool
	// InsecureSkipVerify takes whatever certificate the server shows.
	InsecureSkipVerify bool
	// Connections is how many are kept open to a host; 0 means two.
	Connections int
}

// Transport makes requests over HTTP/1.1 through the proxy that HTTPS_PROXY, HTTP_PROXY,
// ALL_PROXY and NO_PROXY, also in lower case, name for the address: one of HTTP, also
// over TLS, or of SOCKS 5. What goes wrong with a proxy is a *ProxyError. It may be used from several goroutines at once.
type Transport struct {
	*http.Transport
	proxy func(*http.Request) (*url.URL, error)
}

// NewTransport makes one. CloseIdleConnections ends what it holds.
func NewTransport(o Options) *Transport {
	return newTransport(o, ProxyFromEnvironment())
}

// Through is a transport with one proxy for all addresses, whatever the variables say.
func Through(proxy *url.URL) *Transport {
	return newTransport(Options{}, http.ProxyURL(proxy))
}

func newTransport(o Options, proxy func(*http.Request) (*url.URL, error)) *Transport {
	t := &Transport{Transport: http.DefaultTransport.(*http.Transport).Clone(), proxy: proxyOf(proxy)}
	// HTTP/2 would put all transfers on one connection.
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.ForceAttemptHTTP2 = false
	t.TLSClientConfig = &tls.Config{RootCAs: o.RootCAs, InsecureSkipVerify: o.InsecureSkipVerify}
	t.DialContext = (&net.Dialer{Timeout: dialWithin, KeepAlive: 30 * time.Second}).DialContext
	t.MaxIdleConnsPerHost = o.Connections
	t.MaxIdleConns = 0 // the number for each host is the bound
	t.Proxy = t.proxy
	t.OnProxyConnectResponse = refusedConnect
	return t
}

// RoundTrip is http.Transport's.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.Transport.RoundTrip(r)
	if err != nil {
		return nil, t.blame(r, err)
	}
	if resp.StatusCode == http.StatusProxyAuthRequired {
		return t.unknown(r, resp)
	}
	return resp, nil
}

// blame says of an error that it is a proxy's.
func (t *Transport) blame(r *http.Request, err error) error {
	if !isProxyConnect(err) {
		return err
	}
	proxy, _ := t.proxy(r)
	return &ProxyError{Proxy: nameOf(proxy), Err: err}
}

// unknown is the answer of a proxy to a request in plain HTTP of a user that it does
// not know; of a server that is reached without one it is the server's.
func (t *Transport) unknown(r *http.Request, resp *http.Response) (*http.Response, error) {
	proxy, _ := t.proxy(r)
	if proxy == nil {
		return resp, nil
	}
	resp.Body.Close()
	return nil, &ProxyError{Proxy: nameOf(proxy), Status: resp.StatusCode}
}

// refusedConnect is the answer of a proxy to a request for a tunnel.
func refusedConnect(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	return &ProxyError{Proxy: nameOf(proxy), Status: answer.StatusCode}
}
