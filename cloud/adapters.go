package cloud

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/cloud/images"
	"emikit/cloud/instances"
	"emikit/cloud/network"
	"emikit/cloud/objects"
	"emikit/cloud/tags"
	"emikit/metadata"
	"emikit/node"
)

// imageObjects lets registration read bundles as the cloud itself.
type imageObjects struct{ objects *objects.Service }

func (o imageObjects) BucketOwner(ctx context.Context, bucket string) (string, error) {
	b, err := o.objects.Bucket(ctx, caller.System(), bucket)
	return b.Owner, imageError(err)
}

func (o imageObjects) Stat(ctx context.Context, bucket, key string) (images.Object, error) {
	object, err := o.objects.Stat(ctx, caller.System(), bucket, key)
	return images.Object{Size: object.Size, Version: object.Version}, imageError(err)
}

func (o imageObjects) Open(ctx context.Context, bucket, key string) (images.Object, io.ReadCloser, error) {
	object, body, err := o.objects.Open(ctx, caller.System(), bucket, key)
	if err != nil {
		return images.Object{}, nil, imageError(err)
	}
	return images.Object{Size: object.Size, Version: object.Version}, body, nil
}

// imageError says in the words of images what the object store said.
func imageError(err error) error {
	switch {
	case errors.Is(err, objects.ErrNoSuchBucket):
		return fmt.Errorf("%w: %w", images.ErrNoBucket, err)
	case errors.Is(err, objects.ErrNoSuchKey):
		return fmt.Errorf("%w: %w", images.ErrNoObject, err)
	}
	return err
}

// imageTrust adds to identity what registration asks for by other names.
type imageTrust struct{ *identity.Service }

func (t imageTrust) AccountName(ctx context.Context, account string) (string, error) {
	a, err := t.Account(ctx, account)
	return a.Name, err
}

// HasAccount reports whether there is such an account besides the cloud's own.
func (t imageTrust) HasAccount(ctx context.Context, account string) (bool, error) {
	a, err := t.Account(ctx, account)
	if errors.Is(err, identity.ErrNoSuchAccount) {
		return false, nil
	}
	return err == nil && !a.Removed && a.ID != identity.SystemID, err
}

// launchImages tells instances what can be run.
type launchImages struct{ images *images.Service }

func (l launchImages) Choose(ctx context.Context, c caller.Caller, machine, kernel, ramdisk string) (instances.Choice, error) {
	s, err := l.images.Choose(ctx, c, machine, kernel, ramdisk)
	if err != nil {
		return instances.Choice{}, err
	}
	m := s.Machine
	choice := instances.Choice{
		Machine: m.ID, Name: m.Name, Location: m.Location, Arch: m.Arch, Platform: m.Platform,
		ProductCodes: m.ProductCodes, Ancestors: m.Ancestors, Size: m.Size,
	}
	if s.Kernel != nil {
		choice.Kernel = s.Kernel.ID
	}
	if s.Ramdisk != nil {
		choice.Ramdisk = s.Ramdisk.ID
	}
	return choice, nil
}

func (l launchImages) Artifact(ctx context.Context, id string, cert *x509.Certificate) (node.Artifact, error) {
	return l.images.Artifact(ctx, id, cert)
}

// launchKeys finds the public key that an instance gets.
type launchKeys struct{ identity *identity.Service }

func (k launchKeys) PublicKey(ctx context.Context, account, name string) (string, error) {
	pairs, err := k.identity.KeyPairs(ctx, caller.Caller{Account: account}, name)
	if err != nil {
		return "", err
	}
	return pairs[0].PublicKey, nil
}

// launchTags tags new instances.
type launchTags struct{ tags *tags.Service }

func (l launchTags) Tag(ctx context.Context, tx *sql.Tx, account, id string, list []instances.Tag) error {
	all := make([]tags.Tag, len(list))
	for i, t := range list {
		all[i] = tags.Tag(t)
	}
	return l.tags.Tag(ctx, tx, account, id, all)
}

// launchNetwork gives an instance without named groups the default one.
type launchNetwork struct{ network *network.Service }

func (n launchNetwork) Groups(ctx context.Context, account string, names []string) ([]instances.Group, error) {
	if len(names) == 0 {
		names = []string{network.DefaultGroup}
	}
	found, err := n.network.Groups(ctx, account, names)
	if err != nil {
		return nil, err
	}
	groups := make([]instances.Group, len(found))
	for i, g := range found {
		groups[i] = instances.Group{ID: g.ID, Name: g.Name}
	}
	return groups, nil
}

func (n launchNetwork) Allocate(ctx context.Context, tx *sql.Tx, groups []string, instance string) (private, public netip.Addr, err error) {
	return n.network.Allocate(ctx, tx, groups, instance)
}

func (n launchNetwork) Release(ctx context.Context, tx *sql.Tx, instance string) error {
	return n.network.Release(ctx, tx, instance)
}

func (n launchNetwork) MAC(instance string) string { return n.network.MAC(instance) }

// instanceMetadata answers metadata questions from what instances records.
type instanceMetadata struct {
	instances *instances.Service
	// objectURL is the URL of a manifest, from its bucket/key.
	objectURL func(location string) string
}

// ByAddress finds the instance that asks over the network.
func (m instanceMetadata) ByAddress(ctx context.Context, addr netip.Addr) (metadata.Instance, error) {
	in, err := m.instances.ByAddress(ctx, addr)
	if errors.Is(err, instances.ErrNotFound) {
		return metadata.Instance{}, metadata.ErrNotFound
	}
	if err != nil {
		return metadata.Instance{}, err
	}
	return m.describe(in), nil
}

// ask answers for an instance to its owner.
func (m instanceMetadata) ask(ctx context.Context, who caller.Caller, id, path string) ([]byte, bool, error) {
	in, err := m.instances.Details(ctx, who, id)
	if err != nil {
		return nil, false, err
	}
	body, found := metadata.Get(m.describe(in), path)
	return body, found, nil
}

func (m instanceMetadata) describe(in instances.Instance) metadata.Instance {
	groups := make([]string, len(in.Groups))
	for i, g := range in.Groups {
		groups[i] = g.Name
	}
	return metadata.Instance{
		ID: in.ID, ImageID: in.Image, KernelID: in.Kernel, RamdiskID: in.Ramdisk,
		ReservationID: in.ReservationID, LaunchIndex: in.LaunchIndex, Type: in.Type.Name,
		ManifestPath: m.objectURL(in.Location), Zone: in.Zone,
		KeyName: in.KeyName, PublicKey: in.PublicKey,
		PrivateIP: in.PrivateIP, PublicIP: in.PublicIP, MAC: in.MAC,
		Groups: groups, ProductCodes: in.ProductCodes, Ancestors: in.Ancestors,
		UserData: in.UserData,
	}
}
