package objects

import (
	"fmt"
	"slices"

	"emikit/cloud/caller"
)

// The canned ACLs of S3. Beside what they grant, the owner of a bucket or
// object and every administrator may do anything with it. The grantee of
// AWSExecRead is the cloud itself, which reads bundles to register and run
// them; LogDeliveryWrite is kept but grants nothing, as nobody delivers logs.
const (
	Private                = "private"
	PublicRead             = "public-read"
	PublicReadWrite        = "public-read-write"
	AuthenticatedRead      = "authenticated-read"
	AWSExecRead            = "aws-exec-read"
	BucketOwnerRead        = "bucket-owner-read"
	BucketOwnerFullControl = "bucket-owner-full-control"
	LogDeliveryWrite       = "log-delivery-write"
)

// checkACL returns the canned ACL to keep for what a caller asked for.
func checkACL(acl string) (string, error) {
	known := []string{Private, PublicRead, PublicReadWrite, AuthenticatedRead, AWSExecRead,
		BucketOwnerRead, BucketOwnerFullControl, LogDeliveryWrite}
	if acl == "" {
		return Private, nil
	}
	if !slices.Contains(known, acl) {
		return "", fmt.Errorf("ACL %.80q: %w", acl, ErrBadACL)
	}
	return acl, nil
}

// grantsRead reports whether an ACL lets read somebody who owns nothing of it.
func grantsRead(acl string, who caller.Caller) bool {
	switch acl {
	case PublicRead, PublicReadWrite:
		return true
	case AuthenticatedRead:
		return !who.Anonymous()
	case AWSExecRead:
		return who.System
	}
	return false
}

func (b Bucket) mayList(who caller.Caller) bool {
	return who.Owns(b.Owner) || grantsRead(b.ACL, who)
}

// mayWrite covers making, replacing and deleting objects.
func (b Bucket) mayWrite(who caller.Caller) bool {
	return who.Owns(b.Owner) || b.ACL == PublicReadWrite
}

// mayContinue covers all that is done with an upload by those who may write to its
// bucket. The object is going to be its maker's, so others must not have a hand in
// it; what nobody in particular has begun, anybody may go on with.
func (u Upload) mayContinue(who caller.Caller, to Bucket) bool {
	return u.Owner == "" || who.Owns(u.Owner) || who.Owns(to.Owner)
}

// mayRead covers the bytes of an object and what is told with them. The cloud
// reads all of them: bundles are registered and run whatever their ACL.
func (o Object) mayRead(who caller.Caller, in Bucket) bool {
	if who.System || who.Owns(o.Owner) || grantsRead(o.ACL, who) {
		return true
	}
	return who.Owns(in.Owner) && (o.ACL == BucketOwnerRead || o.ACL == BucketOwnerFullControl)
}

func (o Object) mayChangeACL(who caller.Caller, in Bucket) bool {
	return who.Owns(o.Owner) || who.Owns(in.Owner) && o.ACL == BucketOwnerFullControl
}
