package ec2

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
	"time"

	"emikit/reach"
)

// Error is what a server answers when it refuses or fails. Code is one of
// AWS's, such as "InvalidAMIID.NotFound", or the HTTP status when whoever
// answered does not speak the protocol.
type Error struct {
	Code      string
	Message   string
	RequestID string
	Status    int // HTTP

	ahead  time.Duration // the server's clock, of this machine's
	signed time.Duration // the one that the request was signed by
}

func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code
	}
	return e.Code + ": " + e.Message
}

// Hint says what to look at. AuthFailure is also what clouds say of images
// that belong to somebody else, then with another status.
func (e *Error) Hint() string {
	switch e.Code {
	case "InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidAccessKeyId":
		return hintKeys
	case "AuthFailure":
		if e.Status == http.StatusUnauthorized {
			return keysHint(e.Message)
		}
	case "RequestExpired", "RequestTimeTooSkewed":
		return e.clockHint()
	case "InvalidAMIID.Unavailable":
		return unavailableHint(e.Message)
	case "InsufficientInstanceCapacity":
		return "describe-availability-zones verbose shows what there is room for"
	}
	return ""
}

// clockHint is advice on a machine whose time is another than the server's.
func (e *Error) clockHint() string {
	if e.ahead == 0 {
		return "check this machine's clock"
	}
	return "set this machine's clock: " + reach.ClockText(e.ahead)
}

// isSkewed reports whether a refusal is, or may be, for the time of the signature:
// Amazon says AuthFailure then, as of wrong keys.
func (e *Error) isSkewed() bool {
	switch e.Code {
	case "RequestExpired", "RequestTimeTooSkewed":
		return true
	}
	return (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) && (e.ahead-e.signed).Abs() > reach.SkewLimit
}

// unavailableHint is advice on an image that cannot be run. The code does not tell
// why, only the message does; these words are the embedded cloud's and Eucalyptus'.
func unavailableHint(message string) string {
	switch {
	case strings.Contains(message, "changed after registration"):
		return "an image stays what it was registered as: register what the bucket holds now, or upload the old bundle again"
	case strings.Contains(message, "deregistered"):
		return "register its bundle again; it gets a new id"
	case strings.Contains(message, "pending"):
		return "describe-images shows when it is available"
	}
	return "describe-images shows the image's state"
}

// keysHint is advice on a refused signature. That Version 2 is not taken at all,
// only the message tells, and only that of the embedded cloud.
func keysHint(message string) string {
	if strings.Contains(message, "Signature Version 2 is not accepted") {
		return "leave --sigv out, or use --sigv 4"
	}
	return hintKeys
}

const hintKeys = "check the access key and the secret key (-I and -S, or source the eucarc of this cloud)"

// errorDocument is the envelope that Eucalyptus 1.6 and later and EC2 send.
// Eucalyptus gives it no namespace.
type errorDocument struct {
	XMLName   xml.Name    `xml:"Response"`
	Errors    []errorItem `xml:"Errors>Error"`
	RequestID string      `xml:"RequestID"`
}

type errorItem struct {
	Code    string `xml:"Code"`
	Message string `xml:"Message"`
}

// MarshalError writes the document that reports an error.
func MarshalError(e *Error) ([]byte, error) {
	body, err := xml.Marshal(errorDocument{
		Errors:    []errorItem{{Code: e.Code, Message: e.Message}},
		RequestID: e.RequestID,
	})
	if err != nil {
		return nil, err
	}
	return append([]byte(`<?xml version="1.0"?>`), body...), nil
}

// errorAnswer is an errorDocument as it is read. AWS's younger query services call
// the root ErrorResponse, put the one error right below it and spell RequestId; moto
// mixes both for refused signatures.
type errorAnswer struct {
	XMLName   xml.Name
	Errors    []errorItem `xml:"Errors>Error"`
	Error     []errorItem `xml:"Error"`
	RequestID string      `xml:"RequestID"`
	OtherID   string      `xml:"RequestId"`
}

func (a *errorAnswer) first() (errorItem, bool) {
	if a.XMLName.Local != "Response" && a.XMLName.Local != "ErrorResponse" {
		return errorItem{}, false
	}
	for _, item := range append(a.Errors, a.Error...) {
		return item, item.Code != ""
	}
	return errorItem{}, false
}

// ParseError reads what came with an HTTP status that is not success. Anything
// but an error document (a proxy's page, plain text, nothing) becomes an Error
// whose code is the status.
func ParseError(status int, body []byte) *Error {
	var doc errorAnswer
	err := xml.NewDecoder(bytes.NewReader(body)).Decode(&doc)
	if first, ok := doc.first(); ok && err == nil {
		return &Error{
			Code:      shorten(strings.TrimSpace(first.Code)),
			Message:   strings.TrimSpace(first.Message),
			RequestID: cmp.Or(doc.RequestID, doc.OtherID),
			Status:    status,
		}
	}
	message := shorten(strings.TrimSpace(string(body)))
	if message == "" || strings.HasPrefix(message, "<") {
		message = http.StatusText(status)
	}
	return &Error{Code: strconv.Itoa(status), Message: message, Status: status}
}
