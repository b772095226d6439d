package upload

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// regionHeader is where S3 says, besides in the body, in which region a bucket is.
const regionHeader = "X-Amz-Bucket-Region"

// place is where, and how, a bucket is asked for.
type place struct {
	scheme, host string
	region       string // that Version 4 signs for
	virtual      bool   // the bucket is in the host's name, not in the path
}

func (p place) url() string { return p.scheme + "://" + p.host }

// places are where buckets are that are not where the store is. They may be used from
// several goroutines at once.
type places struct {
	mu     sync.Mutex
	places map[string]place // by bucket
}

func (p *places) of(bucket string) (place, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.places[bucket]
	return found, ok
}

func (p *places) set(bucket string, is place) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.places == nil {
		p.places = map[string]place{}
	}
	p.places[bucket] = is
}

// place is where requests for a bucket go.
func (t *signer) place(bucket string) place {
	if elsewhere, ok := t.places.of(bucket); ok {
		return elsewhere
	}
	return place{t.endpoint.Scheme, t.endpoint.Host, *t.region.Load(), t.isVirtual(bucket)}
}

// adoptRegion reports whether a refusal was for where, or how, a bucket was asked for,
// and it is asked for otherwise from now on. A region is signed for at the same
// address; of addresses those are followed that [signer.target] allows.
func (s *Store) adoptRegion(ctx context.Context, err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	bucket := refusal.bucket
	next := s.signer.next(bucket, refusal)
	if next == refusal.sent {
		return false
	}
	s.log.DebugContext(ctx, "asking elsewhere", "bucket", bucket, "was", refusal.sent.url(), "is", next.url(),
		"region", next.region, "virtual-host", next.virtual)
	if refusal.Code == "AuthorizationHeaderMalformed" && next.host == s.endpoint.Host {
		s.signer.region.Store(&next.region) // it is the store's
	}
	s.signer.places.set(bucket, next)
	return true
}

// next is where a request that was refused may be made instead: where it was made, if
// there is no such place.
func (t *signer) next(bucket string, refusal *Error) place {
	next := refusal.sent
	switch refusal.Code {
	case "AuthorizationHeaderMalformed", "Bad Request": // the latter to HEAD
		if isRegion(refusal.Region) {
			next.region = refusal.Region
		}
	case "PermanentRedirect", "TemporaryRedirect", "Redirect":
		return t.target(bucket, refusal)
	case "SecondLevelDomainForbidden", "PathStyleDomainForbidden": // Alibaba's, Tencent's
		next.virtual = t.mayBeVirtual(bucket)
	}
	return next
}

// target is where a redirect leads. A request that was signed, and the bundle in it, go
// only to
//
//   - the same host, for another region;
//   - another of Amazon's own S3 hosts of the same partition, over TLS;
//   - a host below the configured one, where TLS vouches for it.
//
// Any other address is told to the user, who knows whether it is to be trusted.
func (t *signer) target(bucket string, refusal *Error) place {
	next := refusal.sent
	host := strings.TrimPrefix(refusal.Endpoint, bucket+".")
	if isRegion(refusal.Region) {
		next.region = refusal.Region
	} else if region := amazonRegion(host); region != "" {
		next.region = region
	}
	old := t.endpoint.Host
	switch {
	case amazonDomain(old) != "" && host == "" && next.region != refusal.sent.region:
		next.scheme, next.host = "https", "s3."+next.region+amazonDomain(old)
	case host == "", host == old:
	case amazonDomain(old) != "" && amazonDomain(old) == amazonDomain(host) && isS3Host(host):
		next.scheme, next.host = "https", host
	case t.endpoint.Scheme == "https" && isHost(host) && strings.HasSuffix(host, "."+old):
		next.host = host
	default:
		return refusal.sent
	}
	return next
}

// isHost reports whether a word from the network can be a host in a URL.
func isHost(s string) bool {
	u, err := url.Parse("https://" + s)
	return err == nil && u.Host == s && s != "" && strings.Trim(s, hostLetters+":") == ""
}

const hostLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-."

// amazonDomain is ".amazonaws.com" or China's for a host of Amazon's, and empty for any
// other.
func amazonDomain(host string) string {
	for _, domain := range []string{".amazonaws.com", ".amazonaws.com.cn"} {
		if strings.HasSuffix(host, domain) {
			return domain
		}
	}
	return ""
}

// isS3Host reports whether a host of Amazon's is one of S3's own, for any bucket:
// others may be anybody's, such as those of load balancers, which have names of their
// owners' choice.
func isS3Host(host string) bool {
	name, _ := strings.CutSuffix(host, amazonDomain(host))
	return name == "s3" || amazonRegion(host) != ""
}

// amazonRegion is the region in the name of one of Amazon's S3 hosts: s3.REGION,
// s3-REGION, s3.dualstack.REGION, and s3-fips for s3. It is empty for any other host.
func amazonRegion(host string) string {
	name, ok := strings.CutSuffix(host, amazonDomain(host))
	if !ok || name == host {
		return ""
	}
	for _, prefix := range []string{"s3.dualstack.", "s3-fips.dualstack.", "s3-fips.", "s3.", "s3-"} {
		if region, ok := strings.CutPrefix(name, prefix); ok && isAmazonName(region) {
			return region
		}
	}
	return ""
}

// isAmazonName tells the names of Amazon's regions: two letters, words and a digit, as
// in us-gov-west-1.
func isAmazonName(region string) bool {
	words := strings.Split(region, "-")
	last := len(words) - 1
	if last < 2 || len(words[0]) != 2 || len(words[last]) != 1 || strings.Trim(words[last], "0123456789") != "" {
		return false
	}
	return strings.Trim(strings.Join(words[:last], ""), "abcdefghijklmnopqrstuvwxyz") == ""
}

// isRegion reports whether a word from the network can be a region in a signature's
// scope, where "/" and "," mean something.
func isRegion(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return s != "" && len(s) <= 64 && strings.Trim(s, letters) == ""
}

// regionHint is advice on a bucket that is elsewhere.
func (e *Error) regionHint() string {
	switch {
	case isHost(e.Endpoint) && e.Endpoint != e.sent.host:
		return fmt.Sprintf("the server sends this bucket's requests to %s, which is not followed: if it is right, give that address (-U or S3_URL)", e.Endpoint)
	case !isRegion(e.Region):
		return "check the region and the endpoint"
	}
	return fmt.Sprintf("the bucket is in region %s: use that region's endpoint, and AWS_DEFAULT_REGION=%s", e.Region, e.Region)
}

// regionOf is the region that a refusal names.
func regionOf(body string, header http.Header) string {
	if body != "" {
		return body
	}
	return header.Get(regionHeader)
}

// isAddress reports whether a host is a number, before which no bucket can stand.
func isAddress(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return net.ParseIP(strings.Trim(name, "[]")) != nil
}
