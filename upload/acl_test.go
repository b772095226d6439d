package upload

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestBucketWithoutACLs: what may be a refusal of the ACL is answered by doing
// without; what was none is then refused all the same.
func TestBucketWithoutACLs(t *testing.T) {
	for _, tt := range []struct {
		code   string
		status int
		always bool // without an ACL, too
	}{
		{"AccessControlListNotSupported", 400, false},
		{"InvalidArgument", 400, false},
		{"NotImplemented", 501, false},
		{"InvalidArgument", 400, true},
		{"NotImplemented", 501, true},
		{"AccessDenied", 403, true},
	} {
		t.Run(fmt.Sprint(tt.code, tt.always), func(t *testing.T) {
			s3 := newFakeS3(t, "")
			s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("X-Amz-Acl") != "" || tt.always && r.Method == "PUT" && strings.Contains(r.URL.Path, ".part.") {
					s3Error(w, tt.status, tt.code, "no")
					return true
				}
				return false
			}
			var seen recorder
			_, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 5), To: Location{Bucket: "bkt"}, ACL: DefaultACL, Progress: seen.record})
			if refusal, ok := errors.AsType[*Error](err); ok != tt.always || ok && refusal.Code != tt.code {
				t.Fatalf("got %v, want a refusal: %v", err, tt.always)
			}
			if told := seen.count(ACLRefused) == 1; told == tt.always {
				t.Errorf("said to be sent without an ACL: %v, want %v", told, !tt.always)
			}
			if got := len(s3.keys("bkt")); !tt.always && got != 6 {
				t.Errorf("got %d objects, want 6", got)
			}
		})
	}
}
