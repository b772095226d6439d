package api

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"emikit/ec2"
	"emikit/sign"
)

// noon is the time of the door in the tests of signatures.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func atNoon(c *cloud) { c.config.Now = func() time.Time { return noon } }

const askKeyPairs = "Action=DescribeKeyPairs&Version=2015-10-01"

// signedV4 is a request that a client has signed with its keys at its time.
func signedV4(t *testing.T, c *cloud, keys sign.Credentials, at time.Time) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL+path+"?a=b", strings.NewReader(askKeyPairs))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", formContentType)
	if err := sign.V4(r, keys, sign.Scope{Region: region, Service: "ec2"}, sign.HashPayload([]byte(askKeyPairs)), at); err != nil {
		t.Fatal(err)
	}
	return r
}

func refusedAs(t *testing.T, what string, c *cloud, r *http.Request, status int, code string) {
	t.Helper()
	gotStatus, body := do(t, c, r)
	if got := ec2.ParseError(gotStatus, []byte(body)); got.Code != code || gotStatus != status {
		t.Errorf("%s: got %d %s, want %d %s", what, gotStatus, body, status, code)
	}
}

// TestRefusedVersion4 sends requests that are right but for one thing. Without
// any fault, the parameter a would be all that is wrong.
func TestRefusedVersion4(t *testing.T) {
	c := newCloud(t, atNoon)
	wrong := adminKeys
	wrong.SecretKey = "wrong"
	cases := []struct {
		name   string
		keys   sign.Credentials
		at     time.Duration // the client's clock is off by
		change func(r *http.Request)
		status int
		code   string
	}{
		{name: "right", status: 400, code: "UnknownParameter"},
		{name: "slow by 5 minutes", at: -5 * time.Minute, status: 400, code: "UnknownParameter"},
		{name: "fast by 5 minutes", at: 5 * time.Minute, status: 400, code: "UnknownParameter"},
		{name: "slower", at: -5*time.Minute - time.Second, status: 400, code: "RequestExpired"},
		{name: "faster", at: 5*time.Minute + time.Second, status: 400, code: "RequestExpired"},
		{name: "wrong secret", keys: wrong, status: 403, code: "SignatureDoesNotMatch"},
		{name: "unknown key", keys: sign.Credentials{AccessKey: "AKINOBODY", SecretKey: "x"}, status: 401, code: "AuthFailure"},
		{name: "header altered", change: func(r *http.Request) { r.Header.Set("Content-Type", formContentType+"; charset=utf-8") }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "header added", change: func(r *http.Request) { r.Header.Set("X-Amz-Target", "x") }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "date altered", change: func(r *http.Request) { r.Header.Set("X-Amz-Date", "20261120T120001Z") }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "no date", change: func(r *http.Request) { r.Header.Del("X-Amz-Date") }, status: 400, code: "IncompleteSignature"},
		{name: "query altered", change: func(r *http.Request) { r.URL.RawQuery = "a=c" }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "query left out", change: func(r *http.Request) { r.URL.RawQuery = "" }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "body altered", change: func(r *http.Request) { setBody(r, askKeyPairs+"&DryRun=true") }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "body left out", change: func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "method altered", change: func(r *http.Request) { r.Method, r.Body, r.ContentLength = "GET", http.NoBody, 0 }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "signed twice", change: func(r *http.Request) { r.URL.RawQuery = "Signature=x" }, status: 400, code: "InvalidParameterCombination"},
		{name: "no signature", change: func(r *http.Request) { r.Header.Del("Authorization") }, status: 400, code: "MissingParameter"},
		{name: "other kind", change: func(r *http.Request) { r.Header.Set("Authorization", "Basic eA==") }, status: 400, code: "IncompleteSignature"},
	}
	for _, tc := range cases {
		if tc.keys.AccessKey == "" {
			tc.keys = adminKeys
		}
		r := signedV4(t, c, tc.keys, noon.Add(tc.at))
		if tc.change != nil {
			tc.change(r)
		}
		refusedAs(t, tc.name, c, r, tc.status, tc.code)
	}
}

func setBody(r *http.Request, text string) {
	with, _ := http.NewRequest(r.Method, r.URL.String(), strings.NewReader(text))
	r.Body, r.ContentLength = with.Body, with.ContentLength
}

// postForm is a request that has its signature in the form.
func postForm(t *testing.T, c *cloud, form url.Values) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", formContentType)
	return r
}

// TestRefusedVersion2 does the same for Version 2, and for the versions that are
// older. "right" stands for nothing wrong, and is accepted.
func TestRefusedVersion2(t *testing.T) {
	c := newCloud(t, atNoon)
	wrong := adminKeys
	wrong.SecretKey = "wrong"
	set := func(name, value string) func(url.Values) { return func(f url.Values) { f.Set(name, value) } }
	cases := []struct {
		name   string
		keys   sign.Credentials
		at     time.Duration
		change func(form url.Values)
		status int
		code   string
	}{
		{name: "slow by 5 minutes", at: -5 * time.Minute},
		{name: "fast by 5 minutes", at: 5 * time.Minute},
		{name: "slower", at: -5*time.Minute - time.Second, status: 400, code: "RequestExpired"},
		{name: "faster", at: 5*time.Minute + time.Second, status: 400, code: "RequestExpired"},
		{name: "wrong secret", keys: wrong, status: 403, code: "SignatureDoesNotMatch"},
		{name: "unknown key", keys: sign.Credentials{AccessKey: "AKINOBODY", SecretKey: "x"}, status: 401, code: "AuthFailure"},
		{name: "parameter altered", change: set("Action", "DescribeImages"), status: 403, code: "SignatureDoesNotMatch"},
		{name: "parameter added", change: set("DryRun", "true"), status: 403, code: "SignatureDoesNotMatch"},
		{name: "parameter left out", change: func(f url.Values) { f.Del("Version") }, status: 403, code: "SignatureDoesNotMatch"},
		{name: "time altered", change: set("Timestamp", "2026-11-20T12:00:01Z"), status: 403, code: "SignatureDoesNotMatch"},
		{name: "time is none", change: set("Timestamp", "noon"), status: 400, code: "InvalidParameterValue"},
		{name: "no time", change: func(f url.Values) { f.Del("Timestamp") }, status: 400, code: "MissingParameter"},
		{name: "no signature", change: func(f url.Values) { f.Del("Signature") }, status: 400, code: "MissingParameter"},
		{name: "no method", change: func(f url.Values) { f.Del("SignatureMethod") }, status: 400, code: "MissingParameter"},
		{name: "other method", change: set("SignatureMethod", "HmacMD5"), status: 400, code: "InvalidParameterValue"},
		{name: "no version", change: func(f url.Values) { f.Del("SignatureVersion") }, status: 400, code: "MissingParameter"},
		{name: "version 0", change: set("SignatureVersion", "0"), status: 400, code: "InvalidParameterValue"},
		{name: "version 1", change: set("SignatureVersion", "1"), status: 400, code: "InvalidParameterValue"},
		{name: "version 3", change: set("SignatureVersion", "3"), status: 400, code: "InvalidParameterValue"},
	}
	for _, tc := range cases {
		if tc.keys.AccessKey == "" {
			tc.keys = adminKeys
		}
		form, _ := url.ParseQuery(askKeyPairs)
		u, _ := url.Parse(c.URL + path)
		sign.V2Query(http.MethodPost, u, form, tc.keys, noon.Add(tc.at))
		if tc.change != nil {
			tc.change(form)
		}
		if tc.code != "" {
			refusedAs(t, tc.name, c, postForm(t, c, form), tc.status, tc.code)
		} else if status, body := do(t, c, postForm(t, c, form)); status != http.StatusOK {
			t.Errorf("%s: got %d %s", tc.name, status, body)
		}
	}
}

// TestVersion1IsRefusedEvenWhenRight computes the signature that Version 1 asks
// for: of all names and values, sorted without regard to case.
func TestVersion1IsRefusedEvenWhenRight(t *testing.T) {
	c := newCloud(t, atNoon)
	form := url.Values{"Action": {"DescribeKeyPairs"}, "AWSAccessKeyId": {adminKeys.AccessKey}, "SignatureMethod": {"HmacSHA1"},
		"SignatureVersion": {"1"}, "Timestamp": {"2026-11-20T12:00:00Z"}}
	mac := hmac.New(sha1.New, []byte(adminKeys.SecretKey))
	for _, name := range []string{"Action", "AWSAccessKeyId", "SignatureMethod", "SignatureVersion", "Timestamp"} {
		mac.Write([]byte(name + form.Get(name)))
	}
	form.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	refusedAs(t, "version 1", c, postForm(t, c, form), 400, "InvalidParameterValue")
}

// TestVersion2WithSHA1 is what clients send that have no SHA-256.
func TestVersion2WithSHA1(t *testing.T) {
	c := newCloud(t, atNoon)
	form := url.Values{"Action": {"DescribeKeyPairs"}, "AWSAccessKeyId": {adminKeys.AccessKey}, "SignatureMethod": {"HmacSHA1"},
		"SignatureVersion": {"2"}, "Timestamp": {"2026-11-20T12:00:00Z"}}
	mac := hmac.New(sha1.New, []byte(adminKeys.SecretKey))
	mac.Write([]byte("POST\n" + strings.TrimPrefix(c.URL, "http://") + "\n" + path + "\n" + form.Encode())) // sorts as Version 2 does
	form.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	if status, body := do(t, c, postForm(t, c, form)); status != http.StatusOK {
		t.Errorf("got %d %s", status, body)
	}
}

// TestRepeatedRequest is accepted while its time allows, as by EC2: nothing
// remembers signatures. What must not happen twice has a client token.
func TestRepeatedRequest(t *testing.T) {
	now := noon
	c := newCloud(t, func(c *cloud) { c.config.Now = func() time.Time { return now } })
	form, _ := url.ParseQuery(askKeyPairs)
	u, _ := url.Parse(c.URL + path)
	sign.V2Query(http.MethodPost, u, form, adminKeys, noon)
	for _, after := range []time.Duration{0, 0, 5 * time.Minute} {
		now = noon.Add(after)
		if status, body := do(t, c, postForm(t, c, form)); status != http.StatusOK {
			t.Errorf("V2 after %v: got %d %s", after, status, body)
		}
		refusedAs(t, "V4 again", c, signedV4(t, c, adminKeys, noon), 400, "UnknownParameter")
	}
	now = noon.Add(5*time.Minute + time.Second)
	refusedAs(t, "V2 too late", c, postForm(t, c, form), 400, "RequestExpired")
	refusedAs(t, "V4 too late", c, signedV4(t, c, adminKeys, noon), 400, "RequestExpired")
}
