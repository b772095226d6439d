package images

import (
	"errors"
	"fmt"
)

// Conditions that a caller of this package can test for with errors.Is. The
// error that carries one has a text of its own, written for the user; where
// Eucalyptus 1.x to 4.x has a text for the condition, that is the text. An
// error that is none of these is a fault of the cloud, not of the request.
//
// The EC2 error code that fits is named with each.
var (
	// ErrParameter: a location, name of an architecture or description that
	// cannot be (InvalidParameterValue).
	ErrParameter = errors.New("invalid parameter")
	// ErrNotBucketOwner: the caller does not own the manifest's bucket
	// (AuthFailure).
	ErrNotBucketOwner = errors.New("not the owner of the bucket")
	// ErrAdminOnly: only administrators may register kernels and ramdisks
	// (AuthFailure).
	ErrAdminOnly = errors.New("only for administrators")
	// ErrManifest: the manifest is missing, too large or cannot be read, or
	// what it says cannot be (InvalidManifest).
	ErrManifest = errors.New("invalid manifest")
	// ErrSignature: the manifest is unsigned, or signed by nobody whose
	// signature counts (InvalidManifest).
	ErrSignature = errors.New("signature not accepted")
	// ErrBundle: a part is missing or is not what the manifest says
	// (InvalidManifest).
	ErrBundle = errors.New("bundle is not whole")
	// ErrUnrecoverable: the image cannot be recovered with the cloud's key.
	// The text never tells more (InvalidManifest).
	ErrUnrecoverable = errors.New("image cannot be recovered")
	// ErrReference: a machine image names a kernel or ramdisk that is not
	// registered (InvalidAMIID.NotFound).
	ErrReference = errors.New("referenced image is invalid")
	// ErrNameMalformed: a name breaks the rules (InvalidAMIName.Malformed).
	ErrNameMalformed = errors.New("malformed image name")
	// ErrNameTaken: the account has an image of that name
	// (InvalidAMIName.Duplicate).
	ErrNameTaken = errors.New("image name is in use")
	// ErrTooManyChecks: the account has as many unfinished checks as it may
	// (RequestLimitExceeded).
	ErrTooManyChecks = errors.New("too many images are being checked")
	// ErrTooManyFailures: so many bundles of the account could not be
	// recovered that it must wait (RequestLimitExceeded).
	ErrTooManyFailures = errors.New("too many bundles could not be recovered")

	// ErrNoAccount: a launch permission was to name an account that does not
	// exist (InvalidAMIAttributeItemValue).
	ErrNoAccount = errors.New("no such account")
	// ErrNotFound: no such image, or none that the caller may see
	// (InvalidAMIID.NotFound).
	ErrNotFound = errors.New("no such image")
	// ErrNotPermitted: the image is another account's (AuthFailure).
	ErrNotPermitted = errors.New("not permitted")
	// ErrUnavailable: the image is pending, failed or deregistered
	// (InvalidAMIID.Unavailable).
	ErrUnavailable = errors.New("image is not available")
	// ErrChanged: the bundle is not the one that was registered
	// (InvalidAMIID.Unavailable).
	ErrChanged = errors.New("bundle changed after registration")
	// ErrWrongKind: the image is no machine image, kernel or ramdisk, as
	// which it was to be used (InvalidParameterValue).
	ErrWrongKind = errors.New("image of the wrong kind")
	// ErrNoKernel: a ramdisk was chosen but no kernel (MissingParameter).
	ErrNoKernel = errors.New("no kernel")

	// ErrNoBucket and ErrNoObject are what an [Objects] answers with.
	ErrNoBucket = errors.New("no such bucket")
	ErrNoObject = errors.New("no such object")
)

// refusal is a condition with the text that the user reads.
type refusal struct {
	kind error
	text string
}

func (r *refusal) Error() string { return r.text }
func (r *refusal) Unwrap() error { return r.kind }

func refuse(kind error, format string, args ...any) error {
	return &refusal{kind: kind, text: fmt.Sprintf(format, args...)}
}

// isRefusal tells what is wrong with a request or a bundle from what went
// wrong in the cloud.
func isRefusal(err error) bool {
	var r *refusal
	return errors.As(err, &r)
}

// notRegistered puts the words before a refusal by which clients know a failed
// registration. Other errors pass as they are.
func notRegistered(err error) error {
	var r *refusal
	if !errors.As(err, &r) {
		return err
	}
	return refuse(r.kind, "Image registration failed: %s", r.text)
}
