package instances

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"emikit/cloud/caller"
	"emikit/cloud/network"
	"emikit/cloud/nodes"
	"emikit/cloud/state"
	"emikit/node"
)

var (
	alice = caller.Caller{Account: "000000000001", Name: "alice"}
	bob   = caller.Caller{Account: "000000000002", Name: "bob"}
	admin = caller.Caller{Account: "000000000003", Name: "admin", Admin: true}

	errNoImage = errors.New("image does not exist")
	errNoKey   = errors.New("key pair does not exist")
)

const publicKey = "ssh-rsa AAAA alice@eucalyptus"

// cloud is the service with a register of nodes, a network and a database that
// are real, and nodes, images and keys that are not.
type cloud struct {
	t        *testing.T
	service  *Service
	config   Config
	nodes    map[string]*fakeNode
	dir      string
	images   *fakeImages
	pool     string
	perGroup int
	log      strings.Builder // of the service; read it once that was stopped
}

// inCloud runs a test in a bubble of time with a cloud of the given nodes.
func inCloud(t *testing.T, fakes map[string]*fakeNode, test func(t *testing.T, c *cloud)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		for _, f := range fakes { // channels belong to the bubble they are made in
			f.changed = make(chan struct{})
		}
		c := &cloud{t: t, nodes: fakes, dir: dir, images: &fakeImages{}}
		test(t, c)
		c.stop()
	})
}

// start opens the state and starts the service, as a cloud does.
func (c *cloud) start() {
	c.t.Helper()
	db, err := state.Open(c.t.Context(), c.dir)
	if err != nil {
		c.t.Fatalf("open state: %v", err)
	}
	addAccounts(c.t, db)
	c.config.DB = db
	c.config.Network = c.network(db)
	c.config.Scheduler, c.config.Nodes = c.register()
	c.config.Images, c.config.Keys = c.images, fakeKeys{}
	c.config.Log = slog.New(slog.NewTextHandler(&c.log, nil))
	if c.service, err = New(c.t.Context(), c.config); err != nil {
		c.t.Fatalf("start: %v", err)
	}
	synctest.Wait()
}

func (c *cloud) network(db *state.DB) Network {
	c.t.Helper()
	config := network.Config{DB: db, PerNetwork: c.perGroup}
	if c.pool != "" {
		pool, err := network.ParsePool(c.pool)
		if err != nil {
			c.t.Fatal(err)
		}
		config.Public = pool
	}
	n, err := network.New(config)
	if err != nil {
		c.t.Fatalf("network: %v", err)
	}
	return groupsOf{n}
}

func (c *cloud) register() (*nodes.Service, map[string]Node) {
	c.t.Helper()
	r, err := nodes.New(nodes.Config{})
	if err != nil {
		c.t.Fatalf("register of nodes: %v", err)
	}
	all := map[string]Node{}
	for name, f := range c.nodes {
		if err := r.Add(nodes.Info{Name: name}); err != nil {
			c.t.Fatal(err)
		}
		all[name] = f
	}
	return r, all
}

// stop ends the service as a cloud does; what runs goes on.
func (c *cloud) stop() {
	c.t.Helper()
	if c.service == nil {
		return
	}
	if err := c.service.Close(context.Background()); err != nil {
		c.t.Errorf("close: %v", err)
	}
	if err := c.config.DB.Close(); err != nil {
		c.t.Errorf("close state: %v", err)
	}
	c.service = nil
}

// run starts instances, which must succeed.
func (c *cloud) run(r RunRequest) Reservation {
	c.t.Helper()
	reservation, err := c.service.Run(c.t.Context(), alice, r)
	if err != nil {
		c.t.Fatalf("run %+v: %v", r, err)
	}
	synctest.Wait()
	return reservation
}

// one starts one small instance.
func (c *cloud) one() Instance {
	c.t.Helper()
	return c.run(RunRequest{Image: "emi-1", Min: 1, Max: 1}).Instances[0]
}

// get is an instance as it is recorded once nothing moves any more.
func (c *cloud) get(id string) Instance {
	c.t.Helper()
	synctest.Wait()
	in, err := c.service.Details(c.t.Context(), admin, id)
	if err != nil {
		c.t.Fatalf("details of %s: %v", id, err)
	}
	return in
}

// want checks the state of an instance.
func (c *cloud) want(id string, state State, why Reason) {
	c.t.Helper()
	if in := c.get(id); in.State != state || in.Reason != why {
		c.t.Errorf("%s: got %s %+v, want %s %+v", id, in.State, in.Reason, state, why)
	}
}

// addresses lists what the network holds.
func (c *cloud) addresses() []string {
	c.t.Helper()
	var all []string
	err := c.config.DB.View(c.t.Context(), func(tx *sql.Tx) error {
		rows, err := tx.Query(`SELECT instance || ' ' || scope FROM addresses ORDER BY instance, scope`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one string
			if err := rows.Scan(&one); err != nil {
				return err
			}
			all = append(all, one)
		}
		return rows.Err()
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return all
}

func addAccounts(t *testing.T, db *state.DB) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		for _, a := range []caller.Caller{alice, bob, admin} {
			if _, err := tx.Exec(`INSERT OR IGNORE INTO accounts (id, name, admin, created) VALUES (?, ?, ?, 0)`, a.Account, a.Name, a.Admin); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("accounts: %v", err)
	}
}

// groupsOf is the network as this package sees it.
type groupsOf struct{ *network.Service }

func (g groupsOf) Groups(ctx context.Context, account string, names []string) ([]Group, error) {
	if len(names) == 0 {
		names = []string{network.DefaultGroup}
	}
	found, err := g.Service.Groups(ctx, account, names)
	if err != nil {
		return nil, err
	}
	var groups []Group
	for _, f := range found {
		groups = append(groups, Group{ID: f.ID, Name: f.Name})
	}
	return groups, nil
}

// fakeImages knows every image but emi-none.
type fakeImages struct {
	artifact error         // what Artifact answers
	hold     chan struct{} // Artifact waits for it to be closed
}

func (f *fakeImages) Choose(_ context.Context, _ caller.Caller, machine, kernel, ramdisk string) (Choice, error) {
	if machine == "emi-none" {
		return Choice{}, fmt.Errorf("%s: %w", machine, errNoImage)
	}
	choice := Choice{Machine: machine, Kernel: kernel, Ramdisk: ramdisk, Name: "ttylinux.img",
		Location: "image-bucket/ttylinux.img.manifest.xml", Arch: "x86_64",
		ProductCodes: []string{"code"}, Ancestors: []string{"emi-0"}, Size: 1 << 30}
	if machine == "emi-large" {
		choice.Size = 3 << 30
	}
	return choice, nil
}

func (f *fakeImages) Artifact(ctx context.Context, id string, _ *x509.Certificate) (node.Artifact, error) {
	if f.hold != nil {
		select {
		case <-f.hold:
		case <-ctx.Done():
			return node.Artifact{}, ctx.Err()
		}
	}
	return node.Artifact{ImageID: id}, f.artifact
}

// fakeKeys knows the key pair admin_key of alice.
type fakeKeys struct{}

func (fakeKeys) PublicKey(_ context.Context, account, name string) (string, error) {
	if account == alice.Account && name == "admin_key" {
		return publicKey, nil
	}
	return "", fmt.Errorf("%s: %w", name, errNoKey)
}

// small fits exactly n instances of the smallest type.
func small(n int) node.Capacity {
	return node.Capacity{Cores: n, MemoryMB: 128 * n, DiskGB: 2 * n}
}

// oneNode is a cloud's only node.
func oneNode(f *fakeNode) map[string]*fakeNode { return map[string]*fakeNode{"node1": f} }

// advance lets time pass.
func advance(d time.Duration) {
	time.Sleep(d) // in the bubble's time
	synctest.Wait()
}

// addr may be compared as it is.
type addr = netip.Addr

// count is the number of rows in a table.
func (c *cloud) count(table string) (n int) {
	c.t.Helper()
	err := c.config.DB.View(c.t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n)
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return n
}
