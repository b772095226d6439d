package network

import (
	"errors"
	"fmt"
)

// What callers test with errors.Is.
var (
	// ErrUnknownGroup: the account has no security group of this name or id.
	ErrUnknownGroup = errors.New("security group does not exist")
	// ErrNoAccount: a security group needs an account to belong to.
	ErrNoAccount = errors.New("caller has no account")
	// ErrNoAddress is matched by every [ExhaustedError].
	ErrNoAddress = errors.New("not enough addresses")
	// ErrNoNetwork: every slice of the private subnet has its group.
	ErrNoNetwork = errors.New("no private network is left for another security group")
)

// ExhaustedError says which supply of addresses is used up. It matches
// [ErrNoAddress].
type ExhaustedError struct {
	Scope Scope
	// Pool is the range or list that has no address left.
	Pool string
}

func (e *ExhaustedError) Error() string {
	return fmt.Sprintf("not enough resources: addresses: all %s addresses of %s are in use", e.Scope, e.Pool)
}

// Is makes every exhausted supply match [ErrNoAddress].
func (e *ExhaustedError) Is(target error) bool { return target == ErrNoAddress }

// Shortage marks an error that is over as soon as something is given back: a
// request that can do with less may go on without.
func (e *ExhaustedError) Shortage() bool { return true }
