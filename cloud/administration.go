package cloud

import (
	"context"
	"path/filepath"

	"emikit/cloud/admin"
	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/cloud/images"
	"emikit/cloud/instances"
)

// openUsers comes after all services: whoever removes a user asks them what the
// user owns.
func (c *Cloud) openUsers(ctx context.Context) error {
	c.users = &users{
		identity: c.identity, network: c.network, owned: c.ownedBy,
		dir: filepath.Join(c.state.Dir(), "credentials"), at: c.endpoints(), log: c.config.Log,
	}
	return c.users.refreshAll(ctx)
}

// openAdmin opens the socket for those who own the data directory.
func (c *Cloud) openAdmin(ctx context.Context) error {
	server, err := admin.Start(ctx, c.state.Dir(), c.users, c.config.Log)
	if err == nil {
		c.onClose(server.Close)
	}
	return err
}

// ownedBy names what an account owns that must not be left to nobody: buckets,
// images on the register and instances that have not ended.
func (c *Cloud) ownedBy(ctx context.Context, a identity.Account) (owned []string, err error) {
	who := caller.Caller{Account: a.ID, Name: a.Name} // no administrator: these see everybody's
	reservations, err := c.instances.Describe(ctx, who, nil)
	if err != nil {
		return nil, err
	}
	for _, r := range reservations {
		for _, in := range r.Instances {
			if in.State != instances.StateTerminated {
				owned = append(owned, "instance "+in.ID)
			}
		}
	}
	registered, err := c.images.Describe(ctx, who, images.Query{Owners: []string{a.ID}})
	if err != nil {
		return nil, err
	}
	for _, i := range registered {
		owned = append(owned, "image "+i.ID)
	}
	buckets, err := c.objects.Buckets(ctx, who)
	for _, b := range buckets {
		owned = append(owned, "bucket "+b.Name)
	}
	return owned, err
}

// AddUser makes an account in a cloud that runs, as 'emikit user add' does.
func (c *Cloud) AddUser(ctx context.Context, name string, isAdmin bool) (admin.User, error) {
	return c.users.AddUser(ctx, name, isAdmin)
}

// UserEnvironment is what sourcing a user's eucarc file sets in a shell. It holds
// a secret.
func (c *Cloud) UserEnvironment(ctx context.Context, name string) (map[string]string, error) {
	a, err := c.users.find(ctx, name)
	if err != nil {
		return nil, err
	}
	return c.identity.Environment(ctx, a.ID, c.users.folder(a), c.endpoints())
}
