package sign

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzCanonicalRequest signs a request with every method that the client side
// has and wants the server side to agree, whatever the path and query are.
func FuzzCanonicalRequest(f *testing.F) {
	for _, target := range []string{
		"/", "/services/Walrus/b/a%20b+c/%C3%A9%2F?acl&x=1&x=0", "//a/../b?%7E=~&a;b&=&&", "/%e3%81?x=%2b+%20",
	} {
		f.Add("PUT", target, "text/plain", " a  b ")
	}
	f.Fuzz(func(t *testing.T, method, target, contentType, meta string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") || !token(method) {
			t.Skip()
		}
		u.Scheme, u.Host = "http", "h:8773"
		r, err := http.NewRequest(method, u.String(), nil)
		if err != nil {
			t.Skip()
		}
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-Amz-Meta-X", meta)
		if _, err := parseQuery(r.URL.RawQuery); err != nil {
			t.Skip()
		}
		for _, s := range []Scope{{"r", "s3"}, {"r", "ec2"}} {
			if err := V4(r, aliceKey, s, HashPayload(nil), noon); err != nil {
				t.Fatal(err)
			}
			verifyBoth(t, r, s)
		}
		r.Header.Del("X-Amz-Date")
		if err := V2S3(r, aliceKey, noon); err != nil {
			t.Fatal(err)
		}
		verifyBoth(t, r, Scope{})
	})
}

func token(s string) bool {
	return s != "" && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func verifyBoth(t *testing.T, r *http.Request, s Scope) {
	t.Helper()
	in := &http.Request{Method: r.Method, URL: r.URL, Host: "h:8773", Header: r.Header, RequestURI: r.URL.RequestURI()}
	if claimsV4(mustParse(t, in)) || claimsV2(mustParse(t, in)) {
		t.Skip()
	}
	var err error
	if s.Service == "ec2" {
		_, err = verifyQuery(t.Context(), in, nil, nil, lookupOf(aliceKey), noon)
	} else {
		_, err = verifyS3(t.Context(), in, lookupOf(aliceKey), noon)
	}
	if err != nil {
		t.Fatalf("%v %s %s: %v", s, r.Method, r.URL, err)
	}
}

func mustParse(t *testing.T, r *http.Request) []param {
	t.Helper()
	params, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	return params
}

// FuzzVerify feeds the server side credentials that nobody signed: it may
// neither panic nor accept.
func FuzzVerify(f *testing.F) {
	f.Add("AWS4-HMAC-SHA256 Credential=AKIALICE/20261120/r/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00", "/?a=b")
	f.Add("AWS AKIALICE:c2ln", "/b/k?acl")
	f.Add("", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIALICE/20261120/r/s3/aws4_request&X-Amz-Date=20261120T120000Z&X-Amz-Expires=9&X-Amz-SignedHeaders=host&X-Amz-Signature=00")
	f.Add("", "/?AWSAccessKeyId=AKIALICE&Expires=1999999999&Signature=c2ln")
	f.Add("", "/?AWSAccessKeyId=AKIALICE&SignatureVersion=2&SignatureMethod=HmacSHA256&Timestamp=2026-11-20T12:00:00Z&Signature=c2ln")
	f.Fuzz(func(t *testing.T, authorization, target string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			t.Skip()
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

// FuzzCanonicalQuery wants the canonical query to be its own canonical form.
func FuzzCanonicalQuery(f *testing.F) {
	f.Add("b=2&a=1&a=0&a-b=3&%41")
	f.Add("x=%zz")
	f.Fuzz(func(t *testing.T, raw string) {
		params, err := parseQuery(raw)
		if err != nil {
			t.Skip()
		}
		once := canonicalQuery(params)
		again, err := parseQuery(once)
		if err != nil {
			t.Fatalf("%q: %v", once, err)
		}
		if twice := canonicalQuery(again); twice != once {
			t.Errorf("%q: got %q, then %q", raw, once, twice)
		}
	})
}
