package reach

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
)

// Service is what a request was for, as messages name it.
type Service struct {
	Name     string // "EC2"
	Variable string // of the environment, with its address: "EC2_URL"
	Path     string // where eucarc files have it: "/services/Eucalyptus"
}

const (
	spokenTLS  = "TLS is spoken there, not plain HTTP"
	spokenHTTP = "plain HTTP is spoken there, not TLS"
)

// Cause words what kept a request from its service, without the operations and
// addresses that packages net and net/http wrap around it.
func Cause(err error) string {
	if proxy, ok := errors.AsType[*ProxyError](err); ok {
		return proxy.Error()
	}
	switch {
	case isPlainHTTP(err):
		return spokenHTTP
	case isTLS(err):
		return spokenTLS
	case isUntrusted(err):
		return "the server's certificate is not trusted: " + untrusted(err)
	}
	if alert, ok := errors.AsType[tls.AlertError](err); ok {
		return "TLS: the server refuses: " + strings.TrimPrefix(alert.Error(), "tls: ")
	}
	if errno, ok := errors.AsType[syscall.Errno](err); ok {
		return errno.Error()
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns.Name + ": " + dns.Err
	}
	// minio-go looks for "EOF" in messages and then drops the error.
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the server closed the connection"
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err
	}
	return err.Error()
}

// Hint is advice on an error that Cause words; "" if there is none in particular.
func (s Service) Hint(err error) string {
	if proxy, ok := errors.AsType[*ProxyError](err); ok {
		return proxy.Hint()
	}
	foreign, ok := errors.AsType[*ForeignError](err)
	switch {
	case isPlainHTTP(err):
		return fmt.Sprintf("give the address with http:// (-U or %s)", s.Variable)
	case isTLS(err):
		return fmt.Sprintf("give the address with https:// (-U or %s)", s.Variable)
	case isUntrusted(err):
		return untrustedHint(err)
	case ok && foreign.upgrades():
		return fmt.Sprintf("give the address with https:// (-U or %s)", s.Variable)
	case ok:
		return fmt.Sprintf("check the address and its path (-U or %s); eucarc files have %s", s.Variable, foreign.Service.Path)
	}
	return ""
}

// Settled reports whether the same request will meet the same error again.
func Settled(err error) bool {
	_, foreign := errors.AsType[*ForeignError](err)
	if proxy, ok := errors.AsType[*ProxyError](err); ok {
		return proxy.settled()
	}
	return foreign || isPlainHTTP(err) || isTLS(err) || isUntrusted(err)
}
