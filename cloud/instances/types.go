package instances

import (
	"net/netip"
	"time"

	"emikit/node"
)

const (
	// MaxUserData is the largest user data, in bytes after decoding.
	MaxUserData = 16 << 10
	// MaxClientToken is the longest client token, in bytes, as on EC2.
	MaxClientToken = 64
	// MaxPerRun is the greatest number of instances that one request starts.
	MaxPerRun = 100
)

// RunRequest asks for instances.
type RunRequest struct {
	Image           string // emi-…
	Kernel, Ramdisk string // eki-… and eri-…; empty: the image's own
	Type            string // VM type; empty: the default one
	KeyName         string // key pair of the account; empty: none
	Zone            string // empty: any
	// ClientToken makes a request that is sent again return what the first one
	// started. Empty: no such protection.
	ClientToken string `json:"-"`
	// As many instances are started as there is room for, from Min to Max.
	Min, Max int
	Groups   []string // names or ids of security groups; empty: the default one
	UserData []byte   // decoded
	// Protected instances must not be terminated.
	Protected bool  `json:",omitzero"`
	Tags      []Tag `json:",omitempty"` // of each instance
}

// Tag is a text on an instance.
type Tag struct{ Key, Value string }

// Group is a security group of a reservation.
type Group struct{ ID, Name string }

// Reservation is what one request started.
type Reservation struct {
	ID, Account string
	Groups      []Group
	Created     time.Time
	Instances   []Instance // by launch index
}

// Instance is an instance as it is recorded.
type Instance struct {
	ID, ReservationID, Account string
	LaunchIndex                int // from 0 in its reservation

	Image, Kernel, Ramdisk  string // emi-, eki-, eri- ids; empty: none
	ImageName               string
	Location                string // bucket/key of the machine image's manifest
	Arch, Platform          string
	ProductCodes, Ancestors []string

	Type                node.VMType // as it was when the instance was launched
	KeyName, PublicKey  string      // empty without a key pair
	ClientToken         string      // of the request that started it, if it had one
	Groups              []Group
	Zone, Node          string
	State               State
	Reason              Reason
	PrivateIP, PublicIP netip.Addr // invalid once terminated or stopped
	MAC                 string
	Launched            time.Time // when it was requested, or started again
	Changed             time.Time // when it came into its state
	Protected           bool      // from being terminated
	Restarted           bool      // it was stopped before
	// Unseen is since when its node does not answer, zero while it does.
	Unseen time.Time

	// UserData is set by Details and ByAddress only.
	UserData []byte
}

// Change is what Terminate, Stop or Start did to an instance.
type Change struct {
	ID                string
	Previous, Current State
}
