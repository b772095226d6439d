package cloud

import (
	"cmp"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"emikit/cloud/identity"
	"emikit/cloud/images"
	"emikit/cloud/instances"
	"emikit/cloud/network"
	"emikit/cloud/nodes"
	"emikit/cloud/objects"
	"emikit/cloud/state"
	"emikit/cloud/tags"
)

// Defaults of a Config: the ports of Eucalyptus.
const (
	DefaultListen  = "127.0.0.1"
	DefaultPort    = 8773
	DefaultSSLPort = 8443
)

// localNode is the name of the node in the front end's own process.
const localNode = "node1"

// Config is what a cloud is made of. Dir, NewNode and Log are required.
type Config struct {
	// Dir is the data directory; it is made when missing.
	Dir string
	// Listen is the address to listen on, DefaultListen when empty. One of IPv6
	// may stand in brackets, as in URLs.
	Listen string
	// Port and SSLPort are the ports for HTTP and TLS; 0 takes a free one.
	Port, SSLPort int
	// Zone names the availability zone; empty takes nodes.DefaultZone.
	Zone string
	// NewNode makes the compute node of this process in dir, with the key and
	// certificate that the cloud issued to it. Nil: the cloud has no node.
	NewNode func(ctx context.Context, dir string, key *rsa.PrivateKey, cert *x509.Certificate) (Node, error)
	// SignatureV2 says whose requests may be signed with Version 2; empty means
	// SignatureV2Auto.
	SignatureV2 SignatureV2
	// ImageSignatures says whose manifests may be registered; empty means
	// ImageSignaturesKnown.
	ImageSignatures ImageSignatures
	// UserKernels lets every account register kernels and ramdisks. Otherwise
	// only administrators may.
	UserKernels bool
	// Limits are what users may keep in the object store; zero values are none.
	Limits StoreLimits
	Log    *slog.Logger
}

// StoreLimits are those of the object store.
type StoreLimits = objects.Limits

// Node is a compute node that the cloud owns: it closes it when it ends.
type Node interface {
	instances.Node
	Close(ctx context.Context) error
}

// Cloud is a front end with its services, listening. Serve answers requests;
// Close must be called in the end, served or not.
type Cloud struct {
	config    Config
	host      string // see Host
	state     *state.DB
	identity  *identity.Service
	objects   *objects.Service
	images    *images.Service
	network   *network.Service
	nodes     *nodes.Service
	instances *instances.Service
	tags      *tags.Service
	users     *users
	node      Node // nil without one
	listeners listeners
	doors     doors
	// closers undo the start, last first.
	closers []func(context.Context) error
}

// Open starts a cloud on its data directory: what is needed at a first start
// is made, and what an earlier run left is found again. When it returns the
// ports are open and the credentials of the admin are written; requests are
// answered once Serve runs. Administration over the socket in the data directory
// begins at once.
func Open(ctx context.Context, c Config) (*Cloud, error) {
	c.Listen = cmp.Or(strings.Trim(c.Listen, "[]"), DefaultListen)
	cloud := &Cloud{config: c, host: hostOf(c.Listen)}
	if err := cloud.open(ctx); err != nil {
		return nil, errors.Join(err, cloud.Close(context.WithoutCancel(ctx)))
	}
	return cloud, nil
}

func (c *Cloud) open(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		c.openState, c.openIdentity, c.openPorts, c.openServices, c.tellRepairs, c.openNode, c.openInstances,
		c.openDoors, c.writeCredentials, c.openUsers, c.openAdmin,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Serve answers requests until ctx ends. Registrations that wait for the check
// of their image then get it as pending: the next run takes the check up.
func (c *Cloud) Serve(ctx context.Context) error {
	log := c.config.Log
	log.Info("the cloud serves", "ec2", c.EC2URL(), "s3", c.S3URL(), "tls", c.listeners.secure.Addr().String(),
		"data", c.config.Dir)
	c.warnOfPlainHTTP()
	defer context.AfterFunc(ctx, c.images.Suspend)()
	err := serve(ctx, c.listeners, c.doors, log)
	log.Info("the cloud serves no more", "cause", context.Cause(ctx))
	return err
}

// Close ends the cloud in good order. Instances stay as they are.
func (c *Cloud) Close(ctx context.Context) error {
	var failed error
	for i := len(c.closers) - 1; i >= 0; i-- {
		failed = errors.Join(failed, c.closers[i](ctx))
	}
	c.closers = nil
	return failed
}

func (c *Cloud) onClose(f func(context.Context) error) { c.closers = append(c.closers, f) }

func (c *Cloud) openState(ctx context.Context) (err error) {
	c.state, err = state.Open(ctx, c.config.Dir)
	if err == nil {
		c.onClose(func(context.Context) error { return c.state.Close() })
	}
	return err
}

func (c *Cloud) openIdentity(ctx context.Context) (err error) {
	c.identity, err = identity.Open(ctx, c.state, c.config.Dir, c.Host())
	return err
}

func (c *Cloud) openPorts(ctx context.Context) (err error) {
	c.listeners, err = listen(ctx, c.config.Listen, c.config.Port, c.config.SSLPort, c.identity.ServerCertificate)
	if err == nil {
		c.onClose(func(context.Context) error { return ignoreClosed(c.listeners.close()) })
	}
	return err
}

// openServices makes the services that instances build on.
func (c *Cloud) openServices(ctx context.Context) (err error) {
	if c.objects, err = objects.Open(ctx, c.state, c.config.Dir, c.config.Limits); err != nil {
		return err
	}
	if c.network, err = network.New(network.Config{DB: c.state, InUse: c.groupInUse}); err != nil {
		return err
	}
	if c.nodes, err = nodes.New(nodes.Config{Zone: c.config.Zone}); err != nil {
		return err
	}
	key, err := c.identity.SystemKey(ctx)
	if err != nil {
		return err
	}
	c.images, err = images.New(ctx, images.Config{
		DB: c.state, Objects: imageObjects{c.objects}, Trust: imageTrust{c.identity},
		Presign:    presigner{c.nodeURL(), key, time.Now}.presign,
		Signatures: c.config.ImageSignatures, UserKernels: c.config.UserKernels, Log: c.config.Log,
	})
	if err == nil {
		c.onClose(c.images.Close)
	}
	return err
}

// openInstances comes after the node: its watch begins at once.
func (c *Cloud) openInstances(ctx context.Context) (err error) {
	c.tags = tags.New(c.state)
	c.instances, err = instances.New(ctx, instances.Config{
		DB: c.state, Nodes: c.computeNodes(), Scheduler: c.nodes, Network: launchNetwork{c.network},
		Images: launchImages{c.images}, Keys: launchKeys{c.identity}, Tags: launchTags{c.tags}, Log: c.config.Log,
	})
	if err == nil {
		c.onClose(c.instances.Close)
	}
	return err
}

func (c *Cloud) writeCredentials(ctx context.Context) error {
	err := c.identity.WriteCredentials(ctx, identity.AccountID(identity.AdminName), c.CredentialsDir(), c.endpoints())
	if err != nil {
		return fmt.Errorf("credentials of %s: %w", identity.AdminName, err)
	}
	return nil
}

// Environment is what sourcing the admin's eucarc file sets in a shell. It
// holds a secret.
func (c *Cloud) Environment(ctx context.Context) (map[string]string, error) {
	return c.UserEnvironment(ctx, identity.AdminName)
}

func (c *Cloud) endpoints() identity.Endpoints {
	return identity.Endpoints{EC2: c.EC2URL(), S3: c.S3URL()}
}

// CredentialsDir holds the eucarc file, certificate and keys of the admin.
func (c *Cloud) CredentialsDir() string {
	return filepath.Join(c.config.Dir, "credentials", identity.AdminName)
}

// EC2URL is where the EC2 API is reached, S3URL where Walrus is.
func (c *Cloud) EC2URL() string { return c.base(ec2Path).String() }

// S3URL is where the object store is reached.
func (c *Cloud) S3URL() string { return c.base(s3Path).String() }

func (c *Cloud) base(path string) *url.URL {
	return &url.URL{Scheme: "http", Host: c.hostPort(c.Host()), Path: path}
}

// nodeURL is the object store as the node in this process reaches it.
func (c *Cloud) nodeURL() *url.URL { return c.base(s3Path) }

func (c *Cloud) hostPort(host string) string {
	return net.JoinHostPort(host, strconv.Itoa(portOf(c.listeners.plain)))
}

// Host is the name or address by which clients reach the cloud: the one it
// listens on, or this machine's when it listens on all.
func (c *Cloud) Host() string { return c.host }

func hostOf(listen string) string {
	addr, err := netip.ParseAddr(listen)
	if err != nil || !addr.IsUnspecified() {
		return listen
	}
	if own := outsideAddress(); own != "" {
		return own
	}
	return DefaultListen
}

// outsideAddress is the first address of this machine that is not loopback.
func outsideAddress() string {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return ""
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			return n.IP.String()
		}
	}
	return ""
}

// ignoreClosed drops the errors of closing what Serve has closed already.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
