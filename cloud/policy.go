package cloud

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"

	"emikit/cloud/images"
)

// ImageSignatures is a cloud's policy for the signatures of manifests.
type ImageSignatures = images.Signatures

// The policies for signatures.
const (
	ImageSignaturesKnown = images.SignaturesKnown // an account's certificate vouches for the manifest
	ImageSignaturesAny   = images.SignaturesAny   // the others are taken and marked
)

// SignatureV2 is a cloud's policy for requests that are signed with Version 2: it
// covers less of a request than Version 4 does, and old clients know no other.
type SignatureV2 string

// The policies. Version 4 is taken always.
const (
	SignatureV2Auto SignatureV2 = "auto" // from programs on the cloud's own machine
	SignatureV2On   SignatureV2 = "on"   // from everywhere
	SignatureV2Off  SignatureV2 = "off"  // from nowhere
)

// allows returns the policy as the doors ask for it.
func (s SignatureV2) allows() (func(*http.Request) bool, error) {
	switch s {
	case "", SignatureV2Auto:
		return fromLoopback, nil
	case SignatureV2On:
		return func(*http.Request) bool { return true }, nil
	case SignatureV2Off:
		return func(*http.Request) bool { return false }, nil
	}
	return nil, fmt.Errorf("signature version 2 %q: not one of auto, on, off", string(s))
}

// fromLoopback reports whether a request did not come over a network. Only the
// connection says so, no header.
func fromLoopback(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

// warnOfPlainHTTP says that others can listen, when the port without TLS is open to
// a network.
func (c *Cloud) warnOfPlainHTTP() {
	at, err := netip.ParseAddrPort(c.listeners.plain.Addr().String())
	if err == nil && at.Addr().Unmap().IsLoopback() {
		return
	}
	c.config.Log.Warn("plain HTTP is served to a network: what is sent over it, such as new key pairs and user data, can be read on the way",
		"http", c.EC2URL(), "instead", "https://"+net.JoinHostPort(c.Host(), strconv.Itoa(portOf(c.listeners.secure)))+ec2Path)
}
