package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"emikit/cloud/identity"
	"emikit/cloud/images"
	"emikit/cloud/instances"
	"emikit/cloud/network"
	"emikit/cloud/nodes"
	"emikit/cloud/tags"
	"emikit/ec2"
	"emikit/node"
	"emikit/sign"
)

// EC2's error codes, as far as the door itself decides on them.
const (
	codeBadCombination   = "InvalidParameterCombination"
	codeBadPermission    = "InvalidPermission.Malformed"
	codeInternal         = "InternalError"
	codeInvalidAction    = "InvalidAction"
	codeInvalidParameter = "InvalidParameterValue"
	codeInvalidRequest   = "InvalidRequest"
	codeMalformedQuery   = "MalformedQueryString"
	codeMissingParameter = "MissingParameter"
	codeNotPermitted     = "OperationNotPermitted"
	codeNoSuchVersion    = "NoSuchVersion"
	codeUnauthorized     = "UnauthorizedOperation"
	codeUnknownParameter = "UnknownParameter"
	codeUnsupported      = "UnsupportedOperation"
	codeAuthFailure      = "AuthFailure"
	codeInvalidManifest  = "InvalidManifest"
	codeImageNotFound    = "InvalidAMIID.NotFound"
	codeImageUnavailable = "InvalidAMIID.Unavailable"
	codeAttributeItem    = "InvalidAMIAttributeItemValue"
	codeLimitExceeded    = "RequestLimitExceeded"
	codeCapacity         = "InsufficientInstanceCapacity"
	statusDryRun         = http.StatusPreconditionFailed
)

// ErrNoMetadata is what a Metadata returns for a path at which nothing is.
var ErrNoMetadata = errors.New("no metadata there")

// errDryRun is what EC2 answers when a dry run would have gone well.
var errDryRun = &ec2.Error{
	Code:    "DryRunOperation",
	Message: "Request would have succeeded, but DryRun flag is set.",
	Status:  statusDryRun,
}

// fail makes the error of a request that is wrong by itself.
func fail(code, format string, args ...any) error {
	return &ec2.Error{Code: code, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// codes gives each condition of a service its EC2 code and HTTP status. A lack
// of room is a 400 here, unlike EC2's 500, which makes clients ask again at
// once: what a small cloud lacks is not there a second later.
var codes = []struct {
	condition error
	code      string
	status    int
}{
	{images.ErrParameter, codeInvalidParameter, 400},
	{images.ErrNotBucketOwner, codeAuthFailure, 403},
	{images.ErrAdminOnly, codeUnauthorized, 403},
	{images.ErrManifest, codeInvalidManifest, 400},
	{images.ErrSignature, codeInvalidManifest, 400},
	{images.ErrBundle, codeInvalidManifest, 400},
	{images.ErrUnrecoverable, codeInvalidManifest, 400},
	{images.ErrReference, codeImageNotFound, 400},
	{images.ErrNameMalformed, "InvalidAMIName.Malformed", 400},
	{images.ErrNameTaken, "InvalidAMIName.Duplicate", 400},
	{images.ErrTooManyChecks, codeLimitExceeded, 503},
	{images.ErrTooManyFailures, codeLimitExceeded, 503},
	{images.ErrNoAccount, codeAttributeItem, 400},
	{images.ErrNotFound, codeImageNotFound, 400},
	{images.ErrNotPermitted, codeAuthFailure, 403},
	{images.ErrUnavailable, codeImageUnavailable, 400},
	{images.ErrChanged, codeImageUnavailable, 400},
	{images.ErrWrongKind, codeInvalidParameter, 400},
	{images.ErrNoKernel, codeMissingParameter, 400},

	{instances.ErrNotFound, "InvalidInstanceID.NotFound", 400},
	{instances.ErrState, "IncorrectInstanceState", 400},
	{instances.ErrProtected, codeNotPermitted, 400},
	{instances.ErrTokenMismatch, "IdempotentParameterMismatch", 400},
	{instances.ErrUserDataTooLarge, codeInvalidParameter, 400},
	{instances.ErrCount, codeInvalidParameter, 400},
	{instances.ErrClientToken, codeInvalidParameter, 400},
	{instances.ErrNoAccount, codeUnauthorized, 403},

	{network.ErrUnknownGroup, "InvalidGroup.NotFound", 400},
	{network.ErrNoAccount, codeUnauthorized, 403},
	{network.ErrNoAddress, "InsufficientAddressCapacity", 400},
	{network.ErrNoNetwork, "SecurityGroupLimitExceeded", 400},
	{network.ErrGroupExists, "InvalidGroup.Duplicate", 400},
	{network.ErrReservedGroup, "InvalidGroup.Reserved", 400},
	{network.ErrGroupInUse, "InvalidGroup.InUse", 400},
	{network.ErrTooManyGroups, "SecurityGroupLimitExceeded", 400},
	{network.ErrBadRule, codeBadPermission, 400},
	{network.ErrBadName, codeInvalidParameter, 400},
	{network.ErrBadDescription, codeInvalidParameter, 400},
	{network.ErrRuleExists, "InvalidPermission.Duplicate", 400},
	{network.ErrUnknownRule, "InvalidPermission.NotFound", 400},
	{network.ErrTooManyRules, "RulesPerSecurityGroupLimitExceeded", 400},
	{network.ErrUnknownAddress, "InvalidAddress.NotFound", 400},
	{network.ErrTooManyAddresses, "AddressLimitExceeded", 400},

	{tags.ErrBadTag, codeInvalidParameter, 400},
	{tags.ErrTooMany, "TagLimitExceeded", 400},

	{nodes.ErrUnknownType, codeInvalidParameter, 400},
	{nodes.ErrUnknownZone, codeInvalidParameter, 400},
	{nodes.ErrNoNode, codeCapacity, 400},
	{nodes.ErrFull, codeCapacity, 400},
	{node.ErrBadSpec, codeInvalidParameter, 400},

	{identity.ErrAnonymous, codeUnauthorized, 403},
	{identity.ErrKeyPairExists, "InvalidKeyPair.Duplicate", 400},
	{identity.ErrNoSuchKeyPair, "InvalidKeyPair.NotFound", 400},
	{identity.ErrBadKeyPairName, codeInvalidParameter, 400},
	{identity.ErrBadPublicKey, "InvalidKey.Format", 400},
	{identity.ErrTooManyKeyPairs, "KeyPairLimitExceeded", 400},
}

// errorFor gives an error its form on the wire. An error that the table does
// not know is the cloud's own fault, and its text is for the log only.
func errorFor(err error) *ec2.Error {
	var (
		decided *ec2.Error
		refused *sign.Error
		unknown *ec2.UnknownParameterError
		invalid *ec2.InvalidParameterError
	)
	switch {
	case errors.As(err, &decided):
		e := *decided
		return &e
	case errors.As(err, &refused):
		return &ec2.Error{Code: refused.Code, Message: refused.Message, Status: refused.Status}
	case errors.As(err, &unknown):
		return &ec2.Error{Code: codeUnknownParameter, Message: unknownText(unknown.Names), Status: http.StatusBadRequest}
	case errors.As(err, &invalid):
		return &ec2.Error{Code: codeInvalidParameter, Message: invalid.Error(), Status: http.StatusBadRequest}
	}
	for _, c := range codes {
		if errors.Is(err, c.condition) {
			return &ec2.Error{Code: c.code, Message: err.Error(), Status: c.status}
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return &ec2.Error{Code: "ServiceUnavailable", Message: "The request was not finished.", Status: http.StatusServiceUnavailable}
	}
	return &ec2.Error{Code: codeInternal, Message: "An internal error has occurred", Status: http.StatusInternalServerError}
}

// unknownText names the first few parameters that were not understood.
func unknownText(names []string) string {
	const most = 5
	var shown []string
	for _, name := range names[:min(len(names), most)] {
		shown = append(shown, fmt.Sprintf("%.100s", name))
	}
	if len(names) == 1 {
		return "The parameter " + shown[0] + " is not recognized"
	}
	text := "The parameters " + strings.Join(shown, ", ")
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return text + " are not recognized"
}
