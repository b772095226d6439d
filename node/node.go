package node

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"log/slog"
	"net/http"
	"time"
)

// Names of the files in an instance's folder.
const (
	rootFile    = "root"
	kernelFile  = "kernel"
	ramdiskFile = "ramdisk"
	specFile    = "spec.json"
	stateFile   = "state.json"
	consoleFile = "console.log"
)

// Config is what a node needs to know. Dir, Hypervisor, Key and Certificate
// are required.
type Config struct {
	Dir        string // made when missing; one node at a time may use it
	Hypervisor Hypervisor

	// Key opens the envelopes made for Certificate.
	Key         *rsa.PrivateKey
	Certificate *x509.Certificate

	MaxCores    int // 0: DefaultMaxCores, whatever the machine has
	MaxMemoryMB int // MiB; 0: the machine's memory
	MaxDiskGB   int // GiB; 0: what Dir's filesystem has, see Capacity

	HTTP *http.Client     // fetches parts; nil: http.DefaultClient
	Log  *slog.Logger     // nil: nothing is logged
	Now  func() time.Time // nil: time.Now
}

// Node runs instances. Its methods are safe for concurrent use.
type Node struct{}

// New opens a node and adopts the instances that Dir holds.
func New(ctx context.Context, c Config) (*Node, error) { panic("soon") }

// Certificate is the node's certificate: envelopes are made for its key.
func (n *Node) Certificate(ctx context.Context) (*x509.Certificate, error) { panic("soon") }

// Run accepts or refuses an instance.
func (n *Node) Run(ctx context.Context, s Spec) error { panic("soon") }

// Terminate ends an instance.
func (n *Node) Terminate(ctx context.Context, id string) error { panic("soon") }

// Reboot restarts a running instance.
func (n *Node) Reboot(ctx context.Context, id string) error { panic("soon") }

// Console returns the end of an instance's console.
func (n *Node) Console(ctx context.Context, id string) (Console, error) { panic("soon") }

// Status reports the node once its revision is not since.
func (n *Node) Status(ctx context.Context, since uint64) (Status, error) { panic("soon") }

// Close waits for the node's goroutines.
func (n *Node) Close(ctx context.Context) error { panic("soon") }
