package reach

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// ProxyError is what a proxy, or the way to it, kept a request from.
type ProxyError struct {
	// Proxy is the proxy's address without the user and the password that may be in it;
	// empty where the environment names none that can be read.
	Proxy string
	// Status is what it answered (HTTP); 0 where it did not.
	Status int
	Err    error // what kept the request from the proxy; nil where it answered
}

// Error names the proxy and what went wrong with it.
func (e *ProxyError) Error() string {
	switch {
	case e.Proxy == "":
		return "the proxy variables do not hold an address"
	case e.Status == http.StatusProxyAuthRequired:
		return fmt.Sprintf("the proxy %s wants a user and a password, or others", e.Proxy)
	case e.Status != 0:
		return fmt.Sprintf("the proxy %s does not connect there: %d %s", e.Proxy, e.Status, http.StatusText(e.Status))
	}
	return fmt.Sprintf("the proxy %s: %s", e.Proxy, Cause(e.inner()))
}

// inner is the cause below the operation on the proxy.
func (e *ProxyError) inner() error {
	if op, ok := errors.AsType[*net.OpError](e.Err); ok && isProxyOp(op) {
		return op.Err
	}
	return e.Err
}

// Unwrap gives what kept the request from the proxy.
func (e *ProxyError) Unwrap() error { return e.Err }

// Hint is advice on proxies.
func (e *ProxyError) Hint() string {
	switch {
	case e.Proxy == "":
		return "HTTPS_PROXY, HTTP_PROXY and ALL_PROXY are of the form http://[USER:PASSWORD@]HOST:PORT, or socks5://…"
	case e.Status == http.StatusProxyAuthRequired:
		return "HTTPS_PROXY, HTTP_PROXY and ALL_PROXY take them: http://USER:PASSWORD@HOST:PORT"
	}
	return "HTTPS_PROXY, HTTP_PROXY and ALL_PROXY name the proxy; NO_PROXY lists the hosts that are reached without it"
}

// settled: a proxy that refuses does so again; one that does not answer, or cannot
// reach the server, may later.
func (e *ProxyError) settled() bool {
	return e.Proxy == "" || e.Status != 0 && e.Status < http.StatusInternalServerError || e.Err != nil && Settled(e.Err)
}

// The operations that net/http names where it cannot reach a proxy, and where one of
// SOCKS does not connect to the server.
const (
	proxyConnect = "proxyconnect"
	socksConnect = "socks connect"
)

func isProxyOp(op *net.OpError) bool { return op.Op == proxyConnect || op.Op == socksConnect }

func isProxyConnect(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && isProxyOp(op)
}

// proxyOf words what is wrong with the variables: net/http would show them, and a
// password in them.
func proxyOf(find func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		proxy, err := find(r)
		if err != nil || proxy != nil && (proxy.Hostname() == "" || strings.Trim(proxy.Path, "/") != "") {
			return nil, &ProxyError{}
		}
		return proxy, nil
	}
}

// nameOf is a proxy's address without secrets.
func nameOf(proxy *url.URL) string {
	if proxy == nil {
		return ""
	}
	return (&url.URL{Scheme: proxy.Scheme, Host: proxy.Host}).String()
}
