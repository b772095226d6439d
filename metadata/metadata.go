package metadata

import "net/netip"

// Instance is what an instance can learn about itself.
type Instance struct {
	ID            string // i-…
	ImageID       string // emi-…
	KernelID      string // eki-…, empty when there is none
	RamdiskID     string // eri-…, empty when there is none
	ReservationID string // r-…
	Type          string // VM type, such as m1.small
	ManifestPath  string // URL of the machine image's manifest
	Zone          string // availability zone
	KeyName       string // key pair's name, empty when there is none
	PublicKey     string // key pair's public half in authorized_keys form
	LaunchIndex   int    // position in the reservation, from 0
	PrivateIP     netip.Addr
	PublicIP      netip.Addr // invalid when there is none
	Groups        []string   // security groups' names
	ProductCodes  []string
	Ancestors     []string // ids of the images this one was made from
	MAC           string
	UserData      []byte // decoded; nil when there is none
}
