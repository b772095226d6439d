package node

import (
	"errors"
	"fmt"

	"emikit/bundle"
)

// errSealed stands for every failure that depends on what a decrypted key is:
// a bad envelope, bad padding, bad compression, a wrong digest. Telling them
// apart would let whoever registers images learn about keys that are not his.
var errSealed = errors.New("the bundle does not decrypt to its image; bundle it again with the cloud's certificate, upload and register it")

// unbundleError is the cause of a failed unbundling as it may be shown, with what
// its user can do about it.
func unbundleError(err error) error {
	var size *partSizeError
	switch {
	case errors.Is(err, bundle.ErrKeyDependent):
		return errSealed
	case errors.Is(err, bundle.ErrMissingPart), errors.Is(err, bundle.ErrPartDigest), errors.As(err, &size):
		return fmt.Errorf("%w; upload the bundle again", err)
	}
	return err
}

// reason puts in words why an instance could not be started.
func reason(err error) string {
	return fmt.Sprintf("The instance could not be started: %v.", err)
}

// guestReason puts in words why a guest ended by itself.
func guestReason(err error) string {
	if err == nil {
		return "The instance shut itself down."
	}
	return fmt.Sprintf("The instance ended: %v.", err)
}
