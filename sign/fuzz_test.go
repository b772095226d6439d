package sign

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"emikit/internal/seeds"
)

// targets are paths and queries that clients escape, order and repeat in
// different ways.
func targets() []string {
	return []string{
		"/", "/services/Walrus/b/a%20b+c/%C3%A9%2F?acl&x=1&x=0", "//a/../b?%7E=~&a;b&=&&", "/%e3%81?x=%2b+%20",
		"/services/Walrus/b?delete", "/b/k?partNumber=1&uploadId=2~3", "/b/?prefix=a%2Fb&delimiter=/&max-keys=10",
		"/services/Walrus/b/k?versionId=a%26acl&response-content-type=a;b=c", "/b%2Fk/.//x",
	}
}

// FuzzCanonicalRequest signs a request in every way that the client side has,
// and wants the server side to agree, whatever the path and query are; to agree
// still when the query is ordered and escaped otherwise; and no longer when one
// byte of what the request means is another.
func FuzzCanonicalRequest(f *testing.F) {
	for i, target := range targets() {
		f.Add("PUT", target, "text/plain", " a  b ", uint16(i*89))
	}
	f.Fuzz(func(t *testing.T, method, target, contentType, meta string, at uint16) {
		r := fuzzRequest(t, method, target, contentType, meta)
		for _, s := range []Scope{{"r", "s3"}, {"r", "ec2"}} {
			if err := V4(r, aliceKey, s, HashPayload(nil), noon); err != nil {
				t.Fatal(err)
			}
			checkRequest(t, r, s, at)
		}
		r.Header.Del("X-Amz-Date")
		if err := V2S3(r, aliceKey, noon); err != nil {
			t.Fatal(err)
		}
		checkRequest(t, r, scopeV2, at)
	})
}

// FuzzPresign does with presigned URLs what FuzzCanonicalRequest does with
// signed headers.
func FuzzPresign(f *testing.F) {
	for i, target := range targets() {
		f.Add("GET", target, uint16(i*89))
	}
	f.Fuzz(func(t *testing.T, method, target string, at uint16) {
		r := fuzzRequest(t, method, target, "", "")
		r.Header = http.Header{}
		for _, s := range []Scope{{"r", "s3"}, {"r", "ec2"}, scopeV2} {
			signed := r.Clone(t.Context())
			var err error
			if s == scopeV2 {
				signed.URL, err = PresignV2S3(method, r.URL, aliceKey, noon.Add(time.Minute))
			} else {
				signed.URL, err = PresignV4(method, r.URL, aliceKey, s, time.Minute, noon)
			}
			if err != nil {
				t.Fatal(err)
			}
			checkRequest(t, signed, s, at)
		}
	})
}

// scopeV2 stands for S3's Version 2, which has no scope.
var scopeV2 = Scope{"", "s3"}

// fuzzRequest is the request to sign, unless net/http would not send it, or it
// holds another signature already.
func fuzzRequest(t *testing.T, method, target, contentType, meta string) *http.Request {
	t.Helper()
	u, err := url.ParseRequestURI(target)
	if err != nil || !strings.HasPrefix(target, "/") || !token(method) || strings.ContainsAny(contentType+meta, "\r\n\x00") {
		t.Skip("not a request that can be signed this way")
	}
	u.Scheme, u.Host = "http", "h:8773"
	r, err := http.NewRequest(method, u.String(), nil)
	if err != nil {
		t.Skip("not a request that can be signed this way")
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-Amz-Meta-X", meta)
	params, err := parseQuery(r.URL.RawQuery)
	if err != nil || claimsV4(params) || claimsV2(params) || slices.ContainsFunc(params, ofPresigned) {
		t.Skip("not a request that can be signed this way")
	}
	return r
}

// ofPresigned reports whether a parameter belongs to those of presigned URLs.
func ofPresigned(p param) bool { return strings.HasPrefix(p.name, "X-Amz-") || p.name == "Expires" }

func token(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// checkRequest verifies a signed request as it is, as others would write it, and
// with one byte changed.
func checkRequest(t *testing.T, r *http.Request, s Scope, at uint16) {
	t.Helper()
	in := arrived(r, r.URL)
	if err := verifyScope(t, in, s); err != nil {
		t.Fatalf("%v %s %s: %v", s, r.Method, r.URL, err)
	}
	for _, query := range []string{reversed(r.URL.RawQuery), canonicalQuery(mustParse(t, r.URL))} {
		u := *r.URL
		u.RawQuery = query
		if err := verifyScope(t, arrived(r, &u), s); err != nil {
			t.Errorf("%v %s %s: with the query %q: %v", s, r.Method, r.URL, query, err)
		}
	}
	spoilt := spoil(in, int(at))
	if spoilt == nil || meaningOf(spoilt, s) == meaningOf(in, s) {
		return
	}
	if err := verifyScope(t, spoilt, s); err == nil {
		t.Errorf("%v: signed was\n%+v\nand it is good for\n%+v", s, meaningOf(in, s), meaningOf(spoilt, s))
	}
}

// arrived is the request as a server sees it.
func arrived(r *http.Request, u *url.URL) *http.Request {
	return &http.Request{Method: r.Method, URL: u, Host: "h:8773", Header: r.Header.Clone(), RequestURI: u.RequestURI()}
}

func verifyScope(t *testing.T, r *http.Request, s Scope) error {
	t.Helper()
	if s.Service == "ec2" {
		_, err := verifyQuery(t.Context(), r, nil, nil, lookupOf(aliceKey), noon)
		return err
	}
	id, err := verifyS3(t.Context(), r, lookupOf(aliceKey), noon)
	if err == nil && id.AccessKey != aliceKey.AccessKey {
		return ErrUnknownKey // nobody's
	}
	return err
}

func mustParse(t *testing.T, u *url.URL) []param {
	t.Helper()
	params, err := parseQuery(u.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	return params
}

// reversed is a query with its parameters in the opposite order.
func reversed(query string) string {
	pairs := strings.Split(query, "&")
	slices.Reverse(pairs)
	return strings.Join(pairs, "&")
}

// spoil changes one byte of a request, chosen by at, or returns nil when that
// leaves none.
func spoil(r *http.Request, at int) *http.Request {
	out := arrived(r, r.URL)
	where, at := at%4, at/4
	switch where {
	case 0:
		out.Method = flip(r.Method, at)
	case 1:
		out.Header.Set("Content-Type", flip(r.Header.Get("Content-Type"), at))
	case 2:
		out.Header.Set("X-Amz-Meta-X", flip(r.Header.Get("X-Amz-Meta-X"), at))
	default:
		uri := "/" + flip(r.RequestURI[1:], at)
		u, err := url.ParseRequestURI(uri)
		if err != nil {
			return nil
		}
		out.URL, out.RequestURI = u, uri
	}
	return out
}

// flip changes one bit of s, or makes a text of none.
func flip(s string, at int) string {
	if s == "" {
		return "x"
	}
	b := []byte(s)
	b[at%len(b)] ^= 1
	return string(b)
}

// meaning is what a request asks for, of that which a signature has to cover.
type meaning struct{ method, path, query, contentType, meta string }

// meaningOf reads a request as the doors do. EC2's has one path only, and Version
// 2 covers no parameters but those that say what the resource is.
func meaningOf(r *http.Request, s Scope) meaning {
	m := meaning{method: r.Method, path: r.URL.Path}
	if s.Service == "ec2" {
		m.path = ""
	}
	params, err := parseQuery(r.URL.RawQuery)
	if s == scopeV2 {
		params = slices.DeleteFunc(params, func(p param) bool { return !signedV2(p.name) })
	}
	if m.query = canonicalQuery(params); err != nil {
		m.query = "malformed: " + err.Error()
	}
	if r.Header.Get("Authorization") != "" {
		m.contentType, m.meta = squeeze(r.Header.Get("Content-Type")), squeeze(r.Header.Get("X-Amz-Meta-X"))
	}
	return m
}

// FuzzV2Query signs a form with Version 2 and wants the server side to agree, and
// no longer when one byte of one name or value is another.
func FuzzV2Query(f *testing.F) {
	for i, data := range seeds.Files(f, "../ec2/testdata/euca2ools/*/requests.json", 20) {
		if form := formOf(f, data); form != nil {
			f.Add("POST", "h:8773", form.Encode(), uint16(i*7))
		}
	}
	f.Add("GET", "[::1]:80", "Action=a&x=+%2b%20&x=&=&Filter.1.Value.1=~", uint16(9))
	f.Fuzz(func(t *testing.T, method, host, query string, at uint16) {
		form, err := url.ParseQuery(query)
		if err != nil || !token(method) || form.Has("Expires") || form.Has("SecurityToken") {
			t.Skip("not a request that can be signed this way")
		}
		u := &url.URL{Scheme: "http", Host: host, Path: "/services/compute"}
		V2Query(method, u, form, aliceKey, noon)
		r := &http.Request{Method: method, URL: &url.URL{Path: u.Path}, Host: host, Header: http.Header{}, RequestURI: u.Path}
		if key, err := verifyQuery(t.Context(), r, form, nil, lookupOf(aliceKey), noon); err != nil || key != aliceKey.AccessKey {
			t.Fatalf("%s %q %v: got %q, %v", method, host, form, key, err)
		}
		name, value := spoilForm(form, int(at))
		if key, err := verifyQuery(t.Context(), r, form, nil, lookupOf(aliceKey), noon); err == nil {
			t.Errorf("%s with %q=%q changed to %v is accepted as %q", query, name, value, form, key)
		}
	})
}

// TestV2SignatureIsOneText: no bit of a signature's text is without meaning, not
// even the last ones of base64.
func TestV2SignatureIsOneText(t *testing.T) {
	form := url.Values{"Action": {"DescribeRegions"}}
	u := &url.URL{Scheme: "http", Host: "h:8773", Path: "/services/compute"}
	V2Query("GET", u, form, aliceKey, noon)
	r := &http.Request{Method: "GET", URL: &url.URL{Path: u.Path}, Host: u.Host, Header: http.Header{}, RequestURI: u.Path}
	signature := strings.TrimSuffix(form.Get("Signature"), "=")
	last := len(signature) - 1
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" {
		form.Set("Signature", signature[:last]+string(c)+"=")
		_, err := verifyQuery(t.Context(), r, form, nil, lookupOf(aliceKey), noon)
		if got, want := err == nil, byte(c) == signature[last]; got != want {
			t.Errorf("%s for %s=: accepted is %t, want %t", form.Get("Signature"), signature, got, want)
		}
	}
}

// formOf is the form of the first request that euca2ools sent in a case.
func formOf(f *testing.F, data []byte) url.Values {
	f.Helper()
	var sent []struct{ Form map[string]string }
	if err := json.Unmarshal(data, &sent); err != nil {
		f.Fatalf("%v in %q", err, data)
	}
	if len(sent) == 0 {
		return nil // of a mistake that is found before anything is asked
	}
	form := url.Values{}
	for name, value := range sent[0].Form {
		form.Set(name, value)
	}
	return form
}

// spoilForm changes one byte of a value, or of a name, and returns what was
// there.
func spoilForm(form url.Values, at int) (name, value string) {
	var names []string
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	name = names[at%len(names)]
	value = form[name][0]
	if at/len(names)%2 == 0 {
		form[name] = append([]string{flip(value, at/len(names))}, form[name][1:]...)
		return name, value
	}
	values := form[name]
	form.Del(name)
	renamed := flip(name, at/len(names))
	form[renamed] = append(form[renamed], values...)
	return name, value
}

// FuzzVerify feeds the server side credentials that nobody signed: it may
// neither panic nor accept.
func FuzzVerify(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIALICE/20261120/r/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00", "/?a=b")
	f.Add("AWS AKIALICE:c2ln", "/b/k?acl")
	f.Add("AWS :", "/b/k")
	f.Add("AWS4-HMAC-SHA256 Credential=////aws4_request, SignedHeaders=;, Signature=", "/")
	f.Add("", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIALICE/20261120/r/s3/aws4_request&X-Amz-Date=20261120T120000Z&X-Amz-Expires=9&X-Amz-SignedHeaders=host&X-Amz-Signature=00")
	f.Add("", "/?AWSAccessKeyId=AKIALICE&Expires=1999999999&Signature=c2ln")
	f.Add("", "/?AWSAccessKeyId=AKIALICE&SignatureVersion=2&SignatureMethod=HmacSHA256&Timestamp=2026-11-20T12:00:00Z&Signature=c2ln")
	f.Add("", "/?AWSAccessKeyId=AKIALICE&SignatureVersion=1&Timestamp=2026-11-20T12:00:00Z&Signature=c2ln")
	f.Fuzz(func(t *testing.T, authorization, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Skip("not a request that can be signed this way")
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL, r.RequestURI = u, target
		r.Header.Set("X-Amz-Date", "20261120T120000Z")
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		if id, err := verifyS3(t.Context(), r, lookupOf(aliceKey), noon); err == nil && id.AccessKey != "" {
			t.Fatalf("S3 accepted %q %q", authorization, target)
		}
		if key, err := verifyQuery(t.Context(), r, u.Query(), nil, lookupOf(aliceKey), noon); err == nil {
			t.Fatalf("EC2 accepted %q %q as %q", authorization, target, key)
		}
	})
}

// FuzzCanonicalQuery wants the canonical query to be its own canonical form,
// to say all that the query said, and not to depend on the order.
func FuzzCanonicalQuery(f *testing.F) {
	f.Add("b=2&a=1&a=0&a-b=3&%41")
	f.Add("x=%zz")
	for _, target := range targets() {
		_, query, _ := strings.Cut(target, "?")
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		params, err := parseQuery(raw)
		if err != nil {
			t.Skip("not a request that can be signed this way")
		}
		once := canonicalQuery(params)
		again, err := parseQuery(once)
		if err != nil {
			t.Fatalf("%q: %v", once, err)
		}
		if twice := canonicalQuery(again); twice != once {
			t.Errorf("%q: got %q, then %q", raw, once, twice)
		}
		if got, want := sorted(again), sorted(params); !slices.Equal(got, want) && once != "" {
			t.Errorf("%q: got %q, which says %q, want %q", raw, once, got, want)
		}
		slices.Reverse(params)
		if turned := canonicalQuery(params); turned != once {
			t.Errorf("%q: got %q, in the opposite order %q", raw, once, turned)
		}
	})
}

func sorted(params []param) []param {
	return slices.SortedFunc(slices.Values(params), func(a, b param) int {
		if c := strings.Compare(a.name, b.name); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
}
