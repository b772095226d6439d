package identity

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// maxName is the longest name of an account, in bytes.
const maxName = 63

// checkName refuses what cannot name an account: folders and files are called after
// them, and shells, URLs and certificates have them as they are. Digits alone would
// look like an account number.
func checkName(name string) error {
	const digits = "0123456789"
	const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits
	begins := name != "" && strings.ContainsRune(alphanumeric, rune(name[0]))
	if !begins || len(name) > maxName || strings.Trim(name, alphanumeric+"._-") != "" || strings.Trim(name, digits) == "" {
		return fmt.Errorf("account %.70q: %w", name, ErrBadAccountName)
	}
	return nil
}

// AddAccount makes an account with an access key. Its number is random, as in
// Eucalyptus 3 and later. The error is ErrBadAccountName for what cannot be a
// name and ErrAccountExists for one that is taken, in whatever case.
func (s *Service) AddAccount(ctx context.Context, name string, admin bool) (Account, error) {
	if err := checkName(name); err != nil {
		return Account{}, err
	}
	var id string
	err := s.db.Update(ctx, func(tx *sql.Tx) (err error) {
		if err = checkNameIsFree(ctx, tx, name); err != nil {
			return err
		}
		if id, err = freeID(ctx, tx); err != nil {
			return err
		}
		return ensureAccount(ctx, tx, Account{ID: id, Name: name, Admin: admin})
	})
	if err != nil {
		return Account{}, fmt.Errorf("account %q: %w", name, err)
	}
	return s.Account(ctx, id)
}

func checkNameIsFree(ctx context.Context, tx *sql.Tx, name string) error {
	var holder string
	err := tx.QueryRowContext(ctx, "SELECT name FROM accounts WHERE name = ? COLLATE NOCASE", name).Scan(&holder)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	case holder != name:
		return fmt.Errorf("%w: %s, and names must differ in more than case", ErrAccountExists, holder)
	}
	return ErrAccountExists
}

// freeID is a random account number that nobody has or had. It does not begin
// with zeros, which programs that take it for a number would drop.
func freeID(ctx context.Context, tx *sql.Tx) (string, error) {
	const least, most = 100_000_000_000, 999_999_999_999
	for {
		n, err := rand.Int(rand.Reader, big.NewInt(most-least+1))
		if err != nil {
			return "", err
		}
		id := fmt.Sprint(least + n.Int64())
		var taken bool
		err = tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM accounts WHERE id = ?)", id).Scan(&taken)
		if err != nil || !taken {
			return id, err
		}
	}
}

// RemoveAccount takes from an account all that it proves itself with: from now
// on its requests and the bundles that it signed are refused. What it owns stays
// as it is; see that this is nothing. The error is ErrBuiltIn for the accounts
// that every cloud has and ErrNoSuchAccount when there is none of that number.
func (s *Service) RemoveAccount(ctx context.Context, id string) error {
	if id == SystemID || id == AccountID(AdminName) {
		return fmt.Errorf("account %s: %w", id, ErrBuiltIn)
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE accounts SET name = id, admin = 0, password = '', removed = ?
			WHERE id = ? AND NOT removed`, time.Now().UnixMilli(), id)
		if err := oneRow(done, err, ErrNoSuchAccount); err != nil {
			return err
		}
		for _, table := range []string{"access_keys", "certificates", "key_pairs"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE account = ?", id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("account %s: %w", id, err)
	}
	return nil
}

// oneRow returns the error of a statement, or none when it changed no row.
func oneRow(done sql.Result, err, none error) error {
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	if err == nil && n == 0 {
		err = none
	}
	return err
}
