package sign

import (
	"errors"
	"net/http"
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

func badRequest(code, message string) *Error { return refuse(http.StatusBadRequest, code, message) }
func forbidden(code, message string) *Error  { return refuse(http.StatusForbidden, code, message) }
