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

// unbundleError is the cause of a failed unbundling as it may be shown.
func unbundleError(err error) error {
	if errors.Is(err, bundle.ErrKeyDependent) {
		return errSealed
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
