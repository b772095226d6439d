package cloud

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"emikit/cloud/admin"
	"emikit/cloud/identity"
)

// users administers accounts and their folders of credentials. It implements
// [admin.Users].
type users struct {
	identity *identity.Service
	network  interface {
		Forget(ctx context.Context, account string) error
	}
	// owned names what of an account must not be left without an owner.
	owned func(ctx context.Context, a identity.Account) ([]string, error)
	dir   string // of all folders of credentials
	at    identity.Endpoints
	log   *slog.Logger

	mu sync.Mutex // held while files change, and the accounts they are of
}

// Users implements [admin.Users], as most methods do.
func (u *users) Users(ctx context.Context) ([]admin.User, error) {
	accounts, err := u.identity.Accounts(ctx)
	if err != nil {
		return nil, err
	}
	all := []admin.User{}
	for _, a := range accounts {
		all = append(all, u.describe(a))
	}
	return all, nil
}

func (u *users) AddUser(ctx context.Context, name string, isAdmin bool) (admin.User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	a, err := u.identity.AddAccount(ctx, name, isAdmin)
	if err != nil {
		return admin.User{}, err
	}
	u.log.Info("account added", "name", a.Name, "account", a.ID, "admin", a.Admin)
	if err := u.identity.WriteCredentials(ctx, a.ID, u.folder(a), u.at); err != nil {
		return admin.User{}, &noCredentials{a.Name, err}
	}
	return u.describe(a), nil
}

// noCredentials is the error of an account that was added but has no files yet.
type noCredentials struct {
	name string
	err  error
}

func (e *noCredentials) Error() string {
	return fmt.Sprintf("account %q was added, but: %v", e.name, e.err)
}
func (e *noCredentials) Unwrap() error { return e.err }

// Hint says how to go on.
func (e *noCredentials) Hint() string {
	return "'emikit user certificates " + e.name + " --new' writes its credentials"
}

// RemoveUser refuses while the account owns anything. What a request makes that
// was let in before is the cloud's administrators' to remove.
func (u *users) RemoveUser(ctx context.Context, name string) (admin.User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	a, err := u.find(ctx, name)
	if err != nil {
		return admin.User{}, err
	}
	if a.ID == identity.AccountID(identity.AdminName) {
		return admin.User{}, fmt.Errorf("account %q: %w", name, identity.ErrBuiltIn)
	}
	owned, err := u.owned(ctx, a)
	if err != nil {
		return admin.User{}, err
	}
	if len(owned) > 0 {
		return admin.User{}, &inUseError{a.Name, owned}
	}
	if err := u.identity.RemoveAccount(ctx, a.ID); err != nil {
		return admin.User{}, err
	}
	u.log.Info("account removed", "name", a.Name, "account", a.ID)
	if err := errors.Join(u.network.Forget(ctx, a.ID), identity.RemoveCredentials(u.folder(a))); err != nil {
		return admin.User{}, fmt.Errorf("account %q was removed, but: %w", a.Name, err)
	}
	return u.describe(a), nil
}

func (u *users) SetPassword(ctx context.Context, name, password string) (admin.User, error) {
	a, err := u.find(ctx, name)
	if err != nil {
		return admin.User{}, err
	}
	if err := u.identity.SetPassword(ctx, a.ID, password); err != nil {
		return admin.User{}, err
	}
	u.log.Info("password set", "name", a.Name, "account", a.ID)
	a, err = u.identity.Account(ctx, a.ID)
	return u.describe(a), err
}

func (u *users) Keys(ctx context.Context, name string) ([]admin.Key, error) {
	a, err := u.find(ctx, name)
	if err != nil {
		return nil, err
	}
	keys, err := u.identity.AccessKeys(ctx, a.ID)
	all := []admin.Key{}
	for _, k := range keys {
		all = append(all, admin.Key{ID: k.ID, Active: k.Active, Created: k.Created.UTC()})
	}
	return all, err
}

func (u *users) AddKey(ctx context.Context, name string) (admin.Key, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	a, err := u.find(ctx, name)
	if err != nil {
		return admin.Key{}, err
	}
	key, about, err := u.identity.AddAccessKey(ctx, a.ID)
	if err != nil {
		return admin.Key{}, err
	}
	u.log.Info("access key added", "name", a.Name, "account", a.ID, "key", key)
	u.refresh(ctx, a)
	return admin.Key{ID: key.ID, Active: true, Created: about.Created.UTC(), Secret: key.Secret}, nil
}

func (u *users) RevokeKey(ctx context.Context, name, id string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	a, err := u.find(ctx, name)
	if err != nil {
		return err
	}
	if err := u.identity.RevokeAccessKey(ctx, a.ID, id); err != nil {
		return err
	}
	u.log.Info("access key revoked", "name", a.Name, "account", a.ID, "key", id)
	u.refresh(ctx, a)
	return nil
}

func (u *users) Certificates(ctx context.Context, name string) ([]admin.Certificate, error) {
	a, err := u.find(ctx, name)
	if err != nil {
		return nil, err
	}
	certs, err := u.identity.OwnCertificates(ctx, a.ID)
	all := []admin.Certificate{}
	for _, c := range certs {
		all = append(all, describeCertificate(c))
	}
	return all, err
}

func (u *users) AddCertificate(ctx context.Context, name, pem string) (admin.Certificate, error) {
	a, err := u.find(ctx, name)
	if err != nil {
		return admin.Certificate{}, err
	}
	c, err := u.identity.AddCertificate(ctx, a.ID, []byte(pem))
	if err != nil {
		return admin.Certificate{}, err
	}
	u.log.Info("certificate added", "name", a.Name, "account", a.ID, "certificate", c.Fingerprint)
	return describeCertificate(c), nil
}

func (u *users) NewCertificate(ctx context.Context, name string) (admin.Certificate, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	a, err := u.find(ctx, name)
	if err != nil {
		return admin.Certificate{}, err
	}
	if err := u.identity.RenewCredentials(ctx, a.ID, u.folder(a), u.at); err != nil {
		return admin.Certificate{}, err
	}
	certs, err := u.identity.OwnCertificates(ctx, a.ID)
	if err != nil {
		return admin.Certificate{}, err
	}
	c := certs[len(certs)-1]
	u.log.Info("certificate made", "name", a.Name, "account", a.ID, "certificate", c.Fingerprint)
	return describeCertificate(c), nil
}

func (u *users) RevokeCertificate(ctx context.Context, name, fingerprint string) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	a, err := u.find(ctx, name)
	if err != nil {
		return err
	}
	if err := u.identity.RevokeCertificate(ctx, a.ID, fingerprint); err != nil {
		return err
	}
	u.log.Info("certificate revoked", "name", a.Name, "account", a.ID, "certificate", fingerprint)
	u.refresh(ctx, a)
	return nil
}

// find is the account of that name; the cloud's own is nobody's to administer.
func (u *users) find(ctx context.Context, name string) (identity.Account, error) {
	a, err := u.identity.AccountByName(ctx, name)
	if err == nil && a.ID == identity.SystemID {
		err = fmt.Errorf("account %q: %w", name, identity.ErrBuiltIn)
	}
	return a, err
}

func (u *users) folder(a identity.Account) string { return filepath.Join(u.dir, a.Name) }

// refresh brings a user's folder up to date with what changed. That it cannot is
// no reason to say that the change failed.
func (u *users) refresh(ctx context.Context, a identity.Account) {
	if err := u.identity.RefreshCredentials(ctx, a.ID, u.folder(a), u.at); err != nil {
		u.log.Warn("credentials are out of date", "name", a.Name, "error", err)
	}
}

// refreshAll brings every user's folder up to date: the cloud may have other
// addresses than when they were written.
func (u *users) refreshAll(ctx context.Context) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	accounts, err := u.identity.Accounts(ctx)
	for _, a := range accounts {
		u.refresh(ctx, a)
	}
	return err
}

func (u *users) describe(a identity.Account) admin.User {
	user := admin.User{Name: a.Name, Account: a.ID, Admin: a.Admin, Created: a.Created.UTC(), HasPassword: a.HasPassword}
	if _, err := os.Stat(u.folder(a)); err == nil {
		user.Credentials = u.folder(a)
	}
	return user
}

func describeCertificate(c identity.Certificate) admin.Certificate {
	return admin.Certificate{Fingerprint: c.Fingerprint, Active: c.Active, Added: c.Added.UTC(), Expires: c.NotAfter.UTC()}
}

// inUseError is [admin.ErrInUse] with what is in use.
type inUseError struct {
	name  string
	owned []string
}

// Error names some of it: a line has an end.
func (e *inUseError) Error() string {
	const most = 6
	named := e.owned[:min(most, len(e.owned))]
	text := fmt.Sprintf("account %q: %v: %s", e.name, admin.ErrInUse, strings.Join(named, ", "))
	if more := len(e.owned) - len(named); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

func (e *inUseError) Is(target error) bool { return target == admin.ErrInUse }

// Hint says what to do, and what to do until that is done.
func (e *inUseError) Hint() string {
	return "remove these first, as the user or as an administrator; " +
		"to lock the user out at once, revoke the keys: 'emikit user keys " + e.name + " --remove ID'"
}
