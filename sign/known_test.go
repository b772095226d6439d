package sign

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The examples in this file are published by AWS: the test suite of Signature
// Version 4, its "GET ListUsers" walk-through, the S3 API reference
// ("Authenticating Requests"), the S3 developer guide on REST authentication
// (Version 2), and the general reference on Signature Version 2.

var (
	suiteKey = Credentials{AccessKey: "AKIDEXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	docsKey  = Credentials{AccessKey: "AKIAIOSFODNN7EXAMPLE", SecretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}
)

func request(t *testing.T, method, target, body string, headers ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.RequestURI = ""
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func signatureOf(authorization string) string {
	_, signature, _ := strings.Cut(authorization, "Signature=")
	return signature
}

func TestV4SuiteVectors(t *testing.T) {
	tests := []struct {
		name, method, target, body string
		headers                    []string
		scope                      Scope
		want                       string
	}{
		{name: "get-vanilla", method: "GET", target: "https://example.amazonaws.com/",
			want: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
		{name: "get-vanilla-query-order-key-case", method: "GET", target: "https://example.amazonaws.com/?Param2=value2&Param1=value1",
			want: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
		{name: "post-vanilla", method: "POST", target: "https://example.amazonaws.com/",
			want: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
		{name: "post-x-www-form-urlencoded", method: "POST", target: "https://example.amazonaws.com/", body: "Param1=value1",
			headers: []string{"Content-Type", "application/x-www-form-urlencoded"},
			want:    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
		{name: "IAM ListUsers", method: "GET", target: "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
			headers: []string{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
			scope:   Scope{"us-east-1", "iam"},
			want:    "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
	}
	now := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, tt.method, tt.target, tt.body, tt.headers...)
			scope := tt.scope
			if scope == (Scope{}) {
				scope = Scope{"us-east-1", "service"}
			}
			if err := V4(r, suiteKey, scope, HashPayload([]byte(tt.body)), now); err != nil {
				t.Fatal(err)
			}
			if got := signatureOf(r.Header.Get("Authorization")); got != tt.want {
				t.Errorf("signature: got %s, want %s", got, tt.want)
			}
			key, err := verifyQuery(t.Context(), r, nil, []byte(tt.body), lookupOf(suiteKey), now)
			if err != nil || key != suiteKey.AccessKey {
				t.Errorf("verify: got %q, %v", key, err)
			}
		})
	}
}

func TestV4S3Examples(t *testing.T) {
	tests := []struct {
		name, method, target, body string
		headers                    []string
		want                       string
	}{
		{name: "GET Object", method: "GET", target: "https://examplebucket.s3.amazonaws.com/test.txt",
			headers: []string{"Range", "bytes=0-9"},
			want:    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
		{name: "PUT Object", method: "PUT", target: "https://examplebucket.s3.amazonaws.com/test$file.text", body: "Welcome to Amazon S3.",
			headers: []string{"Date", "Fri, 24 May 2013 00:00:00 GMT", "X-Amz-Storage-Class", "REDUCED_REDUNDANCY"},
			want:    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
		{name: "GET Bucket lifecycle", method: "GET", target: "https://examplebucket.s3.amazonaws.com/?lifecycle",
			want: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
		{name: "GET Bucket", method: "GET", target: "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
			want: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
	}
	now := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, tt.method, tt.target, tt.body, tt.headers...)
			hash := HashPayload([]byte(tt.body))
			if err := V4(r, docsKey, Scope{"us-east-1", "s3"}, hash, now); err != nil {
				t.Fatal(err)
			}
			if got := signatureOf(r.Header.Get("Authorization")); got != tt.want {
				t.Errorf("signature: got %s, want %s", got, tt.want)
			}
			id, err := verifyS3(t.Context(), r, lookupOf(docsKey), now)
			if want := (Identity{AccessKey: docsKey.AccessKey, PayloadHash: hash}); err != nil || id != want {
				t.Errorf("verify: got %v, %v, want %v", id, err, want)
			}
		})
	}
}

func TestPresignV4Example(t *testing.T) {
	now := time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC)
	u, _ := url.Parse("https://examplebucket.s3.amazonaws.com/test.txt")
	got, err := PresignV4("GET", u, docsKey, Scope{"us-east-1", "s3"}, 24*time.Hour, now)
	if err != nil {
		t.Fatal(err)
	}
	want := "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256" +
		"&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
		"&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host" +
		"&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
	if got.String() != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if u.RawQuery != "" {
		t.Errorf("the URL given was changed: %s", u)
	}
}

func TestV2QueryExample(t *testing.T) {
	form := url.Values{
		"Action": {"DescribeJobFlows"}, "Version": {"2009-03-31"},
		"AWSAccessKeyId": {docsKey.AccessKey}, "SignatureMethod": {"HmacSHA256"}, "SignatureVersion": {"2"},
		// The published example has no zone here, which V2Query would write.
		"Timestamp": {"2011-10-03T15:19:30"},
		"Signature": {"i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs="},
	}
	r := request(t, "GET", "https://elasticmapreduce.amazonaws.com/?"+form.Encode(), "")
	now := time.Date(2011, 10, 3, 15, 20, 0, 0, time.UTC)
	key, err := verifyQuery(t.Context(), r, form, nil, lookupOf(docsKey), now)
	if err != nil || key != docsKey.AccessKey {
		t.Errorf("got %q, %v, want %q", key, err, docsKey.AccessKey)
	}
}

func TestV2S3Examples(t *testing.T) {
	tests := []struct {
		name, method, bucket, target string
		headers                      []string
		want                         string
	}{
		{name: "Object GET", method: "GET", bucket: "johnsmith", target: "http://johnsmith.s3.amazonaws.com/photos/puppy.jpg",
			headers: []string{"Date", "Tue, 27 Mar 2007 19:36:42 +0000"}, want: "bWq2s1WEIj+Ydj0vQ697zp+IXMU="},
		{name: "Object PUT", method: "PUT", bucket: "johnsmith", target: "http://johnsmith.s3.amazonaws.com/photos/puppy.jpg",
			headers: []string{"Content-Type", "image/jpeg", "Date", "Tue, 27 Mar 2007 21:15:45 +0000"}, want: "MyyxeRY7whkBe+bq8fHCL/2kKUg="},
		{name: "List", method: "GET", bucket: "johnsmith", target: "http://johnsmith.s3.amazonaws.com/?prefix=photos&max-keys=50&marker=puppy",
			headers: []string{"Date", "Tue, 27 Mar 2007 19:42:41 +0000"}, want: "htDYFYduRNen8P9ZfE/s9SuKy0U="},
		{name: "Fetch", method: "GET", bucket: "johnsmith", target: "http://johnsmith.s3.amazonaws.com/?acl",
			headers: []string{"Date", "Tue, 27 Mar 2007 19:44:46 +0000"}, want: "c2WLPFtWHVgbEmeEG93a4cG37dM="},
		{name: "Delete", method: "DELETE", target: "http://s3.amazonaws.com/johnsmith/photos/puppy.jpg",
			headers: []string{"Date", "Tue, 27 Mar 2007 21:20:26 +0000"}, want: "lx3byBScXR6KzyMaifNkardMwNk="},
		{name: "Upload", method: "PUT", bucket: "static.johnsmith.net", target: "http://static.johnsmith.net:8080/db-backup.dat.gz",
			headers: []string{"x-amz-acl", "public-read", "content-type", "application/x-download",
				"Content-MD5", "4gJE4saaMU4BqNR0kLY+lw==", "X-Amz-Meta-ReviewedBy", "joe@johnsmith.net",
				"X-Amz-Meta-ReviewedBy", "jane@johnsmith.net", "X-Amz-Meta-FileChecksum", "0x02661779",
				"X-Amz-Meta-ChecksumAlgorithm", "crc32", "Date", "Tue, 27 Mar 2007 21:06:08 +0000"},
			want: "ilyl83RwaSoYIEdixDQcA4OnAnc="},
		{name: "List All My Buckets", method: "GET", target: "http://s3.amazonaws.com/",
			headers: []string{"Date", "Wed, 28 Mar 2007 01:29:59 +0000"}, want: "qGdzdERIC03wnaRNKh6OqZehG9s="},
		{name: "Unicode Keys", method: "GET", target: "http://s3.amazonaws.com/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re",
			headers: []string{"Date", "Wed, 28 Mar 2007 01:49:49 +0000"}, want: "DNEZGsoieTZ92F3bUfSPQcbGmlM="},
		{name: "Query string", method: "GET", bucket: "johnsmith",
			target: "http://johnsmith.s3.amazonaws.com/photos/puppy.jpg?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Expires=1175139620&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(t, tt.method, tt.target, "", tt.headers...)
			now := time.Unix(1175139000, 0)
			if tt.want != "" {
				r.Header.Set("Authorization", "AWS "+docsKey.AccessKey+":"+tt.want)
				now, _ = time.Parse(time.RFC1123Z, r.Header.Get("Date"))
			}
			id, err := verifyS3Hosted(t.Context(), r, tt.bucket, lookupOf(docsKey), now)
			if want := (Identity{AccessKey: docsKey.AccessKey}); err != nil || id != want {
				t.Errorf("got %v, %v, want %v", id, err, want)
			}
		})
	}
}
