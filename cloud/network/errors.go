package network

import (
	"errors"
	"fmt"
)

// What callers test with errors.Is.
var (
	// ErrUnknownGroup: the account has no security group of this name or id.
	ErrUnknownGroup = errors.New("security group does not exist")
	// ErrNoAccount: a security group or an address needs an account to belong to.
	ErrNoAccount = errors.New("caller has no account")

	ErrGroupExists    = errors.New("exists already")
	ErrReservedGroup  = errors.New("reserved: every account has it, and keeps it")
	ErrGroupInUse     = errors.New("is in use")
	ErrTooManyGroups  = errors.New("the account has as many security groups as it may have")
	ErrBadName        = errors.New("not a name for a security group: up to 255 printable characters of ASCII, not sg-… and no blank at either end")
	ErrBadDescription = errors.New("it needs a description: up to 255 printable characters of ASCII")

	ErrBadRule      = errors.New("not a rule")
	ErrRuleExists   = errors.New("the rule exists already")
	ErrUnknownRule  = errors.New("the group has no such rule")
	ErrTooManyRules = errors.New("the group has as many rules as it may have")

	// ErrUnknownAddress: the account holds no such elastic address.
	ErrUnknownAddress   = errors.New("not an elastic address of the account")
	ErrTooManyAddresses = errors.New("the account holds as many elastic addresses as it may hold")

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
