package images

import (
	"context"
	"slices"

	"emikit/cloud/caller"
)

// Words of a Query that stand for accounts.
const (
	self     = "self"
	everyone = "all"
)

// Describe lists the images that the caller may see and that the query asks
// for, the newest first. Deregistered images are not among them.
func (s *Service) Describe(ctx context.Context, who caller.Caller, q Query) ([]Image, error) {
	all, err := s.listed(ctx)
	if err != nil {
		return nil, err
	}
	permitted, err := s.grants(ctx)
	if err != nil {
		return nil, err
	}
	visible := slices.DeleteFunc(all, func(i Image) bool { return !permitted.of(i).visibleTo(who) })
	if err := s.nameOwners(ctx, visible); err != nil {
		return nil, err
	}
	ids := make([]string, len(q.IDs))
	for n, id := range q.IDs {
		ids[n] = canonicalID(id)
		if !slices.ContainsFunc(visible, func(i Image) bool { return i.ID == ids[n] }) {
			return nil, notFound(id)
		}
	}
	return slices.DeleteFunc(visible, func(i Image) bool {
		return len(ids) > 0 && !slices.Contains(ids, i.ID) || !q.matches(who, permitted.of(i))
	}), nil
}

// nameOwners fills in the names of the accounts.
func (s *Service) nameOwners(ctx context.Context, all []Image) error {
	names := make(map[string]string)
	for n := range all {
		owner := all[n].Owner
		name, known := names[owner]
		if !known {
			var err error
			if name, err = s.config.Trust.AccountName(ctx, owner); err != nil {
				return err
			}
			names[owner] = name
		}
		all[n].OwnerName = name
	}
	return nil
}

// matches applies Owners and ExecutableBy.
func (q Query) matches(who caller.Caller, i audience) bool {
	owned := func(word string) bool {
		return word == i.Owner || word == i.OwnerName || word == self && i.Owner == who.Account
	}
	runnable := func(word string) bool {
		if word == self {
			return i.Owner == who.Account || i.permits(who)
		}
		permitted := slices.Contains(i.accounts, word) && (who.Owns(i.Owner) || word == who.Account)
		return word == everyone && i.Public || word == i.Owner || permitted
	}
	return (len(q.Owners) == 0 || slices.ContainsFunc(q.Owners, owned)) &&
		(len(q.ExecutableBy) == 0 || slices.ContainsFunc(q.ExecutableBy, runnable))
}

// Deregister takes an image off the register. Its owner may, and so may an
// administrator. Instances that run it go on, and the bundle stays in its
// bucket.
func (s *Service) Deregister(ctx context.Context, who caller.Caller, id string) error {
	r, err := s.owned(ctx, who, id, "deregister it")
	if err != nil {
		return err
	}
	if err := s.remove(ctx, r.ID); err != nil {
		return err
	}
	s.config.Log.Info("image deregistered", "image", r.ID, "location", r.Location, "account", who.Account)
	return nil
}
