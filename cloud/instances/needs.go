package instances

import (
	"context"
	"crypto/x509"
	"database/sql"
	"net/netip"

	"emikit/cloud/caller"
	"emikit/node"
)

// Node drives one compute node. Its methods are called concurrently.
type Node interface {
	// Certificate is what bundling keys for this node are enveloped to.
	Certificate(ctx context.Context) (*x509.Certificate, error)
	// Run accepts an instance, or refuses it; the work goes on in the
	// background and shows in Status.
	Run(ctx context.Context, spec node.Spec) error
	// Terminate ends an instance. One that has ended, or that the node does
	// not know (nil or node.ErrUnknownInstance), is fine.
	Terminate(ctx context.Context, id string) error
	Reboot(ctx context.Context, id string) error
	// Stop ends a running instance's machine and keeps its disks, and Start boots it
	// from them again; both show in Status.
	Stop(ctx context.Context, id string) error
	Start(ctx context.Context, s node.Start) error
	// Console is node.ErrUnknownInstance for an instance not launched yet.
	Console(ctx context.Context, id string) (node.Console, error)
	// Status answers as soon as the node's revision is not since: at once for 0.
	Status(ctx context.Context, since uint64) (node.Status, error)
}

// Scheduler knows the VM types and where there is room.
type Scheduler interface {
	Type(name string) (node.VMType, error)
	// Place claims room for up to len(ids) and at least least instances: the
	// i-th name of the answer is the node of ids[i]. It must not wait.
	Place(zone string, vm node.VMType, ids []string, least int) ([]string, error)
	// Claim holds room that was placed before a restart, Release gives it back.
	Claim(nodeName, instance string, vm node.VMType)
	Release(instance string)
	// Suspend gives back what a stopped instance does not need, all but its disk.
	// Resume claims that again, on the same node or not at all.
	Suspend(instance string)
	Resume(nodeName, instance string, vm node.VMType) error
	ZoneOf(nodeName string) string
	// Observe and Lost report what a node said, or that it does not answer.
	Observe(nodeName string, status node.Status)
	Lost(nodeName string, cause error)
}

// Network knows security groups and addresses.
type Network interface {
	// Groups finds an account's groups by name or id; without names, the
	// default one alone.
	Groups(ctx context.Context, account string, names []string) ([]Group, error)
	// Allocate takes an instance's addresses, in the network of the first of the
	// groups with these ids, when tx commits. It fails when one of them is gone. An
	// error with a method Shortage() bool that returns true means that there are no
	// addresses left, and that tx is as it was before.
	Allocate(ctx context.Context, tx *sql.Tx, groups []string, instance string) (private, public netip.Addr, err error)
	// Release gives back what an instance holds when tx commits.
	Release(ctx context.Context, tx *sql.Tx, instance string) error
	MAC(instance string) string
}

// Tagger puts tags on new instances.
type Tagger interface {
	// Tag puts tags on what an account owns when tx commits.
	Tag(ctx context.Context, tx *sql.Tx, account, id string, tags []Tag) error
}

// Images knows what can be run.
type Images interface {
	// Choose checks that the caller may run these images now. An empty kernel
	// or ramdisk stands for the machine image's own.
	Choose(ctx context.Context, c caller.Caller, machine, kernel, ramdisk string) (Choice, error)
	// Artifact is what a node with this certificate needs to fetch an image.
	Artifact(ctx context.Context, id string, cert *x509.Certificate) (node.Artifact, error)
}

// Choice is the images of an instance.
type Choice struct {
	Machine, Kernel, Ramdisk string // ids; empty: none
	Name                     string // of the machine image
	Location                 string // bucket/key of its manifest
	Size                     int64  // of the machine image's content, bytes
	Arch, Platform           string
	ProductCodes, Ancestors  []string
}

// Keys knows the key pairs of accounts.
type Keys interface {
	// PublicKey is the public half in authorized_keys form.
	PublicKey(ctx context.Context, account, name string) (string, error)
}
