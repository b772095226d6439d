package sign

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

var (
	aliceKey = Credentials{AccessKey: "AKIALICE", SecretKey: "alice's secret"}
	noon     = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	anywhere = Scope{Region: "eucalyptus", Service: "ec2"}
)

func lookupOf(known ...Credentials) Lookup {
	return func(_ context.Context, accessKey string) (string, error) {
		for _, c := range known {
			if c.AccessKey == accessKey {
				return c.SecretKey, nil
			}
		}
		return "", fmt.Errorf("%w: %s", ErrUnknownKey, accessKey)
	}
}

func verifyQuery(ctx context.Context, r *http.Request, form url.Values, body []byte, lookup Lookup, now time.Time) (string, error) {
	return Verifier{Lookup: lookup, Now: now}.Query(ctx, r, form, body)
}

func verifyS3(ctx context.Context, r *http.Request, lookup Lookup, now time.Time) (Identity, error) {
	return verifyS3Hosted(ctx, r, "", lookup, now)
}

func verifyS3Hosted(ctx context.Context, r *http.Request, bucket string, lookup Lookup, now time.Time) (Identity, error) {
	return Verifier{Lookup: lookup, Now: now}.S3(ctx, r, bucket)
}

// received turns a request into what a server sees of it.
func received(t *testing.T, r *http.Request) *http.Request {
	t.Helper()
	in := httptest.NewRequest(r.Method, r.URL.RequestURI(), nil)
	in.Host = requestHost(r)
	in.Header = r.Header.Clone()
	in.Header.Set("Content-Length", "0")
	in.Header.Set("Accept-Encoding", "gzip")
	return in
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	refusal, ok := errors.AsType[*Error](err)
	if !ok || refusal.Code != code {
		t.Errorf("got error %v, want code %s", err, code)
	}
	if ok && (refusal.Status < 400 || refusal.Message == "") {
		t.Errorf("refusal lacks status or message: %+v", refusal)
	}
}

func TestQueryV2RoundTrip(t *testing.T) {
	for _, method := range []string{"GET", "POST"} {
		for _, port := range []string{":8773", ""} {
			u, _ := url.Parse("http://cloud1" + port + "/services/Eucalyptus")
			form := url.Values{"Action": {"RegisterImage"}, "Name": {"a b+c~*é&="}}
			V2Query(method, u, form, aliceKey, noon)
			r := request(t, method, "http://cloud1:8773/services/Eucalyptus", "")
			key, err := verifyQuery(t.Context(), r, form, nil, lookupOf(aliceKey), noon.Add(4*time.Minute))
			if err != nil || key != aliceKey.AccessKey {
				t.Errorf("%s, signed with port %q: got %q, %v", method, port, key, err)
			}
		}
	}
}

func TestQueryV2Refusals(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(url.Values)
		code  string
	}{
		{"changed parameter", func(f url.Values) { f.Set("Action", "TerminateInstances") }, "SignatureDoesNotMatch"},
		{"added parameter", func(f url.Values) { f.Set("Owner", "self") }, "SignatureDoesNotMatch"},
		{"version 1", func(f url.Values) { f.Set("SignatureVersion", "1") }, "InvalidParameterValue"},
		{"method", func(f url.Values) { f.Set("SignatureMethod", "none") }, "InvalidParameterValue"},
		{"bad time", func(f url.Values) { f.Set("Timestamp", "noon") }, "InvalidParameterValue"},
		{"old", func(f url.Values) { f.Set("Timestamp", "2026-11-20T11:54:59Z") }, "RequestExpired"},
		{"future", func(f url.Values) { f.Set("Timestamp", "2026-11-20T12:05:01Z") }, "RequestExpired"},
		{"no time", func(f url.Values) { f.Del("Timestamp") }, "MissingParameter"},
		{"both times", func(f url.Values) { f.Set("Expires", "2026-11-20T12:05:01Z") }, "InvalidParameterCombination"},
		{"expired", func(f url.Values) { f.Del("Timestamp"); f.Set("Expires", "2026-11-20T11:59:59Z") }, "RequestExpired"},
		{"unknown key", func(f url.Values) { f.Set("AWSAccessKeyId", "AKIBOB") }, "AuthFailure"},
		{"no signature", func(f url.Values) { f.Del("Signature") }, "MissingParameter"},
		{"not base64", func(f url.Values) { f.Set("Signature", "!") }, "SignatureDoesNotMatch"},
		{"two keys", func(f url.Values) { f.Add("AWSAccessKeyId", aliceKey.AccessKey) }, "IncompleteSignature"},
		{"nothing", func(f url.Values) { clear(f) }, "MissingParameter"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u, _ := url.Parse("http://cloud1:8773/")
			form := url.Values{"Action": {"DescribeImages"}}
			V2Query("POST", u, form, aliceKey, noon)
			tt.spoil(form)
			_, err := verifyQuery(t.Context(), request(t, "POST", u.String(), ""), form, nil, lookupOf(aliceKey), noon)
			wantCode(t, err, tt.code)
		})
	}
}

func TestQueryV2PadlessSHA1Expires(t *testing.T) {
	form := url.Values{"AWSAccessKeyId": {aliceKey.AccessKey}, "SignatureVersion": {"2"}, "SignatureMethod": {"HmacSHA1"},
		"Expires": {"2026-11-21T12:00:00.000Z"}, "Name": {"two words"}}
	toSign := queryStringV2("POST", "cloud1", "/", formParams(form, ""))
	sig := s3SignatureV2(aliceKey.SecretKey, strings.ReplaceAll(toSign, "%20", "+"))
	form.Set("Signature", strings.TrimRight(sig, "="))
	_, err := verifyQuery(t.Context(), request(t, "POST", "http://cloud1/", ""), form, nil, lookupOf(aliceKey), noon)
	if err != nil {
		t.Error(err)
	}
}

func TestQueryV4RoundTrip(t *testing.T) {
	body := []byte("Action=DescribeImages&Version=2015-10-01")
	r := request(t, "POST", "http://cloud1:8773/services/Eucalyptus?a=b+c&%7E=%20", string(body), "Content-Type", "application/x-www-form-urlencoded")
	if err := V4(r, aliceKey, anywhere, HashPayload(body), noon); err != nil {
		t.Fatal(err)
	}
	if key, err := verifyQuery(t.Context(), received(t, r), nil, body, lookupOf(aliceKey), noon); err != nil || key != aliceKey.AccessKey {
		t.Errorf("got %q, %v", key, err)
	}
	_, err := verifyQuery(t.Context(), received(t, r), nil, append(body, '&'), lookupOf(aliceKey), noon)
	wantCode(t, err, "SignatureDoesNotMatch")
}

func TestHeaderV4Refusals(t *testing.T) {
	replace := func(r *http.Request, old, new string) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
	}
	tests := []struct {
		name         string
		spoil        func(*http.Request)
		query, s3    string
		onlyInHeader bool
	}{
		{name: "unknown key", spoil: func(r *http.Request) { replace(r, "AKIALICE", "AKIBOB") }, query: "AuthFailure", s3: "InvalidAccessKeyId"},
		{name: "other method", spoil: func(r *http.Request) { r.Method = "DELETE" }, query: "SignatureDoesNotMatch", s3: "SignatureDoesNotMatch"},
		{name: "other host", spoil: func(r *http.Request) { r.Host = "cloud2" }, query: "SignatureDoesNotMatch", s3: "SignatureDoesNotMatch"},
		{name: "other query", spoil: func(r *http.Request) { r.URL.RawQuery += "&acl" }, query: "SignatureDoesNotMatch", s3: "SignatureDoesNotMatch"},
		{name: "bad query", spoil: func(r *http.Request) { r.URL.RawQuery += "&%zz" }, query: "IncompleteSignature", s3: "InvalidURI"},
		{name: "unsigned header", spoil: func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }, query: "SignatureDoesNotMatch", s3: "AccessDenied"},
		{name: "later", spoil: func(r *http.Request) { r.Header.Set("X-Amz-Date", "20261120T123000Z") }, query: "RequestExpired", s3: "RequestTimeTooSkewed"},
		{name: "two dates", spoil: func(r *http.Request) { r.Header.Add("X-Amz-Date", "20261120T120000Z") }, query: "IncompleteSignature", s3: "AuthorizationHeaderMalformed"},
		{name: "no date", spoil: func(r *http.Request) { r.Header.Del("X-Amz-Date") }, query: "IncompleteSignature", s3: "AuthorizationHeaderMalformed"},
		{name: "other day", spoil: func(r *http.Request) { replace(r, "/20261120/", "/20261119/") }, query: "IncompleteSignature", s3: "AuthorizationHeaderMalformed"},
		{name: "host unsigned", spoil: func(r *http.Request) { replace(r, ";host;", ";") }, query: "IncompleteSignature", s3: "AuthorizationHeaderMalformed"},
		{name: "unsorted", spoil: func(r *http.Request) { replace(r, "=content-type;host", "=host;content-type") }, query: "IncompleteSignature", s3: "AuthorizationHeaderMalformed"},
		{name: "not hex", spoil: func(r *http.Request) { replace(r, "Signature=", "Signature=x") }, query: "IncompleteSignature", s3: "AuthorizationHeaderMalformed"},
		{name: "shortened", spoil: func(r *http.Request) { replace(r, signatureOf(r.Header.Get("Authorization"))[2:], "") }, query: "SignatureDoesNotMatch", s3: "SignatureDoesNotMatch"},
		{name: "two signatures", spoil: func(r *http.Request) { replace(r, "Signature=", "Signature=00, Signature=") }, query: "IncompleteSignature", s3: "AuthorizationHeaderMalformed"},
		{name: "two headers", spoil: func(r *http.Request) { r.Header.Add("Authorization", "AWS x:y") }, query: "IncompleteSignature", s3: "AuthorizationHeaderMalformed"},
		{name: "also presigned", spoil: func(r *http.Request) { r.URL.RawQuery += "&X-Amz-Signature=00" }, query: "InvalidParameterCombination", s3: "InvalidArgument"},
		{name: "basic", spoil: func(r *http.Request) { r.Header.Set("Authorization", "Basic Zm9v") }, query: "IncompleteSignature", s3: "InvalidArgument"},
		{name: "credential", spoil: func(r *http.Request) { replace(r, "/aws4_request", "") }, query: "IncompleteSignature", s3: "AuthorizationHeaderMalformed"},
	}
	for _, tt := range tests {
		for _, service := range []string{"ec2", "s3"} {
			t.Run(service+" "+tt.name, func(t *testing.T) {
				r := request(t, "POST", "http://cloud1:8773/services/x?y=z", "", "Content-Type", "text/plain")
				if err := V4(r, aliceKey, Scope{"r", service}, HashPayload(nil), noon); err != nil {
					t.Fatal(err)
				}
				in := received(t, r)
				tt.spoil(in)
				if service == "s3" {
					_, err := verifyS3(t.Context(), in, lookupOf(aliceKey), noon)
					wantCode(t, err, tt.s3)
					return
				}
				_, err := verifyQuery(t.Context(), in, nil, nil, lookupOf(aliceKey), noon)
				wantCode(t, err, tt.query)
			})
		}
	}
}

func TestS3Paths(t *testing.T) {
	for _, target := range []string{
		"http://h:8773/services/Walrus/bucket/a%20b+c/%C3%A9%2Fx~!$&'()*,;=:@",
		"http://h/bucket//double/../dots", "http://h", "http://h/b?location", "http://h/b?uploads&prefix=a%2Fb&x=1&x=0",
	} {
		r := request(t, "PUT", target, "", "X-Amz-Acl", " aws-exec-read ", "Content-MD5", "x")
		if err := V4(r, aliceKey, Scope{"r", "s3"}, UnsignedPayload, noon); err != nil {
			t.Fatal(err)
		}
		id, err := verifyS3(t.Context(), received(t, r), lookupOf(aliceKey), noon.Add(14*time.Minute))
		if want := (Identity{AccessKey: aliceKey.AccessKey, PayloadHash: UnsignedPayload}); err != nil || id != want {
			t.Errorf("V4 %s: got %v, %v", target, id, err)
		}
		r.Header.Del("X-Amz-Date")
		if err := V2S3(r, aliceKey, noon); err != nil {
			t.Fatal(err)
		}
		if id, err := verifyS3(t.Context(), received(t, r), lookupOf(aliceKey), noon); err != nil || id.AccessKey != aliceKey.AccessKey {
			t.Errorf("V2 %s: got %v, %v", target, id, err)
		}
	}
}

// The Java SDK signs "/" for every path of EC2. For S3 that would be a signature
// for every object at once, whatever service the credential names.
func TestOnlyEC2TakesTheRootForAnyPath(t *testing.T) {
	for _, service := range []string{"ec2", "s3"} {
		r := request(t, "GET", "http://h/", "", "X-Amz-Content-Sha256", HashPayload(nil))
		if err := V4(r, aliceKey, Scope{"r", service}, HashPayload(nil), noon); err != nil {
			t.Fatal(err)
		}
		in := received(t, r)
		in.URL.Path, in.RequestURI = "/bucket/key", "/bucket/key"
		if _, err := verifyQuery(t.Context(), in, nil, nil, lookupOf(aliceKey), noon); err != nil {
			t.Errorf("%s: EC2: got %v, want no error", service, err)
		}
		_, err := verifyS3(t.Context(), in, lookupOf(aliceKey), noon)
		wantCode(t, err, "SignatureDoesNotMatch")
	}
}

func TestS3V2WithoutServicePath(t *testing.T) {
	r := request(t, "GET", "http://h/bucket/key", "")
	if err := V2S3(r, aliceKey, noon); err != nil {
		t.Fatal(err)
	}
	for path, ok := range map[string]bool{
		"/services/Walrus/bucket/key": true, "/services/objectstorage/bucket/key": true,
		"/services/Walrusbucket/key": false, "/other/bucket/key": false, "/bucket/key/": false,
		"/services/Walrus/services/Walrus/bucket/key": false,
	} {
		in := received(t, r)
		in.URL.Path, in.RequestURI = path, path
		if _, err := verifyS3(t.Context(), in, lookupOf(aliceKey), noon); (err == nil) != ok {
			t.Errorf("%s: got %v, want accepted: %v", path, err, ok)
		}
	}
}

// s3cmd signs the path of the service as a part of the host; others do not know
// of it. Neither signature may do for an object that only looks like the one
// that was meant.
func TestS3V4WithoutServicePath(t *testing.T) {
	const object = "/bucket/key"
	for _, c := range []struct {
		host, signed, path string
		ok                 bool
	}{
		{"h:1/services/walrus", object, "/services/walrus" + object, true},
		{"h:1/services/walrus", object, "/services/walrus/bucket/kex", false},
		{"h:1/services/walrus", object, "/services/objectstorage" + object, false},
		{"h:1/services/walrus", object, object, false},
		{"h:1", object, "/services/Walrus" + object, true},
		{"h:1", object, "/services/objectstorage" + object, true},
		{"h:1", object, "/services/Walrus/other/key", false},
		{"h:2", object, "/services/Walrus" + object, false},
		{"h:1", "/services/Walrus" + object, "/services/Walrus/services/Walrus" + object, false},
		{"h:1/services/walrus", "/services/walrus" + object, "/services/walrus/services/walrus" + object, false},
	} {
		r := request(t, "GET", "http://h:1"+c.signed, "")
		r.Host = c.host
		if err := V4(r, aliceKey, Scope{"r", "s3"}, UnsignedPayload, noon); err != nil {
			t.Fatal(err)
		}
		r.Host = "h:1"
		in := received(t, r)
		in.URL.Path, in.RequestURI = c.path, c.path
		if _, err := verifyS3(t.Context(), in, lookupOf(aliceKey), noon); (err == nil) != c.ok {
			t.Errorf("%s signed for %s, %s: got %v, want accepted: %v", c.path, c.host, c.signed, err, c.ok)
		}
	}
}

// A signature for an object must not do for one of a bucket called services.
func TestS3V2ServicePathOnce(t *testing.T) {
	r := request(t, "GET", "http://h/services/Walrus/bucket/key", "")
	if err := V2S3(r, aliceKey, noon); err != nil {
		t.Fatal(err)
	}
	in := received(t, r)
	in.URL.Path = "/services/Walrus/services/Walrus/bucket/key"
	in.RequestURI = in.URL.Path
	_, err := verifyS3(t.Context(), in, lookupOf(aliceKey), noon)
	wantCode(t, err, "SignatureDoesNotMatch")
}

// botocore signs a bucket with a slash behind it that it does not send.
func TestS3V2BucketSlash(t *testing.T) {
	r := request(t, "PUT", "http://h/bucket/", "")
	if err := V2S3(r, aliceKey, noon); err != nil {
		t.Fatal(err)
	}
	for path, ok := range map[string]bool{
		"/bucket": true, "/services/Walrus/bucket": true, "/services/Walrus/bucket/": true, "/other": false, "/": false,
	} {
		in := received(t, r)
		in.URL.Path, in.RequestURI = path, path
		if _, err := verifyS3(t.Context(), in, lookupOf(aliceKey), noon); (err == nil) != ok {
			t.Errorf("%s: got %v, want accepted: %v", path, err, ok)
		}
	}
}

// A bucket in the host is not signed by Version 2, so a signature for a path
// must not do for the same path in another bucket.
func TestS3V2HostedBucketIsSigned(t *testing.T) {
	r := request(t, "GET", "http://h/bucket/key", "")
	if err := V2S3(r, aliceKey, noon); err != nil {
		t.Fatal(err)
	}
	_, err := verifyS3Hosted(t.Context(), received(t, r), "other", lookupOf(aliceKey), noon)
	wantCode(t, err, "SignatureDoesNotMatch")
}

func TestS3V2Refusals(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*http.Request)
		code  string
	}{
		{"unknown key", func(r *http.Request) { r.Header.Set("Authorization", "AWS AKIBOB:x") }, "InvalidAccessKeyId"},
		{"no colon", func(r *http.Request) { r.Header.Set("Authorization", "AWS AKIALICE") }, "InvalidArgument"},
		{"no date", func(r *http.Request) { r.Header.Del("Date") }, "AccessDenied"},
		{"late", func(r *http.Request) { r.Header.Set("Date", "Fri, 20 Nov 2026 12:16:00 GMT") }, "RequestTimeTooSkewed"},
		{"header added", func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") }, "SignatureDoesNotMatch"},
		{"subresource added", func(r *http.Request) { r.URL.RawQuery = "acl" }, "SignatureDoesNotMatch"},
		{"content type", func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }, "SignatureDoesNotMatch"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, "PUT", "http://h/bucket/key", "")
			if err := V2S3(r, aliceKey, noon); err != nil {
				t.Fatal(err)
			}
			in := received(t, r)
			tt.spoil(in)
			_, err := verifyS3(t.Context(), in, lookupOf(aliceKey), noon)
			wantCode(t, err, tt.code)
		})
	}
}

func TestS3Anonymous(t *testing.T) {
	id, err := verifyS3(t.Context(), request(t, "GET", "http://h/bucket/key?prefix=x", ""), lookupOf(), noon)
	if err != nil || id != (Identity{}) {
		t.Errorf("got %v, %v, want nobody", id, err)
	}
}

func TestPayloadHashes(t *testing.T) {
	for hash, code := range map[string]string{
		HashPayload([]byte("x")): "", UnsignedPayload: "", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD": "",
		"": "InvalidRequest", "abc": "InvalidArgument", strings.Repeat("g", 64): "InvalidArgument",
	} {
		r := request(t, "PUT", "http://h/b/k", "")
		if err := V4(r, aliceKey, Scope{"r", "s3"}, hash, noon); err != nil {
			t.Fatal(err)
		}
		_, err := verifyS3(t.Context(), received(t, r), lookupOf(aliceKey), noon)
		if code != "" {
			wantCode(t, err, code)
		} else if err != nil {
			t.Errorf("%q: %v", hash, err)
		}
	}
}

func TestPresigned(t *testing.T) {
	u, _ := url.Parse("http://h:8773/services/Walrus/b/k%20k?versionId=a+b")
	v4, err := PresignV4("GET", u, aliceKey, Scope{"r", "s3"}, time.Minute, noon)
	if err != nil {
		t.Fatal(err)
	}
	v2, err := PresignV2S3("GET", u, aliceKey, noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, url string
		at        time.Duration
		code      string
	}{
		{"v4", v4.String(), 0, ""},
		{"v4 at its end", v4.String(), time.Minute, ""},
		{"v4 late", v4.String(), time.Minute + time.Second, "AccessDenied"},
		{"v4 early", v4.String(), -16 * time.Minute, "RequestTimeTooSkewed"},
		{"v4 longer", strings.Replace(v4.String(), "Expires=60", "Expires=61", 1), 0, "SignatureDoesNotMatch"},
		{"v4 twice", v4.String() + "&X-Amz-Expires=600", 0, "AuthorizationQueryParametersError"},
		{"v4 token twice", v4.String() + "&X-Amz-Security-Token=a&X-Amz-Security-Token=b", 0, "AuthorizationQueryParametersError"},
		{"v4 too long", strings.Replace(v4.String(), "Expires=60", "Expires=604801", 1), 0, "AuthorizationQueryParametersError"},
		{"v4 added", v4.String() + "&acl", 0, "SignatureDoesNotMatch"},
		{"v4 half", u.String() + "&X-Amz-Signature=00", 0, "AuthorizationQueryParametersError"},
		{"v2", v2.String(), 0, ""},
		{"v2 late", v2.String(), time.Minute + time.Second, "AccessDenied"},
		{"v2 twice", v2.String() + "&Expires=9999999999", 0, "AccessDenied"},
		{"v2 longer", strings.Replace(v2.String(), "Expires=1", "Expires=2", 1), 0, "SignatureDoesNotMatch"},
		{"both", v2.String() + "&" + v4.RawQuery, 0, "InvalidArgument"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := verifyS3(t.Context(), request(t, "GET", tt.url, ""), lookupOf(aliceKey), noon.Add(tt.at))
			if tt.code != "" {
				wantCode(t, err, tt.code)
			} else if err != nil || id.AccessKey != aliceKey.AccessKey {
				t.Errorf("got %v, %v", id, err)
			}
		})
	}
}

func TestPresignedQuery(t *testing.T) {
	u, _ := url.Parse("http://h:8773/services/Eucalyptus?Action=DescribeImages")
	signed, err := PresignV4("GET", u, aliceKey, anywhere, time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	r := request(t, "GET", signed.String(), "")
	if _, err := verifyQuery(t.Context(), r, signed.Query(), nil, lookupOf(aliceKey), noon.Add(30*time.Minute)); err != nil {
		t.Error(err)
	}
	_, err = verifyQuery(t.Context(), r, signed.Query(), nil, lookupOf(aliceKey), noon.Add(61*time.Minute))
	wantCode(t, err, "RequestExpired")
	_, err = verifyQuery(t.Context(), r, signed.Query(), []byte("Action=x"), lookupOf(aliceKey), noon)
	wantCode(t, err, "SignatureDoesNotMatch")
}

// Other than ErrUnknownKey, what goes wrong in a lookup is not the client's
// fault.
func TestLookupFailure(t *testing.T) {
	broken := errors.New("disk full")
	r := request(t, "GET", "http://h/", "")
	if err := V4(r, aliceKey, Scope{"r", "s3"}, HashPayload(nil), noon); err != nil {
		t.Fatal(err)
	}
	_, err := verifyS3(t.Context(), r, func(context.Context, string) (string, error) { return "", broken }, noon)
	if _, refused := errors.AsType[*Error](err); !errors.Is(err, broken) || refused {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestAbsoluteRequestURI(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	for uri, want := range map[string]string{
		"http://h:8773/a%20b?c": "/a%20b", "http://h": "/", "/x://y": "/x://y", "*": "/", "/": "/",
	} {
		r.RequestURI = uri
		if got := wirePath(r); got != want {
			t.Errorf("%q: got %q, want %q", uri, got, want)
		}
	}
}

func TestNothingToSignWith(t *testing.T) {
	r := request(t, "GET", "http://h/", "")
	if err := V4(r, Credentials{AccessKey: "a"}, anywhere, "", noon); !errors.Is(err, ErrNoCredentials) {
		t.Errorf("V4: got %v", err)
	}
	if err := V2S3(r, Credentials{}, noon); !errors.Is(err, ErrNoCredentials) {
		t.Errorf("V2S3: got %v", err)
	}
	if _, err := PresignV4("GET", r.URL, Credentials{}, anywhere, time.Hour, noon); !errors.Is(err, ErrNoCredentials) {
		t.Errorf("PresignV4: got %v", err)
	}
	if _, err := PresignV4("GET", r.URL, aliceKey, anywhere, 8*24*time.Hour, noon); err == nil {
		t.Error("PresignV4: eight days were accepted")
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	c := Credentials{AccessKey: "AKIALICE", SecretKey: "hushhush", SessionToken: "tokentoken"}
	shown := fmt.Sprintf("%v %+v %#v %s %v", c, c, c, c, c.LogValue())
	if strings.Contains(shown, "hush") || strings.Contains(shown, "token") {
		t.Errorf("a secret is shown: %s", shown)
	}
}
