package images

import (
	"context"
	"database/sql"
	"slices"

	"emikit/cloud/caller"
)

// Permissions say who besides an image's owner may run it.
type Permissions struct {
	Public   bool     // everyone
	Accounts []string // account numbers, sorted
}

// PermissionChange adds and removes permissions. What is both added and removed
// is removed; what is there already, or was not there, is no error.
type PermissionChange struct{ Add, Remove Permissions }

// Permit changes who may run an image. Its owner may, and so may an
// administrator. An account that does not exist is refused: it would be a typing
// mistake that nobody notices.
func (s *Service) Permit(ctx context.Context, who caller.Caller, id string, change PermissionChange) error {
	r, err := s.owned(ctx, who, id, "change who may run it")
	if err != nil {
		return err
	}
	if err := s.checkAccounts(ctx, r.ID, change); err != nil {
		return err
	}
	err = s.config.DB.Update(ctx, func(tx *sql.Tx) error { return permit(ctx, tx, r.ID, change) })
	if err != nil {
		return err
	}
	s.config.Log.Info("launch permissions changed", "image", r.ID, "account", who.Account,
		"added", change.Add, "removed", change.Remove)
	return nil
}

// ResetPermissions makes an image what a new one is: public, and permitted to no
// account in particular, as Eucalyptus 1.x and 2.x do.
func (s *Service) ResetPermissions(ctx context.Context, who caller.Caller, id string) error {
	r, err := s.owned(ctx, who, id, "change who may run it")
	if err != nil {
		return err
	}
	err = s.config.DB.Update(ctx, func(tx *sql.Tx) error {
		if err := setPublic(ctx, tx, r.ID, true); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM launch_permissions WHERE image = ?`, r.ID)
		return err
	})
	if err != nil {
		return err
	}
	s.config.Log.Info("launch permissions reset", "image", r.ID, "account", who.Account)
	return nil
}

// checkAccounts refuses a change that names accounts that do not exist, unless
// it takes back what such an account was given when it did.
func (s *Service) checkAccounts(ctx context.Context, id string, change PermissionChange) error {
	permitted, err := s.permitted(ctx, id)
	if err != nil {
		return err
	}
	for _, account := range slices.Concat(change.Add.Accounts, change.Remove.Accounts) {
		if slices.Contains(permitted, account) {
			continue
		}
		if err := s.accountExists(ctx, account); err != nil {
			return err
		}
	}
	return nil
}

// accountExists refuses a number that is no account's.
func (s *Service) accountExists(ctx context.Context, account string) error {
	exists, err := s.config.Trust.HasAccount(ctx, account)
	if err == nil && !exists {
		return refuse(ErrNoAccount, "Invalid attribute item value %q for userId item type: there is no such account.", shorten(account))
	}
	return err
}

// permit changes the permissions of an image, unless it was deregistered
// meanwhile.
func permit(ctx context.Context, tx *sql.Tx, id string, change PermissionChange) error {
	if change.Add.Public || change.Remove.Public {
		if err := setPublic(ctx, tx, id, !change.Remove.Public); err != nil {
			return err
		}
	}
	for _, account := range change.Add.Accounts {
		_, err := tx.ExecContext(ctx, `INSERT OR IGNORE INTO launch_permissions (image, account)
			SELECT id, ? FROM images WHERE id = ? AND state <> ?`, account, id, StateDeregistered)
		if err != nil {
			return err
		}
	}
	for _, account := range change.Remove.Accounts {
		_, err := tx.ExecContext(ctx, `DELETE FROM launch_permissions WHERE image = ? AND account = ?`, id, account)
		if err != nil {
			return err
		}
	}
	return nil
}

func setPublic(ctx context.Context, tx *sql.Tx, id string, public bool) error {
	_, err := tx.ExecContext(ctx, `UPDATE images SET public = ? WHERE id = ? AND state <> ?`, public, id, StateDeregistered)
	return err
}

// grants are the launch permissions of all images, to accounts: the accounts by
// the image's id.
type grants map[string][]string

func (s *Service) grants(ctx context.Context) (grants, error) {
	type grant struct{ image, account string }
	rows, err := query(ctx, s.config.DB, func(row scanner) (g grant, err error) {
		err = row.Scan(&g.image, &g.account)
		return g, err
	}, `SELECT image, account FROM launch_permissions ORDER BY image, account`)
	all := make(grants)
	for _, g := range rows {
		all[g.image] = append(all[g.image], g.account)
	}
	return all, err
}

// of finds out to whom an image is permitted.
func (g grants) of(i Image) audience { return audience{i, g[i.ID]} }

// permitted returns the accounts that may run an image besides its owner.
func (s *Service) permitted(ctx context.Context, id string) ([]string, error) {
	return query(ctx, s.config.DB, func(row scanner) (account string, err error) {
		err = row.Scan(&account)
		return account, err
	}, `SELECT account FROM launch_permissions WHERE image = ? ORDER BY account`, id)
}

// audience is an image with the accounts that it is permitted to.
type audience struct {
	Image
	accounts []string
}

// audience finds out to whom an image is permitted.
func (s *Service) audience(ctx context.Context, i Image) (audience, error) {
	accounts, err := s.permitted(ctx, i.ID)
	return audience{i, accounts}, err
}

// permits reports whether the image is permitted to the caller as an account.
func (a audience) permits(who caller.Caller) bool {
	return who.Account != "" && slices.Contains(a.accounts, who.Account)
}

// launchableBy reports whether the caller may run the image.
func (a audience) launchableBy(who caller.Caller) bool {
	return a.Public || who.Owns(a.Owner) || a.permits(who)
}

// visibleTo reports whether the caller may know of the image. What is not
// available concerns its owner only.
func (a audience) visibleTo(who caller.Caller) bool {
	return who.Owns(a.Owner) || a.State == StateAvailable && a.launchableBy(who)
}

// owned returns an image that the caller may change or read the attributes of;
// verb says in the refusal which of it. To whom the image is not shown, it does
// not exist.
func (s *Service) owned(ctx context.Context, who caller.Caller, id, verb string) (record, error) {
	r, err := s.load(ctx, id)
	if err != nil {
		return record{}, err
	}
	a, err := s.audience(ctx, r.Image)
	switch {
	case err != nil:
		return record{}, err
	case r.State == StateDeregistered, !a.visibleTo(who):
		return record{}, notFound(id)
	case !who.Owns(r.Owner):
		return record{}, refuse(ErrNotPermitted, "Only the owner of image %s or an administrator can %s.", r.ID, verb)
	}
	return r, nil
}
