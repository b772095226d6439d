package sign

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// claimV4 is what a Version 4 request says of itself.
type claimV4 struct {
	accessKey string
	scope     Scope
	day       string // of the credential scope
	made      time.Time
	signed    []string
	signature []byte
}

// claimsV4 reports whether a query holds a Version 4 signature, or tries to.
func claimsV4(params []param) bool {
	return slices.ContainsFunc(params, func(p param) bool {
		return p.name == "X-Amz-Algorithm" || p.name == "X-Amz-Credential" || p.name == "X-Amz-Signature"
	})
}

// headerV4 checks the signature in the Authorization header.
func (v examination) headerV4(ctx context.Context, payload string) (*proofV4, error) {
	c, err := parseAuthorization(v.r.Header["Authorization"])
	if err == nil {
		c.made, err = headerTime(v.r.Header)
	}
	if err != nil {
		return nil, v.malformed(err.Error())
	}
	if err := v.onTime(c.made); err != nil {
		return nil, err
	}
	return v.checkV4(ctx, c, payload, v.params)
}

// presignedV4 checks the signature in the URL, which says itself how long it is
// valid; only its beginning is subject to skew.
func (v examination) presignedV4(ctx context.Context, payload string) (*proofV4, error) {
	c, ttl, err := parsePresigned(v.params)
	if err != nil {
		return nil, v.malformedURL(err.Error())
	}
	if c.made.Sub(v.Now) > v.skew {
		return nil, v.skewed
	}
	if v.Now.After(c.made.Add(ttl)) {
		return nil, v.expired
	}
	return v.checkV4(ctx, c, payload, without(v.params, "X-Amz-Signature"))
}

// proofV4 is a claim that was found to be true, and the secret key that made
// it.
type proofV4 struct {
	claimV4
	secret string
}

// checkV4 recomputes the signature over everything that was received.
func (v examination) checkV4(ctx context.Context, c claimV4, payload string, params []param) (*proofV4, error) {
	if c.day != c.made.UTC().Format(amzDate) {
		return nil, v.malformed("the credential's date is not the date of the request")
	}
	if !slices.Contains(c.signed, "host") {
		return nil, v.malformed("SignedHeaders must contain host")
	}
	for _, name := range amzHeaders(v.r.Header) {
		if !slices.Contains(c.signed, name) {
			return nil, v.unsigned
		}
	}
	secret, err := v.secret(ctx, c.accessKey)
	if err != nil {
		return nil, err
	}
	var candidates [][]byte
	for _, canonical := range v.canonicalForms(c, payload, params) {
		candidates = append(candidates, c.scope.signature(secret, c.made.UTC(), canonical))
	}
	if !matches(c.signature, candidates) {
		return nil, v.mismatch
	}
	return &proofV4{c, secret}, nil
}

// canonicalForms lists the canonical requests that clients may have derived from
// what was received. Most know endpoints without a path only: behind something
// that adds the path of the object store they sign what follows it. s3cmd takes
// that path for a part of the host's name, and signs it there.
func (v examination) canonicalForms(c claimV4, payload string, params []param) (forms []canonicalV4) {
	add := func(r *http.Request, paths []string) {
		for _, path := range paths {
			forms = append(forms, canonicalV4{
				method:  r.Method,
				path:    path,
				query:   canonicalQuery(params),
				headers: canonicalHeaders(r, c.signed),
				signed:  strings.Join(c.signed, ";"),
				payload: payload,
			})
		}
	}
	wire := wirePath(v.r)
	add(v.r, v.paths(wire))
	if service, rest, ok := behindService(wire); ok && v.service {
		add(v.r, v.paths(rest))
		moved := v.r.WithContext(v.r.Context())
		moved.Host = requestHost(v.r) + service
		add(moved, v.paths(rest))
	}
	return forms
}

// pathsQuery lists the canonical paths that clients of EC2 derive from one
// path: the path as it was sent, the same escaped twice, and "/", which the Java
// SDK signs whatever the path is (Eucalyptus 3.3 and later accept that too).
func pathsQuery(wire string) []string {
	return unique(wire, canonicalPath(wire, ""), escapePath(wire), "/")
}

// pathsS3 lists those that clients of S3 derive: the path as it was sent, and
// the same escaped uniformly, with %2F as it is or as a slash. Which service the
// credential names makes no difference: the path says which object is meant, so
// here "/" stands for no other.
func pathsS3(wire string) []string {
	uniform := canonicalPath(wire, serviceS3)
	return unique(wire, uniform, strings.ReplaceAll(uniform, "%2F", "/"))
}

// parseAuthorization reads an Authorization header of Version 4, such as
// "AWS4-HMAC-SHA256 Credential=A/20150830/R/S/aws4_request, SignedHeaders=host, Signature=00".
func parseAuthorization(headers []string) (claimV4, error) {
	if len(headers) > 1 {
		return claimV4{}, errors.New("there is more than one Authorization header")
	}
	rest, ok := strings.CutPrefix(headers[0], algorithmV4)
	if !ok || rest == "" || rest[0] != ' ' && rest[0] != '\t' {
		return claimV4{}, errors.New("the Authorization header is not of the type " + algorithmV4)
	}
	var fields []param
	for field := range strings.SplitSeq(rest, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(field), "=")
		if !found {
			return claimV4{}, errors.New("the Authorization header holds a field without a value")
		}
		fields = append(fields, param{name, value})
	}
	if len(fields) != 3 {
		return claimV4{}, errors.New("the Authorization header must hold Credential, SignedHeaders and Signature")
	}
	return parseClaim(fields, "")
}

// parsePresigned reads the X-Amz-* parameters of a presigned URL.
func parsePresigned(params []param) (c claimV4, ttl time.Duration, err error) {
	algorithm, _, err := single(params, "X-Amz-Algorithm")
	if err != nil {
		return c, 0, err
	}
	if algorithm != algorithmV4 {
		return c, 0, errors.New("X-Amz-Algorithm must be " + algorithmV4)
	}
	if c, err = parseClaim(params, "X-Amz-"); err != nil {
		return c, 0, err
	}
	stamp, err := required(params, "X-Amz-Date")
	if err != nil {
		return c, 0, err
	}
	if c.made, err = time.Parse(amzTime, stamp); err != nil {
		return c, 0, errors.New("X-Amz-Date must be in the form YYYYMMDD'T'HHMMSS'Z'")
	}
	expires, err := required(params, "X-Amz-Expires")
	if err != nil {
		return c, 0, err
	}
	seconds, err := strconv.ParseUint(expires, 10, 32)
	ttl = time.Duration(seconds) * time.Second
	if err != nil || ttl > MaxTTL || ttl == 0 {
		return c, 0, errors.New("X-Amz-Expires must be between 1 and 604800 seconds")
	}
	if _, _, err := single(params, "X-Amz-Security-Token"); err != nil {
		return c, 0, err
	}
	return c, ttl, nil
}

// parseClaim reads the three fields that header and URL have in common.
func parseClaim(fields []param, prefix string) (c claimV4, err error) {
	credential, err := required(fields, prefix+"Credential")
	if err != nil {
		return c, err
	}
	if err := c.setCredential(credential); err != nil {
		return c, err
	}
	signed, err := required(fields, prefix+"SignedHeaders")
	if err != nil {
		return c, err
	}
	if c.signed = strings.Split(signed, ";"); !ascending(c.signed) {
		return c, errors.New("SignedHeaders must be in lower case, sorted and without repetition")
	}
	signature, err := required(fields, prefix+"Signature")
	if err != nil {
		return c, err
	}
	if c.signature, err = hex.DecodeString(signature); err != nil {
		return c, errors.New("the signature must be hexadecimal")
	}
	return c, nil
}

func required(params []param, name string) (string, error) {
	value, found, err := single(params, name)
	if err == nil && (!found || value == "") {
		err = errors.New(name + " is missing")
	}
	return value, err
}

// setCredential reads ACCESSKEY/DAY/REGION/SERVICE/aws4_request. Region and
// service may be any: they only go into the key.
func (c *claimV4) setCredential(s string) error {
	segments := strings.Split(s, "/")
	n := len(segments)
	if n < 5 || segments[n-1] != terminator || segments[0] == "" {
		return errors.New("the credential must have the form ACCESSKEY/YYYYMMDD/REGION/SERVICE/aws4_request")
	}
	c.accessKey = strings.Join(segments[:n-4], "/")
	c.day = segments[n-4]
	c.scope = Scope{Region: segments[n-3], Service: segments[n-2]}
	return nil
}

func ascending(names []string) bool {
	for i, name := range names {
		if name == "" || name != strings.ToLower(name) || i > 0 && names[i-1] >= name {
			return false
		}
	}
	return true
}

// headerTime is the time of a request that is signed in its headers: of
// X-Amz-Date, otherwise of Date.
func headerTime(h http.Header) (time.Time, error) {
	name := "X-Amz-Date"
	if h.Get(name) == "" {
		name = "Date"
	}
	values := h.Values(name)
	if len(values) != 1 {
		return time.Time{}, errors.New("the request must hold one X-Amz-Date or Date header")
	}
	for _, layout := range []string{
		amzTime, http.TimeFormat, time.RFC1123Z, "Mon, _2 Jan 2006 15:04:05 -0700",
		time.RFC1123, time.RFC850, time.ANSIC, "2006-01-02T15:04:05Z", "2006-01-02T15:04:05.000Z",
	} {
		if t, err := time.Parse(layout, values[0]); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errors.New(name + " holds no valid time")
}
