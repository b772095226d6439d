package walrus_test

import (
	"fmt"
	"strings"
	"testing"
)

// The grants of a canned ACL, as they are shown, set that ACL again.
func TestACLsByTheirGrants(t *testing.T) {
	s := newServer(t)
	for _, path := range []string{"/bucket", "/bucket/key"} {
		s.must(alice("PUT", path))
		shown := map[string]string{}
		for _, acl := range []string{"private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read"} {
			s.must(alice("PUT", path+"?acl").with("", "x-amz-acl", acl))
			shown[acl] = s.must(alice("GET", path+"?acl")).body
		}
		for acl, document := range shown {
			s.must(alice("PUT", path+"?acl").with(document))
			if got := s.must(alice("GET", path+"?acl")).body; got != document {
				t.Errorf("%s of %s: got\n%s\nwant\n%s", acl, path, got, document)
			}
		}
	}
	s.must(alice("PUT", "/bucket?acl").with("", "x-amz-acl", "public-read-write"))
	s.must(call{method: "PUT", path: "/bucket/bobs", as: "BOB"}.with("text", "x-amz-acl", "bucket-owner-full-control"))
	document := s.must(alice("GET", "/bucket/bobs?acl")).body
	s.must(call{method: "PUT", path: "/bucket/bobs?acl", as: "BOB"}.with("", "x-amz-acl", "private"))
	s.refuses(alice("PUT", "/bucket/bobs?acl").with(document), 403, "AccessDenied")
	s.must(call{method: "PUT", path: "/bucket/bobs?acl", as: "BOB"}.with(document))
	if got := s.must(alice("GET", "/bucket/bobs?acl")).body; got != document {
		t.Errorf("of the bucket's owner: got\n%s\nwant\n%s", got, document)
	}
}

func TestGrantsThatAreNoCannedACL(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key"))
	own := fmt.Sprintf("<Grant><Grantee><ID>%s</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>", people["ALICE"].Account)
	list := func(grants string) string {
		return "<AccessControlPolicy><AccessControlList>" + grants + "</AccessControlList></AccessControlPolicy>"
	}
	s.must(alice("PUT", "/bucket/key?acl").with(list(own)))
	for _, grants := range []string{
		"", own + strings.ReplaceAll(own, people["ALICE"].Account, people["BOB"].Account),
		strings.ReplaceAll(own, people["ALICE"].Account, people["BOB"].Account), strings.Replace(own, "FULL_CONTROL", "READ", 1),
		own + "<Grant><Grantee><EmailAddress>bob@example.org</EmailAddress></Grantee><Permission>READ</Permission></Grant>",
	} {
		for _, path := range []string{"/bucket?acl", "/bucket/key?acl"} {
			s.refuses(alice("PUT", path).with(list(grants)), 501, "NotImplemented")
		}
	}
	s.refuses(alice("PUT", "/bucket?acl"), 501, "NotImplemented")
	s.refuses(alice("PUT", "/bucket?acl").with("<AccessControlPolicy>"), 400, "MalformedXML")
	s.refuses(alice("PUT", "/bucket?acl").with(strings.Repeat(" ", 65<<10)), 400, "MaxMessageLengthExceeded")
	if got := s.must(alice("GET", "/bucket?acl")).body; strings.Count(got, "<Grant>") != 1 {
		t.Errorf("after all the refusals: got %s", got)
	}
}
