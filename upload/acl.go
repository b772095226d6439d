package upload

import (
	"errors"
	"net/http"
)

// mayBeACL reports whether an object was, or may have been, refused for its canned
// ACL. AWS says so plainly of the buckets that it makes since April 2023. Ceph calls
// the ones that it does not know, aws-exec-read among them, an InvalidArgument;
// other stores do not implement the header. Without an ACL nobody but the owner reads
// an object, so that leaving it out gives nothing away.
func mayBeACL(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch refusal.Code {
	case "AccessControlListNotSupported", "InvalidArgument":
		return true
	}
	return refusal.Status == http.StatusNotImplemented
}
