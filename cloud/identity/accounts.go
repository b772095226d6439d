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
	// this number. Its access key speaks for caller.Reader.
	SystemID   = "000000000000"
	SystemName = "system"
)

// Account is somebody who may use the cloud.
type Account struct {
	ID      string // 12 digits
	Name    string
	Admin   bool
	Created time.Time
	// HasPassword is set when a password opens the account.
	HasPassword bool
	// Removed is set for an account that is gone. It can do nothing, but what it
	// left behind still names it; its Name is its ID.
	Removed bool
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
		return caller.Reader()
	}
	return caller.Caller{Account: a.ID, Name: a.Name, Admin: a.Admin}
}

// Account finds an account by its number, also one that was removed. The error
// is ErrNoSuchAccount when there is none.
func (s *Service) Account(ctx context.Context, id string) (Account, error) {
	return s.findAccount(ctx, "id = ?", id)
}

// AccountByName finds an account by its name. The error is ErrNoSuchAccount
// when there is none.
func (s *Service) AccountByName(ctx context.Context, name string) (Account, error) {
	return s.findAccount(ctx, "name = ? AND NOT removed", name)
}

// Accounts lists the accounts of users by name: the cloud's own is not among
// them, nor are those that were removed.
func (s *Service) Accounts(ctx context.Context) (all []Account, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT "+accountColumns+` FROM accounts
			WHERE id <> ? AND NOT removed ORDER BY name COLLATE NOCASE`, SystemID)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			a, err := scanAccount(rows)
			if err != nil {
				return err
			}
			all = append(all, a)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list accounts: %w", err)
	}
	return all, nil
}

const accountColumns = "id, name, admin, created, password <> '', removed <> 0"

// scanAccount reads a row of accountColumns.
func scanAccount(row interface{ Scan(...any) error }) (a Account, err error) {
	var created int64
	err = row.Scan(&a.ID, &a.Name, &a.Admin, &created, &a.HasPassword, &a.Removed)
	a.Created = time.UnixMilli(created)
	return a, err
}

func (s *Service) findAccount(ctx context.Context, where, value string) (a Account, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) (err error) {
		a, err = scanAccount(tx.QueryRowContext(ctx, "SELECT "+accountColumns+" FROM accounts WHERE "+where, value))
		return err
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
