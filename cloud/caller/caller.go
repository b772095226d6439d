// Package caller says on whose behalf a service of the embedded cloud is asked
// to do something. A door authenticates a request and turns it into a Caller;
// the services decide, from the Caller alone, what is allowed. The type has a
// package of its own so that services need not import one another for it.
package caller

// Caller is an authenticated account. The zero Caller is anonymous: it owns
// nothing and may only read what is public.
type Caller struct {
	// Account is the 12-digit account number, empty for an anonymous caller.
	Account string
	// Name is the account's name, such as "admin". It is for display only.
	Name string
	// Admin is set for the cloud's administrators.
	Admin bool
	// System is set for the cloud itself: registration and the nodes read
	// every bundle, as the aws-exec-read grantee does on a real cloud.
	System bool
}

// System is the cloud itself.
func System() Caller { return Caller{Name: "system", Admin: true, System: true} }

// Reader is the cloud as the nodes speak for it, with URLs that are signed with
// its access key: it reads every object, and may do nothing else that nobody may
// do. Whoever gets hold of that key is no administrator.
func Reader() Caller { return Caller{Name: "system", System: true} }

// Anonymous reports whether nobody was authenticated.
func (c Caller) Anonymous() bool { return c.Account == "" && !c.System }

// Owns reports whether what belongs to account may be changed by the caller:
// its owner may, and so may an administrator.
func (c Caller) Owns(account string) bool {
	return c.Admin || c.Account != "" && c.Account == account
}
