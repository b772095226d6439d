package reach

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
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

// ForeignError is an answer that is not the service's: a web server's page, a
// proxy's, or another service's.
type ForeignError struct {
	Service Service
	Status  int    // HTTP
	Body    []byte // as far as it was read
	Err     error  // how the service's client understood it; may be nil
}

// Error says that something else answers.
func (e *ForeignError) Error() string {
	if e.isTLS() {
		return spokenTLS
	}
	return fmt.Sprintf("no %s service answers there: %d %s", e.Service.Name, e.Status, http.StatusText(e.Status))
}

// Unwrap gives what the client made of the answer.
func (e *ForeignError) Unwrap() error { return e.Err }

// isTLS recognises what TLS servers (Go's, nginx, Apache) answer in plain HTTP to
// a client that speaks it.
func (e *ForeignError) isTLS() bool {
	for _, text := range []string{"to an HTTPS server", "to HTTPS port", "to an SSL-enabled server port"} {
		if strings.Contains(string(e.Body), text) {
			return true
		}
	}
	return false
}

// Foreign reports whether a status is one with which servers refuse requests that
// they do not know at all.
func Foreign(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusMethodNotAllowed
}

const (
	spokenTLS  = "TLS is spoken there, not plain HTTP"
	spokenHTTP = "plain HTTP is spoken there, not TLS"
)

// Cause words what kept a request from its service, without the operations and
// addresses that packages net and net/http wrap around it.
func Cause(err error) string {
	switch {
	case isPlainHTTP(err):
		return spokenHTTP
	case isTLS(err):
		return spokenTLS
	case isUntrusted(err):
		return "the server's certificate is not trusted: " + untrusted(err)
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
	foreign, ok := errors.AsType[*ForeignError](err)
	switch {
	case isPlainHTTP(err):
		return fmt.Sprintf("give the address with http:// (-U or %s)", s.Variable)
	case isTLS(err):
		return fmt.Sprintf("give the address with https:// (-U or %s)", s.Variable)
	case isUntrusted(err):
		return "SSL_CERT_FILE names a file of certificates to trust (of the embedded cloud: DIR/keys/server-cert.pem); " +
			"verify-ssl = false of a region in ~/.euca/*.ini trusts any"
	case ok:
		return fmt.Sprintf("check the address and its path (-U or %s); eucarc files have %s", s.Variable, foreign.Service.Path)
	}
	return ""
}

// Settled reports whether the same request will meet the same error again.
func Settled(err error) bool {
	_, foreign := errors.AsType[*ForeignError](err)
	return foreign || isPlainHTTP(err) || isTLS(err) || isUntrusted(err)
}

// isPlainHTTP: http.Client and its transport each say it in their own way.
func isPlainHTTP(err error) bool {
	record, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok && strings.HasPrefix(string(record.RecordHeader[:]), "HTTP/") || errors.Is(err, http.ErrSchemeMismatch)
}

// isTLS recognises also a server that answers with a TLS alert.
func isTLS(err error) bool {
	foreign, ok := errors.AsType[*ForeignError](err)
	return ok && foreign.isTLS() || strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`)
}

func isUntrusted(err error) bool {
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	return verify
}

// untrusted is the cause in the words of this package where x509's are not plain.
func untrusted(err error) string {
	if _, unknown := errors.AsType[x509.UnknownAuthorityError](err); unknown {
		return "this machine does not know who signed it"
	}
	if verify, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		err = verify.Err
	}
	return strings.TrimPrefix(err.Error(), "x509: ")
}
