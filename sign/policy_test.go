package sign

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"
)

// policyExample is the one in the Amazon S3 API reference, "Example:
// Browser-Based Upload using HTTP POST (Using AWS Signature Version 4)"; its
// lines end in CR LF.
const policyExample = `{ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
}`

func encodedExample() string {
	return base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(policyExample, "\n", "\r\n")))
}

func exampleFields() map[string]string {
	return map[string]string{
		"policy": encodedExample(), "x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-date": "20151229T000000Z",
		"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request",
		"x-amz-signature":  "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e",
	}
}

func checkPolicy(t *testing.T, v Verifier, fields map[string]string) (string, error) {
	t.Helper()
	return v.Policy(t.Context(), func(name string) string { return fields[name] })
}

func TestPolicyExample(t *testing.T) {
	made := time.Date(2015, 12, 29, 0, 0, 0, 0, time.UTC)
	v := Verifier{Lookup: lookupOf(docsKey), Now: made.Add(time.Hour)}
	if key, err := checkPolicy(t, v, exampleFields()); err != nil || key != docsKey.AccessKey {
		t.Errorf("got %q, %v", key, err)
	}
	set := func(name, value string) func(map[string]string) {
		return func(f map[string]string) { f[name] = value }
	}
	cases := []struct {
		name  string
		spoil func(map[string]string)
		at    time.Duration
		code  string
	}{
		{"policy altered", set("policy", encodedExample()+"="), 0, "SignatureDoesNotMatch"},
		{"no policy", set("policy", ""), 0, "InvalidArgument"},
		{"signature", set("x-amz-signature", strings.Repeat("0", 64)), 0, "SignatureDoesNotMatch"},
		{"not hex", set("x-amz-signature", "x"), 0, "InvalidArgument"},
		{"no signature", set("x-amz-signature", ""), 0, "SignatureDoesNotMatch"},
		{"unknown key", set("x-amz-credential", "AKIBOB/20151229/us-east-1/s3/aws4_request"), 0, "InvalidAccessKeyId"},
		{"other region", set("x-amz-credential", "AKIAIOSFODNN7EXAMPLE/20151229/us-east-2/s3/aws4_request"), 0, "SignatureDoesNotMatch"},
		{"credential", set("x-amz-credential", "AKIAIOSFODNN7EXAMPLE"), 0, "InvalidArgument"},
		{"other day", set("x-amz-date", "20151228T000000Z"), 0, "InvalidArgument"},
		{"no date", set("x-amz-date", ""), 0, "InvalidArgument"},
		{"algorithm", set("x-amz-algorithm", "AWS4-HMAC-SHA1"), 0, "InvalidArgument"},
		{"signed twice", set("signature", "x"), 0, "InvalidArgument"},
		{"from the future", func(map[string]string) {}, -16 * time.Minute, "RequestTimeTooSkewed"},
		{"too old", func(map[string]string) {}, maxPolicyAge + time.Second, "AccessDenied"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			fields := exampleFields()
			c.spoil(fields)
			_, err := checkPolicy(t, Verifier{Lookup: lookupOf(docsKey), Now: made.Add(c.at)}, fields)
			wantCode(t, err, c.code)
		})
	}
}

func TestPolicyV2(t *testing.T) {
	fields := func() map[string]string {
		return map[string]string{
			"awsaccesskeyid": docsKey.AccessKey, "policy": encodedExample(),
			"signature": base64.StdEncoding.EncodeToString(hmacSHA1(docsKey.SecretKey, encodedExample())),
		}
	}
	v := Verifier{Lookup: lookupOf(docsKey), Now: noon}
	if key, err := checkPolicy(t, v, fields()); err != nil || key != docsKey.AccessKey {
		t.Errorf("got %q, %v", key, err)
	}
	for name, code := range map[string]string{"policy": "SignatureDoesNotMatch", "signature": "SignatureDoesNotMatch", "awsaccesskeyid": "InvalidAccessKeyId"} {
		spoiled := fields()
		spoiled[name] = hex.EncodeToString([]byte(spoiled[name]))
		_, err := checkPolicy(t, v, spoiled)
		wantCode(t, err, code)
		if name != "policy" {
			spoiled[name] = ""
			_, err = checkPolicy(t, v, spoiled)
			wantCode(t, err, "InvalidArgument")
		}
	}
	strict := Verifier{Lookup: neverAsked(t), Now: noon, RefuseV2: true}
	_, err := checkPolicy(t, strict, fields())
	wantCode(t, err, "InvalidRequest")
	if key, err := checkPolicy(t, strict, map[string]string{"key": "x"}); key != "" || err != nil {
		t.Errorf("without a signature: got %q, %v, want nobody", key, err)
	}
}
