package reach

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// isPlainHTTP: http.Client and its transport each say it in their own way.
func isPlainHTTP(err error) bool {
	record, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok && strings.HasPrefix(string(record.RecordHeader[:]), "HTTP/") || errors.Is(err, http.ErrSchemeMismatch)
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
	if name, ok := errors.AsType[x509.HostnameError](err); ok {
		return fmt.Sprintf("it is for %s, not for %s", names(name.Certificate), name.Host)
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return outdated(invalid.Cert, time.Now())
	}
	if verify, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		err = verify.Err
	}
	return strings.TrimPrefix(err.Error(), "x509: ")
}

// names are the hosts that a certificate is for, as many as fit into a line.
func names(c *x509.Certificate) string {
	hosts := c.DNSNames
	for _, ip := range c.IPAddresses {
		hosts = append(hosts[:len(hosts):len(hosts)], ip.String())
	}
	switch {
	case len(hosts) == 0:
		return "no host"
	case len(hosts) > 4:
		return fmt.Sprintf("%s and %d more", strings.Join(hosts[:4], ", "), len(hosts)-4)
	}
	return strings.Join(hosts, ", ")
}

// outdated tells a certificate that has expired from one that is not valid yet.
func outdated(c *x509.Certificate, now time.Time) string {
	if now.Before(c.NotBefore) {
		return "it is valid from " + c.NotBefore.UTC().Format(time.RFC3339) + " on"
	}
	return "it expired at " + c.NotAfter.UTC().Format(time.RFC3339)
}

// untrustedHint is advice on a certificate that is not trusted.
func untrustedHint(err error) string {
	const unverified = "--no-verify-ssl, or verify-ssl = false of a region in ~/.euca/*.ini, trusts any"
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "give the address with a name that the certificate is for; " + unverified
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "this machine's clock says " + time.Now().UTC().Format(time.RFC3339) + ": if it is right, the server needs a new certificate"
	}
	return "--ca-bundle (or AWS_CA_BUNDLE, SSL_CERT_FILE) names a file of certificates to trust " +
		"(of the embedded cloud: DIR/keys/server-cert.pem); " + unverified
}
