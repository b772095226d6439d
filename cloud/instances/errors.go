package instances

import (
	"errors"
	"fmt"
)

// What callers test with errors.Is. Errors of the services that this one
// consults (images, key pairs, groups, room, addresses) are passed on wrapped.
var (
	// ErrNotFound: the caller has no instance of this id.
	ErrNotFound = errors.New("instance does not exist")
	// ErrState: the instance is in a state that does not allow what was asked.
	ErrState = errors.New("instance is not in the right state")
	// ErrProtected: the instance must not be terminated until its attribute says
	// otherwise.
	ErrProtected = errors.New("instance may not be terminated: modify its attribute disableApiTermination first")
	// ErrTokenMismatch: the client token was used for a different request.
	ErrTokenMismatch = errors.New("client token was used with other parameters")
	// ErrUserDataTooLarge: user data is over MaxUserData bytes.
	ErrUserDataTooLarge = errors.New("user data is too large")
	// ErrCount: the least and greatest number of instances make no sense.
	ErrCount = errors.New("number of instances is out of range")
	// ErrClientToken: the client token is longer than MaxClientToken.
	ErrClientToken = errors.New("client token is too long")
	// ErrNoAccount: an instance needs an account to belong to.
	ErrNoAccount = errors.New("caller has no account")
)

// StateError says in which state an instance is that had to be in another. It
// matches [ErrState].
type StateError struct {
	ID    string
	State State
}

func (e *StateError) Error() string { return fmt.Sprintf("%s: instance is %s", e.ID, e.State) }

// Is makes every StateError match [ErrState].
func (e *StateError) Is(target error) bool { return target == ErrState }

func notFound(id string) error { return fmt.Errorf("%s: %w", id, ErrNotFound) }
