package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/cloud/images"
	"emikit/cloud/instances"
	"emikit/cloud/network"
	"emikit/cloud/nodes"
	"emikit/cloud/tags"
	"emikit/node"
)

// defaultRegion is what Eucalyptus 3 and later call their only region.
const defaultRegion = "eucalyptus"

// Identity knows who asks, and keeps key pairs.
type Identity interface {
	// SecretKey finds the secret of an access key and whom it speaks for. The
	// error is identity.ErrUnknownKey when nobody has that key.
	SecretKey(ctx context.Context, accessKey string) (string, caller.Caller, error)
	CreateKeyPair(ctx context.Context, who caller.Caller, name string) (k identity.KeyPair, privatePEM string, err error)
	ImportKeyPair(ctx context.Context, who caller.Caller, name string, public []byte) (identity.KeyPair, error)
	DeleteKeyPair(ctx context.Context, who caller.Caller, name string) error
	// KeyPairs lists those with the given names, or all.
	KeyPairs(ctx context.Context, who caller.Caller, names ...string) ([]identity.KeyPair, error)
}

// Images registers bundles and keeps what is known of their images.
type Images interface {
	Register(ctx context.Context, who caller.Caller, r images.Request) (images.Image, error)
	Deregister(ctx context.Context, who caller.Caller, id string) error
	Describe(ctx context.Context, who caller.Caller, q images.Query) ([]images.Image, error)
	Attributes(ctx context.Context, who caller.Caller, id string) (images.Attributes, error)
	Permit(ctx context.Context, who caller.Caller, id string, change images.PermissionChange) error
	ResetPermissions(ctx context.Context, who caller.Caller, id string) error
	Redescribe(ctx context.Context, who caller.Caller, id, description string) error
	AddProductCodes(ctx context.Context, who caller.Caller, id string, codes []string) error
}

// Instances runs images.
type Instances interface {
	Run(ctx context.Context, who caller.Caller, r instances.RunRequest) (instances.Reservation, error)
	Describe(ctx context.Context, who caller.Caller, ids []string) ([]instances.Reservation, error)
	Terminate(ctx context.Context, who caller.Caller, ids []string) ([]instances.Change, error)
	Reboot(ctx context.Context, who caller.Caller, ids []string) error
	Stop(ctx context.Context, who caller.Caller, ids []string) ([]instances.Change, error)
	Start(ctx context.Context, who caller.Caller, ids []string) ([]instances.Change, error)
	Details(ctx context.Context, who caller.Caller, id string) (instances.Instance, error)
	Modify(ctx context.Context, who caller.Caller, id string, m instances.Modification) error
	Console(ctx context.Context, who caller.Caller, id string) (node.Console, error)
}

// Network keeps the security groups and the elastic addresses of accounts.
type Network interface {
	// Groups lists those with the given names or ids, or all.
	Groups(ctx context.Context, account string, names []string) ([]network.Group, error)
	CreateGroup(ctx context.Context, account, name, description string) (network.Group, error)
	// A group is given by its name or id from here on.
	DeleteGroup(ctx context.Context, account, group string) error
	Authorize(ctx context.Context, account, group string, rules []network.Rule) error
	Revoke(ctx context.Context, account, group string, rules []network.Rule) error

	AllocateAddress(ctx context.Context, account string, admin bool) (netip.Addr, error)
	ReleaseAddress(ctx context.Context, who caller.Caller, ip netip.Addr) error
	AssociateAddress(ctx context.Context, who caller.Caller, ip netip.Addr, instance string) error
	DisassociateAddress(ctx context.Context, who caller.Caller, ip netip.Addr) error
	// Addresses lists those given, or all of the account; AllAddresses everybody's.
	Addresses(ctx context.Context, account string, ips []netip.Addr) ([]network.Address, error)
	AllAddresses(ctx context.Context) ([]network.Address, error)
}

// Nodes knows the zones; verbose adds, for administrators, what they can take and
// their nodes.
type Nodes interface {
	Zones(ctx context.Context, who caller.Caller, verbose bool) ([]nodes.Zone, error)
	// Types are the VM types, smallest first.
	Types() []node.VMType
}

// Tags keeps what accounts write on what is theirs.
type Tags interface {
	Put(ctx context.Context, who caller.Caller, ids []string, tags []tags.Tag) error
	Remove(ctx context.Context, who caller.Caller, ids []string, matches []tags.Match) error
	// List lists those on things of one type, or all.
	List(ctx context.Context, who caller.Caller, of tags.Type) ([]tags.Tagged, error)
}

// Metadata reads what an instance of the caller would read from its metadata
// service at path. The error is ErrNoMetadata when nothing is there.
type Metadata func(ctx context.Context, who caller.Caller, instance, path string) ([]byte, error)

// Config joins the door to the services. All of them are required.
type Config struct {
	Identity  Identity
	Images    Images
	Instances Instances
	Network   Network
	Nodes     Nodes
	Tags      Tags
	Metadata  Metadata

	// CloudCertificate is the certificate that bundles are sealed to, in DER.
	CloudCertificate []byte
	// Region names the cloud's only region; empty means "eucalyptus".
	Region string
	// AllowV2 says for each request whether Signature Version 2 may have signed
	// it. Nil allows that.
	AllowV2 func(*http.Request) bool
	// Log receives one debug line for each request, and the errors that are
	// the cloud's own fault. Nil means no log.
	Log *slog.Logger
	// Now tells the time, which signatures are compared with. Nil means
	// time.Now.
	Now func() time.Time
}

// New returns the door as a handler, to be mounted at any path. The handler
// must see the path that the client asked for: signatures cover it. It bounds
// the size of what it reads; how long a client may take is for whoever serves
// it to say.
func New(c Config) http.Handler {
	if c.Region == "" {
		c.Region = defaultRegion
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	h := &handler{Config: c}
	h.actions = h.table()
	return h
}
