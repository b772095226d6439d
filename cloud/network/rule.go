package network

import (
	"fmt"
	"net/netip"
	"strings"
)

// The protocols that a rule may let in.
const (
	TCP  = "tcp"
	UDP  = "udp"
	ICMP = "icmp"
	// AnyProtocol is all three, on all ports.
	AnyProtocol = "-1"
)

// Any is, for ICMP, every type or every code, and the port of AnyProtocol.
const Any = -1

const (
	maxPort = 1<<16 - 1
	maxICMP = 1<<8 - 1 // of a type or a code
)

// Rule lets traffic in from one source.
type Rule struct {
	// Protocol is one of the constants, or 6, 17 or 1, which mean the same.
	Protocol string
	// From and To are the first and the last port; of ICMP the type and the code.
	From, To int
	// Network is the source, in IPv4. The zero value: it is a group.
	Network netip.Prefix
	Source  Source
	// Description is for people.
	Description string
}

// Source is a security group as a source of traffic. That of another account is
// known by what it was called when the rule was made, whether it is there or not:
// nobody learns what groups others have.
type Source struct {
	Account  string // empty in a request: the group's own
	ID, Name string
}

// String is the rule as messages show it.
func (r Rule) String() string {
	what := fmt.Sprintf("%s %d-%d", r.Protocol, r.From, r.To)
	switch {
	case r.Protocol == ICMP:
		what = fmt.Sprintf("%s %d:%d", r.Protocol, r.From, r.To)
	case r.Protocol == AnyProtocol:
		what = "all traffic"
	}
	if r.Network.IsValid() {
		return what + " from " + r.Network.String()
	}
	name := r.Source.Name
	if name == "" {
		name = r.Source.ID
	}
	return what + " from group " + r.Source.Account + "/" + name
}

// normal is the one form of all rules that say the same. all are the groups of
// the account that the rule is for.
func (r Rule) normal(account string, all []Group) (_ Rule, err error) {
	if r.Protocol, err = normalProtocol(r.Protocol); err != nil {
		return Rule{}, err
	}
	if r.Protocol == AnyProtocol {
		r.From, r.To = Any, Any
	}
	if err := r.checkPorts(); err != nil {
		return Rule{}, err
	}
	if r.Description != "" && !isDescription(r.Description) {
		return Rule{}, fmt.Errorf("%w: its description may have 255 of A-Z a-z 0-9, blanks and %s", ErrBadRule, descriptionMarks)
	}
	if !r.Network.IsValid() {
		r.Source, err = r.Source.normal(account, all)
		return r, err
	}
	if r.Source != (Source{}) {
		return Rule{}, fmt.Errorf("%w: it has both a network and a group as its source", ErrBadRule)
	}
	if !r.Network.Addr().Is4() {
		return Rule{}, fmt.Errorf("%w: %s is not a network of IPv4", ErrBadRule, r.Network)
	}
	r.Network = r.Network.Masked() // as EC2 does it
	return r, nil
}

// descriptionMarks are what EC2 takes in a rule's description beside letters,
// digits and blanks.
const descriptionMarks = "._-:/()#,@[]+=&;{}!$*"

func isDescription(s string) bool {
	return isText(s) && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "+descriptionMarks) == ""
}

// normalProtocol knows the names, and the numbers of IANA.
func normalProtocol(p string) (string, error) {
	switch strings.ToLower(p) {
	case TCP, "6":
		return TCP, nil
	case UDP, "17":
		return UDP, nil
	case ICMP, "1":
		return ICMP, nil
	case AnyProtocol, "all":
		return AnyProtocol, nil
	}
	return "", fmt.Errorf("%w: protocol %.40q is none of tcp, udp, icmp and -1, which is all of them", ErrBadRule, p)
}

func (r Rule) checkPorts() error {
	switch r.Protocol {
	case ICMP:
		if r.From < Any || r.From > maxICMP || r.To < Any || r.To > maxICMP {
			return fmt.Errorf("%w: ICMP type %d and code %d: each is from 0 to %d, or -1 for all", ErrBadRule, r.From, r.To, maxICMP)
		}
		if r.From == Any && r.To != Any {
			return fmt.Errorf("%w: all ICMP types, but only code %d", ErrBadRule, r.To)
		}
	case TCP, UDP:
		if r.From < 0 || r.To > maxPort || r.From > r.To {
			return fmt.Errorf("%w: ports %d to %d: they are from 0 to %d, the first not above the last", ErrBadRule, r.From, r.To, maxPort)
		}
	}
	return nil
}

// normal finds a group of the account's own, and takes another account's as it is
// called.
func (s Source) normal(account string, all []Group) (Source, error) {
	name := s.ID
	if name == "" {
		name = s.Name
	}
	switch {
	case name == "":
		return Source{}, fmt.Errorf("%w: it has no source", ErrBadRule)
	case s.Account == "" || s.Account == account:
		g, err := find(all, name)
		return Source{Account: account, ID: g.ID, Name: g.Name}, err
	case !isAccount(s.Account):
		return Source{}, fmt.Errorf("%w: %.40q is not the number of an account, 12 digits", ErrBadRule, s.Account)
	case !isText(name):
		return Source{}, fmt.Errorf("%w: source %.40q: %w", ErrBadRule, name, ErrBadName)
	case strings.HasPrefix(name, idPrefix):
		return Source{Account: s.Account, ID: name}, nil
	}
	return Source{Account: s.Account, Name: name}, nil
}

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }
