package upload

import (
	"errors"
	"fmt"
	"strings"
)

// permission is the S3 action that an operation needs. AWS names it in its newer
// messages, and with it those of other services, such as the keys of an encrypted
// bucket.
func (e *Error) permission() string {
	if _, rest, ok := strings.Cut(e.Message, "not authorized to perform: "); ok {
		action, _, _ := strings.Cut(rest, " ")
		if service, name, ok := strings.Cut(action, ":"); ok && isWord(service) && isWord(name) {
			return action
		}
	}
	return map[string]string{
		"look up bucket": "s3:GetBucketLocation",
		"create bucket":  "s3:CreateBucket",
		"remove bucket":  "s3:DeleteBucket",
		"list":           "s3:ListBucket",
		"upload":         "s3:PutObject",
		"download":       "s3:GetObject",
		"look up":        "s3:GetObject",
		"set the ACL of": "s3:PutObjectAcl",
		"remove":         "s3:DeleteObject",
		"copy":           "s3:PutObject here and s3:GetObject on the source",
	}[e.Op]
}

// isWord reports whether a word from the network can be part of an action's name.
func isWord(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-*") == ""
}

// deniedHint says what a key lacks that a store does not permit something.
func (e *Error) deniedHint() string {
	action := e.permission()
	if action == "" {
		return "the bucket may belong to another account, or this key may not be used for it"
	}
	if e.acl != "" && action == "s3:PutObject" {
		action += fmt.Sprintf(", and s3:PutObjectAcl for the ACL %s", e.acl)
	}
	bucket, _, _ := strings.Cut(e.Object, "/")
	if e.closed {
		return fmt.Sprintf("bucket %s exists, but this key may not even look it up (s3:GetBucketLocation): it probably belongs to another account; "+
			"in one of yours the key needs %s", bucket, action)
	}
	return fmt.Sprintf("this key needs the permission %s; or the bucket belongs to another account", action)
}

// denied adds to a refusal what was asked for with the object, and what is known of its
// bucket.
func (s *Store) denied(err error, acl string) error {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	_, closed := s.closed.Load(refusal.bucket)
	refusal.acl, refusal.closed = acl, closed // it is this request's own
	return err
}
