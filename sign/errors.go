package sign

import (
	"errors"
	"net/http"
	"time"
)

// ErrUnknownKey is what a Lookup returns for an access key that nobody has.
var ErrUnknownKey = errors.New("unknown access key")

// Error says why a request was refused, in the words of AWS: Code and Message
// go into the answer's body, Status is its HTTP status.
type Error struct {
	Code    string
	Message string
	Status  int
}

// Error gives code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

func refuse(status int, code, message string) *Error {
	return &Error{Code: code, Message: message, Status: status}
}

// rules are the ways in which the EC2 and S3 doors differ.
type rules struct {
	skew       time.Duration // how far the request's time may be from now
	skewed     *Error
	expired    *Error
	unknownKey *Error
	mismatch   *Error
	unsigned   *Error // an X-Amz-* header is not covered
	twice      *Error // signed in more than one way
	version2   *Error // signed with Version 2, where only 4 is taken
	// The codes for credentials that cannot be read.
	badHeader, badURL string
	// paths lists what Version 4 may have signed for the path of a request.
	paths func(wire string) []string
	// service: Version 4 may have signed the path without that of the service.
	service bool
}

// malformed refuses credentials in the headers that cannot be read.
func (r rules) malformed(message string) *Error {
	return refuse(http.StatusBadRequest, r.badHeader, message)
}

// malformedURL refuses credentials in the URL that cannot be read.
func (r rules) malformedURL(message string) *Error {
	return refuse(http.StatusBadRequest, r.badURL, message)
}

const mismatchText = "The request signature we calculated does not match the signature you provided. " +
	"Check your secret key and signing method."

// queryRules are EC2's: five minutes of skew, and its error codes. That for
// Version 2 is what its regions answer that take Version 4 alone.
func queryRules() rules {
	return rules{
		skew:       5 * time.Minute,
		skewed:     refuse(http.StatusBadRequest, "RequestExpired", "Request has expired: its time is more than 5 minutes from the server's. Check the clock."),
		expired:    refuse(http.StatusBadRequest, "RequestExpired", "Request has expired."),
		unknownKey: refuse(http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials"),
		mismatch:   refuse(http.StatusForbidden, "SignatureDoesNotMatch", mismatchText),
		unsigned:   refuse(http.StatusForbidden, "SignatureDoesNotMatch", "There were headers present in the request which were not signed"),
		twice:      refuse(http.StatusBadRequest, "InvalidParameterCombination", "The request is signed in more than one way"),
		version2:   refuse(http.StatusUnauthorized, "AuthFailure", "Signature Version 2 is not accepted here; sign with version 4"),
		badHeader:  "IncompleteSignature",
		badURL:     "IncompleteSignature",
		paths:      pathsQuery,
	}
}

// s3Rules are S3's: fifteen minutes of skew, and its error codes.
func s3Rules() rules {
	return rules{
		skew:       15 * time.Minute,
		skewed:     refuse(http.StatusForbidden, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
		expired:    refuse(http.StatusForbidden, "AccessDenied", "Request has expired"),
		unknownKey: refuse(http.StatusForbidden, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
		mismatch:   refuse(http.StatusForbidden, "SignatureDoesNotMatch", mismatchText),
		unsigned:   refuse(http.StatusForbidden, "AccessDenied", "There were headers present in the request which were not signed"),
		twice:      refuse(http.StatusBadRequest, "InvalidArgument", "Only one auth mechanism allowed"),
		version2:   refuse(http.StatusBadRequest, "InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."),
		badHeader:  "AuthorizationHeaderMalformed",
		badURL:     "AuthorizationQueryParametersError",
		paths:      pathsS3,
		service:    true,
	}
}
