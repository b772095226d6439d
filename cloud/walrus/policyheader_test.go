package walrus_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"emikit/cloud/walrus"
)

// byPolicy is a PUT that Alice's policy is to allow, as a node sends it that bundles
// an instance for her.
func byPolicy(path, policy, body string, header ...string) call {
	encoded := base64.StdEncoding.EncodeToString([]byte(policy))
	mac := hmac.New(sha1.New, []byte(secret("ALICE")))
	mac.Write([]byte(encoded))
	return call{method: "PUT", path: path}.with(body, append([]string{
		"S3UploadPolicy", encoded, "AWSAccessKeyId", "ALICE",
		"S3UploadPolicySignature", base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	}, header...)...)
}

func TestPolicyInHeaders(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	policy := policyOf(allowed + `, {"acl": "aws-exec-read"}, ["starts-with", "$x-amz-meta-note", ""]`)
	s.must(byPolicy("/bucket/up/key", policy, "hello", "x-amz-acl", "aws-exec-read", "x-amz-meta-note", "n", "Content-Type", "text/plain"))
	got := s.must(alice("GET", "/bucket/up/key"))
	if headerIs(t, "object", got, "Content-Type", "text/plain", "X-Amz-Meta-Note", "n"); got.body != "hello" {
		t.Errorf("got %q, want hello", got.body)
	}
	if acl := s.must(alice("GET", "/bucket/up/key?acl")).body; !strings.Contains(acl, "<DisplayName>alice</DisplayName>") {
		t.Errorf("got ACL %s, want it Alice's", acl)
	}
}

func TestPoliciesInHeadersThatDoNotAllowIt(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/secret").with("secret"))
	policy := policyOf(allowed)
	right := byPolicy("/bucket/up/key", policy, "hello")
	changed := func(method, path string, header ...string) call {
		c := byPolicy(path, policy, "hello", header...)
		c.method = method
		return c
	}
	signed := right
	signed.as = "ALICE"
	for name, test := range map[string]struct {
		call
		status int
		code   string
	}{
		"another key":         {changed("PUT", "/bucket/key"), 403, "AccessDenied"},
		"another bucket":      {changed("PUT", "/other/up/key"), 403, "AccessDenied"},
		"a key by a header":   {changed("PUT", "/bucket/key", "key", "up/key", "bucket", "bucket"), 403, "AccessDenied"},
		"an ACL":              {changed("PUT", "/bucket/up/key", "x-amz-acl", "public-read"), 403, "AccessDenied"},
		"metadata":            {changed("PUT", "/bucket/up/key", "x-amz-meta-a", "b"), 403, "AccessDenied"},
		"an encoding":         {changed("PUT", "/bucket/up/key", "content-encoding", "gzip"), 403, "AccessDenied"},
		"no such ACL":         {byPolicy("/bucket/up/key", policyOf(allowed+`, {"acl": "private"}`), "hello"), 403, "AccessDenied"},
		"too long":            {byPolicy("/bucket/up/key", policy, "hello, world"), 400, "EntityTooLarge"},
		"too short":           {byPolicy("/bucket/up/key", policy, "h"), 400, "EntityTooSmall"},
		"wrong signature":     {changed("PUT", "/bucket/up/key", "S3UploadPolicySignature", "AAAA"), 403, "SignatureDoesNotMatch"},
		"no signature":        {changed("PUT", "/bucket/up/key", "S3UploadPolicySignature", ""), 400, "InvalidArgument"},
		"no access key":       {changed("PUT", "/bucket/up/key", "AWSAccessKeyId", ""), 400, "InvalidArgument"},
		"unknown access key":  {changed("PUT", "/bucket/up/key", "AWSAccessKeyId", "NOBODY"), 403, "InvalidAccessKeyId"},
		"signature only":      {changed("PUT", "/bucket/up/key", "S3UploadPolicy", ""), 400, "InvalidArgument"},
		"policy only":         {changed("PUT", "/bucket/up/key", "S3UploadPolicySignature", "", "AWSAccessKeyId", ""), 403, "AccessDenied"},
		"signed itself":       {signed, 400, "InvalidArgument"},
		"GET":                 {changed("GET", "/bucket/up/key"), 501, "NotImplemented"},
		"DELETE":              {changed("DELETE", "/bucket/up/key"), 501, "NotImplemented"},
		"ACL of an object":    {changed("PUT", "/bucket/up/key?acl", "x-amz-acl", "public-read"), 501, "NotImplemented"},
		"part of an upload":   {changed("PUT", "/bucket/up/key?partNumber=1&uploadId=x"), 501, "NotImplemented"},
		"copy of a secret":    {changed("PUT", "/bucket/up/key", "x-amz-copy-source", "bucket/secret"), 501, "NotImplemented"},
		"a bucket":            {changed("PUT", "/bucket2"), 501, "NotImplemented"},
		"expired":             {byPolicy("/bucket/up/key", strings.Replace(policy, "20", "19", 1), "hello"), 403, "AccessDenied"},
		"no policy in base64": {changed("PUT", "/bucket/up/key", "S3UploadPolicy", "?"), 403, "SignatureDoesNotMatch"},
	} {
		t.Run(name, func(t *testing.T) { s.refuses(test.call, test.status, test.code) })
	}
	if n := s.files(); n != 1 {
		t.Errorf("got %d files, want the secret only", n)
	}
	s.must(right)
}

func TestPoliciesInHeadersAreOfVersion2(t *testing.T) {
	s := newServer(t, func(c *walrus.Config) { c.AllowV2 = func(*http.Request) bool { return false } })
	s.must(alice("PUT", "/bucket"))
	s.refuses(byPolicy("/bucket/up/key", policyOf(allowed), "hello"), 400, "InvalidRequest")
}
