package identity

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/adler32"
	"time"

	"emikit/cloud/caller"
)

// The accounts that every cloud has.
const (
	// AdminName is the name of the first account, an administrator.
	AdminName = "admin"
	// SystemID is the account of the cloud itself, which Eucalyptus 3 gives
	// this number. It stands for caller.System.
	SystemID   = "000000000000"
	SystemName = "system"
)

// Account is somebody who may use the cloud.
type Account struct {
	ID      string // 12 digits
	Name    string
	Admin   bool
	Created time.Time
}

// AccountID is the number of the account with that name, as Eucalyptus 1 and 2
// give it: the Adler-32 sum of the name in 12 digits.
func AccountID(name string) string {
	return fmt.Sprintf("%012d", adler32.Checksum([]byte(name)))
}

func adminAccount() Account  { return Account{ID: AccountID(AdminName), Name: AdminName, Admin: true} }
func systemAccount() Account { return Account{ID: SystemID, Name: SystemName, Admin: true} }

// caller is the account as the services see it.
func (a Account) caller() caller.Caller {
	if a.ID == SystemID {
		return caller.System()
	}
	return caller.Caller{Account: a.ID, Name: a.Name, Admin: a.Admin}
}

// Account finds an account by its number. The error is ErrNoSuchAccount when
// there is none.
func (s *Service) Account(ctx context.Context, id string) (Account, error) {
	return s.findAccount(ctx, "id = ?", id)
}

// AccountByName finds an account by its name. The error is ErrNoSuchAccount
// when there is none.
func (s *Service) AccountByName(ctx context.Context, name string) (Account, error) {
	return s.findAccount(ctx, "name = ?", name)
}

func (s *Service) findAccount(ctx context.Context, where, value string) (a Account, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, "SELECT id, name, admin, created FROM accounts WHERE "+where, value)
		var created int64
		if err := row.Scan(&a.ID, &a.Name, &a.Admin, &created); err != nil {
			return err
		}
		a.Created = time.UnixMilli(created)
		return nil
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoSuchAccount
	}
	if err != nil {
		return Account{}, fmt.Errorf("account %q: %w", value, err)
	}
	return a, nil
}

// ensureAccount makes an account, and an access key for it, unless they exist.
func ensureAccount(ctx context.Context, tx *sql.Tx, a Account) error {
	now := time.Now().UnixMilli()
	_, err := tx.ExecContext(ctx, `INSERT INTO accounts (id, name, admin, created)
		VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, a.ID, a.Name, a.Admin, now)
	if err != nil {
		return err
	}
	// A key that was switched off counts: it is not to be replaced behind the
	// administrator's back.
	key := newAccessKey()
	_, err = tx.ExecContext(ctx, `INSERT INTO access_keys (id, account, secret, created)
		SELECT ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM access_keys WHERE account = ?)`,
		key.ID, a.ID, key.Secret, now, a.ID)
	return err
}
