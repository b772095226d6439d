package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/cloud/images"
	"emikit/cloud/instances"
	"emikit/cloud/nodes"
	"emikit/cloud/tags"
	"emikit/ec2"
	"emikit/manifest"
	"emikit/node"
	"emikit/sign"
)

const (
	adminAccount = "000100729354"
	region       = "eucalyptus"
)

var (
	adminKeys = sign.Credentials{AccessKey: "AKIADMIN", SecretKey: "admin's secret"}
	guestKeys = sign.Credentials{AccessKey: "AKIGUEST", SecretKey: "guest's secret"}
	launched  = time.Date(2026, 11, 20, 21, 49, 53, 0, time.UTC)
)

// fakeIdentity knows two accounts and keeps key pairs of either.
type fakeIdentity struct {
	mu    sync.Mutex
	pairs map[string][]identity.KeyPair
}

func (f *fakeIdentity) SecretKey(_ context.Context, key string) (string, caller.Caller, error) {
	switch key {
	case adminKeys.AccessKey:
		return adminKeys.SecretKey, caller.Caller{Account: adminAccount, Name: "admin", Admin: true}, nil
	case guestKeys.AccessKey:
		return guestKeys.SecretKey, caller.Caller{Account: "111122223333", Name: "guest"}, nil
	case "AKIBROKEN":
		return "", caller.Caller{}, fmt.Errorf("database: disk I/O error")
	}
	return "", caller.Caller{}, fmt.Errorf("look up access key: %w", identity.ErrUnknownKey)
}

func (f *fakeIdentity) CreateKeyPair(_ context.Context, who caller.Caller, name string) (identity.KeyPair, string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.ContainsFunc(f.pairs[who.Account], func(k identity.KeyPair) bool { return k.Name == name }) {
		return identity.KeyPair{}, "", fmt.Errorf("key pair %q: %w", name, identity.ErrKeyPairExists)
	}
	k := identity.KeyPair{Name: name, Fingerprint: "1f:51"}
	f.pairs[who.Account] = append(f.pairs[who.Account], k)
	return k, "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\n", nil
}

func (f *fakeIdentity) ImportKeyPair(_ context.Context, who caller.Caller, name string, public []byte) (identity.KeyPair, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !bytes.HasPrefix(public, []byte("ssh-")) {
		return identity.KeyPair{}, fmt.Errorf("key pair %q: %w", name, identity.ErrBadPublicKey)
	}
	k := identity.KeyPair{Name: name, Fingerprint: "0c:a0", PublicKey: string(public)}
	f.pairs[who.Account] = append(f.pairs[who.Account], k)
	return k, nil
}

func (f *fakeIdentity) DeleteKeyPair(_ context.Context, who caller.Caller, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pairs[who.Account] = slices.DeleteFunc(f.pairs[who.Account], func(k identity.KeyPair) bool { return k.Name == name })
	return nil
}

func (f *fakeIdentity) KeyPairs(_ context.Context, who caller.Caller, names ...string) ([]identity.KeyPair, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		if !slices.ContainsFunc(f.pairs[who.Account], func(k identity.KeyPair) bool { return k.Name == name }) {
			return nil, fmt.Errorf("key pair %q: %w", name, identity.ErrNoSuchKeyPair)
		}
	}
	return slices.Clone(f.pairs[who.Account]), nil
}

// fakeImages, fakeInstances and the others answer what the test gives them and
// keep what they were asked.
type fakeImages struct {
	mu         sync.Mutex // over what was asked; requests come at once
	registered images.Request
	query      images.Query
	changes    []string // of attributes
	attributes images.Attributes
	all        []images.Image
	err        error
}

func (f *fakeImages) Register(_ context.Context, _ caller.Caller, r images.Request) (images.Image, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.registered = r
	return images.Image{ID: "emi-F4CB118E"}, f.err
}

func (f *fakeImages) Deregister(context.Context, caller.Caller, string) error { return f.err }

func (f *fakeImages) Describe(_ context.Context, _ caller.Caller, q images.Query) ([]images.Image, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.query = q
	return slices.Clone(f.all), f.err
}

func (f *fakeImages) Attributes(_ context.Context, who caller.Caller, id string) (images.Attributes, error) {
	a := f.attributes
	if a.ID == "" {
		a.Image = f.all[0]
	}
	return a, f.change("read %s as %s", id, who.Name)
}

func (f *fakeImages) Permit(_ context.Context, who caller.Caller, id string, c images.PermissionChange) error {
	return f.change("permit %s as %s: %+v", id, who.Name, c)
}

func (f *fakeImages) ResetPermissions(_ context.Context, who caller.Caller, id string) error {
	return f.change("reset %s as %s", id, who.Name)
}

func (f *fakeImages) Redescribe(_ context.Context, who caller.Caller, id, description string) error {
	return f.change("describe %s as %s: %q", id, who.Name, description)
}

func (f *fakeImages) AddProductCodes(_ context.Context, who caller.Caller, id string, codes []string) error {
	return f.change("product codes of %s as %s: %q", id, who.Name, codes)
}

// change notes what was to be done.
func (f *fakeImages) change(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, fmt.Sprintf(format, args...))
	return f.err
}

type fakeInstances struct {
	mu      sync.Mutex // over what was asked and all
	run     instances.RunRequest
	all     []instances.Reservation
	changes []instances.Change
	console node.Console
	err     error

	modified instances.Modification
}

func (f *fakeInstances) Run(_ context.Context, _ caller.Caller, r instances.RunRequest) (instances.Reservation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.run = r
	if f.err != nil {
		return instances.Reservation{}, f.err
	}
	started := f.all[0]
	started.Instances = slices.Clone(started.Instances)
	for i := range started.Instances {
		started.Instances[i].ClientToken = r.ClientToken
	}
	return started, nil
}

func (f *fakeInstances) Describe(context.Context, caller.Caller, []string) ([]instances.Reservation, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.all), f.err
}

func (f *fakeInstances) Terminate(context.Context, caller.Caller, []string) ([]instances.Change, error) {
	return f.changes, f.err
}

func (f *fakeInstances) Reboot(context.Context, caller.Caller, []string) error { return f.err }

func (f *fakeInstances) Stop(_ context.Context, _ caller.Caller, ids []string) ([]instances.Change, error) {
	return f.changes, f.err
}

func (f *fakeInstances) Start(_ context.Context, _ caller.Caller, ids []string) ([]instances.Change, error) {
	return f.changes, f.err
}

func (f *fakeInstances) Details(_ context.Context, _ caller.Caller, id string) (instances.Instance, error) {
	for _, r := range f.all {
		for _, i := range r.Instances {
			if i.ID == id {
				return i, f.err
			}
		}
	}
	return instances.Instance{}, fmt.Errorf("%s: %w", id, instances.ErrNotFound)
}

func (f *fakeInstances) Modify(_ context.Context, _ caller.Caller, id string, m instances.Modification) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.modified = m
	return f.err
}

func (f *fakeInstances) Console(context.Context, caller.Caller, string) (node.Console, error) {
	return f.console, f.err
}

type fakeNodes struct{}

func (fakeNodes) Zones(_ context.Context, who caller.Caller, verbose bool) ([]nodes.Zone, error) {
	zone := nodes.Zone{Name: "cluster1", State: nodes.ZoneAvailable}
	if verbose && who.Admin { // as the service decides
		zone.Rows = []nodes.TypeRow{{VMType: node.VMType{Name: "m1.small", CPUs: 1, MemoryMB: 128, DiskGB: 2}, Free: 4, Max: 8}}
		zone.Nodes = []nodes.NodeRow{
			{
				Info: nodes.Info{Name: "node1", Address: "127.0.0.1"}, Up: true, Hypervisor: "mock", Instances: 2,
				Total: node.Capacity{Cores: 32, MemoryMB: 4096, DiskGB: 100}, Free: node.Capacity{Cores: 30, MemoryMB: 3840, DiskGB: 96},
				Seen: launched,
			},
			{Info: nodes.Info{Name: "node2"}, Message: "connection refused"},
		}
	}
	return []nodes.Zone{zone}, nil
}

func (fakeNodes) Types() []node.VMType {
	return []node.VMType{{Name: "m1.small", CPUs: 1, MemoryMB: 128, DiskGB: 2}, {Name: "c1.xlarge", CPUs: 4, MemoryMB: 2048, DiskGB: 20}}
}

// fakeTags lists what it has, and notes what is changed.
type fakeTags struct {
	mu      sync.Mutex // over changes
	all     []tags.Tagged
	changes []string
	err     error
}

func (f *fakeTags) Put(_ context.Context, _ caller.Caller, ids []string, all []tags.Tag) error {
	return f.change("put %v on %v", all, ids)
}

func (f *fakeTags) Remove(_ context.Context, _ caller.Caller, ids []string, matches []tags.Match) error {
	var texts []string
	for _, m := range matches {
		text := m.Key
		if m.Value != nil {
			text += "=" + *m.Value
		}
		texts = append(texts, text)
	}
	return f.change("remove %q from %v", texts, ids)
}

func (f *fakeTags) change(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, fmt.Sprintf(format, args...))
	return f.err
}

func (f *fakeTags) List(_ context.Context, who caller.Caller, of tags.Type) (found []tags.Tagged, _ error) {
	for _, t := range f.all {
		if who.Admin && (of == "" || t.Type == of) {
			found = append(found, t)
		}
	}
	return found, nil
}

// cloud is a door over fakes, listening.
type cloud struct {
	*httptest.Server
	identity  *fakeIdentity
	images    *fakeImages
	instances *fakeInstances
	network   *fakeNetwork
	tags      *fakeTags
	config    Config // what prepare adds to it
}

// path is where the door is mounted.
const path = "/services/compute"

// newCloud starts a door; prepare tells the fakes beforehand what to answer.
func newCloud(t *testing.T, prepare ...func(*cloud)) *cloud {
	t.Helper()
	c := &cloud{
		identity:  &fakeIdentity{pairs: map[string][]identity.KeyPair{}},
		images:    &fakeImages{all: sampleImages()},
		instances: &fakeInstances{all: sampleReservations()},
		network:   &fakeNetwork{},
		tags:      &fakeTags{},
	}
	for _, p := range prepare {
		p(c)
	}
	metadata := func(_ context.Context, who caller.Caller, id, path string) ([]byte, error) {
		switch {
		case !who.Admin:
			return nil, fmt.Errorf("%s: %w", id, instances.ErrNotFound)
		case path != "/latest/meta-data/ami-id":
			return nil, ErrNoMetadata
		}
		return []byte("emi-F4CB118E"), nil
	}
	c.config.Identity, c.config.Images, c.config.Instances = c.identity, c.images, c.instances
	c.config.Network, c.config.Nodes, c.config.Metadata = c.network, fakeNodes{}, metadata
	c.config.Tags = c.tags
	mux := http.NewServeMux()
	mux.Handle(path, New(c.config))
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

func (c *cloud) client(t *testing.T, keys sign.Credentials, version int) *ec2.Client {
	t.Helper()
	client, err := ec2.NewClient(ec2.Config{
		Endpoint: c.URL + path, Region: region, Credentials: keys, SignatureVersion: version,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func sampleImages() []images.Image {
	return []images.Image{
		{
			ID: "emi-F4CB118E", Location: "image-bucket/ttylinux.img.manifest.xml", Owner: adminAccount, OwnerName: "admin",
			Kind: manifest.KindMachine, Arch: "x86_64", KernelID: "eki-38AC43DC", RamdiskID: "eri-98FE2101", Public: true,
			State: images.StateAvailable, Name: "ttylinux.img", Registered: launched, ProductCodes: []string{"PC1"},
			Mappings: []manifest.Mapping{{Virtual: "ephemeral0", Device: "sda2"}},
		},
		{
			ID: "eki-38AC43DC", Location: "kernel-bucket/vmlinuz.manifest.xml", Owner: adminAccount, OwnerName: "admin",
			Kind: manifest.KindKernel, Arch: "x86_64", Public: true, State: images.StateFailed,
			Reason: "The image cannot be recovered.", Name: "vmlinuz", Registered: launched,
		},
	}
}

func sampleReservations() []instances.Reservation {
	group := []instances.Group{{ID: "sg-00000001", Name: "default"}}
	running := instances.Instance{
		ID: "i-3F170798", Account: adminAccount, Image: "emi-F4CB118E", Kernel: "eki-38AC43DC", Arch: "x86_64",
		Type: node.VMType{Name: "m1.small"}, KeyName: "admin_key", Groups: group, Zone: "cluster1",
		State: instances.StateRunning, PrivateIP: netip.MustParseAddr("10.0.2.3"), PublicIP: netip.MustParseAddr("192.168.1.3"),
		Launched: launched,
	}
	ended := running
	ended.ID, ended.LaunchIndex, ended.State = "i-2ECA052C", 1, instances.StateTerminated
	ended.PrivateIP, ended.PublicIP = netip.Addr{}, netip.Addr{}
	ended.Reason = instances.Reason{Code: "Client.UserInitiatedShutdown", Message: "User requested shutdown."}
	return []instances.Reservation{{
		ID: "r-412F078F", Account: adminAccount, Groups: group, Created: launched,
		Instances: []instances.Instance{running, ended},
	}}
}
