package walrus_test

import (
	"strings"
	"testing"
)

// TestWhatBucketsNeverHave is what tools ask of any bucket before they use it.
func TestWhatBucketsNeverHave(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	for sub, code := range map[string]string{
		"policy": "NoSuchBucketPolicy", "policyStatus": "NoSuchBucketPolicy", "tagging": "NoSuchTagSet",
		"lifecycle": "NoSuchLifecycleConfiguration", "cors": "NoSuchCORSConfiguration", "website": "NoSuchWebsiteConfiguration",
		"encryption":        "ServerSideEncryptionConfigurationNotFoundError",
		"ownershipControls": "OwnershipControlsNotFoundError", "publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
		"replication": "ReplicationConfigurationNotFoundError", "object-lock": "ObjectLockConfigurationNotFoundError",
		"analytics&id=a": "NoSuchConfiguration", "inventory&id=a": "NoSuchConfiguration", "metrics&id=a": "NoSuchConfiguration",
	} {
		s.refuses(alice("GET", "/bucket?"+sub), 404, code)
		s.refuses(alice("GET", "/nothing?"+sub), 404, "NoSuchBucket")
		s.refuses(call{method: "GET", path: "/bucket?" + sub, as: "BOB"}, 403, "AccessDenied")
		got := s.refuses(alice("PUT", "/bucket?"+sub).with("<a/>"), 501, "NotImplemented")
		name, _, _ := strings.Cut(sub, "&")
		if !strings.Contains(got.body, "no ?"+name+";") {
			t.Errorf("PUT %s: got %s, want the name in it", sub, got.body)
		}
		s.refuses(alice("DELETE", "/bucket?"+sub), 501, "NotImplemented")
	}
	for sub, want := range map[string]string{
		"versioning":     `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></VersioningConfiguration>`,
		"logging":        `<BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></BucketLoggingStatus>`,
		"notification":   `<NotificationConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></NotificationConfiguration>`,
		"accelerate":     `<AccelerateConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></AccelerateConfiguration>`,
		"requestPayment": `<Payer>BucketOwner</Payer>`,
		"location":       `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/"></LocationConstraint>`,
	} {
		if got := s.must(alice("GET", "/bucket?"+sub)).body; !strings.Contains(got, want) {
			t.Errorf("%s: got %s, want %s", sub, got, want)
		}
		s.refuses(call{method: "GET", path: "/bucket?" + sub, as: "BOB"}, 403, "AccessDenied")
		if sub != "location" {
			s.refuses(alice("PUT", "/bucket?"+sub).with("<a/>"), 501, "NotImplemented")
		}
	}
	headerIs(t, "HEAD", s.must(alice("HEAD", "/bucket")), "X-Amz-Bucket-Region", "us-east-1")
}

// TestVersions shows the objects of a bucket as the only versions there are.
func TestVersions(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	for _, key := range []string{"a", "b/1", "b/2", "c"} {
		s.must(alice("PUT", "/bucket/"+key).with("text"))
	}
	first := s.must(alice("GET", "/bucket?versions&delimiter=%2F&max-keys=2"))
	for name, want := range map[string]string{"Key": "a", "VersionId": "null", "IsLatest": "true", "IsTruncated": "true", "NextKeyMarker": "b/", "NextVersionIdMarker": "null"} {
		if got := element(t, first, name); got != want {
			t.Errorf("first page: got %s %q, want %q", name, got, want)
		}
	}
	if !strings.Contains(first.body, "<CommonPrefixes><Prefix>b/</Prefix></CommonPrefixes>") {
		t.Errorf("first page: got %s", first.body)
	}
	second := s.must(alice("GET", "/bucket?versions&delimiter=%2F&key-marker=b%2F&version-id-marker=null"))
	if element(t, second, "Key") != "c" || element(t, second, "IsTruncated") != "false" {
		t.Errorf("second page: got %s", second.body)
	}

	if got := s.must(alice("GET", "/bucket/a?versionId=null")).body; got != "text" {
		t.Errorf("the version null: got %q", got)
	}
	for _, c := range []call{
		alice("GET", "/bucket/a?versionId=x"), alice("DELETE", "/bucket/a?versionId=x"),
		alice("DELETE", "/bucket/a?versionId=null&versionId=x"), alice("GET", "/bucket/a?acl&versionId=x"),
	} {
		s.refuses(c, 404, "NoSuchVersion")
	}
	s.must(alice("DELETE", "/bucket/a?versionId=null"))
	s.refuses(alice("GET", "/bucket/a"), 404, "NoSuchKey")
}
