package identity

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"emikit/cloud/caller"
)

// The rules for new passwords. Eucalyptus asks for five characters; NIST SP
// 800-63B for eight.
const (
	minPassword = 8    // characters
	maxPassword = 1024 // bytes
)

// checkPassword refuses a password that is too easily found, or that could not
// be typed again.
func checkPassword(name, password string) error {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	var fault string
	switch {
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unprintable):
		fault = "it has characters that cannot be typed"
	case utf8.RuneCountInString(password) < minPassword:
		fault = fmt.Sprintf("it has fewer than %d characters", minPassword)
	case len(password) > maxPassword:
		fault = fmt.Sprintf("it has more than %d bytes", maxPassword)
	case strings.Contains(strings.ToLower(password), strings.ToLower(name)):
		fault = "it contains the account's name"
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrBadPassword, fault)
}

// SetPassword gives an account a password, in the place of the one it had. The
// error is ErrBadPassword, with the reason, for one that breaks the rules: at
// least eight characters, not the account's name in it.
func (s *Service) SetPassword(ctx context.Context, account, password string) error {
	owner, err := s.Account(ctx, account)
	if err != nil {
		return err
	}
	if err := checkPassword(owner.Name, password); err != nil {
		return fmt.Errorf("password of %s: %w", owner.Name, err)
	}
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails
	hashed, err := s.hasher.hash(ctx, password, passwordCost(), salt, hashBytes)
	if err != nil {
		return fmt.Errorf("password of %s: %w", owner.Name, err)
	}
	err = s.db.Update(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "UPDATE accounts SET password = ? WHERE id = ? AND NOT removed",
			phc{passwordCost(), salt, hashed}.String(), account)
		return oneRow(done, err, ErrNoSuchAccount)
	})
	if err != nil {
		return fmt.Errorf("password of %s: %w", owner.Name, err)
	}
	return nil
}

// CheckPassword finds whom a name and a password speak for. The error is
// ErrWrongPassword for a wrong one, for an account without any and for a name
// that nobody has; which of these it is does not show in the time it takes
// either. It waits while as many passwords are being checked as memory is given
// to, until ctx ends.
func (s *Service) CheckPassword(ctx context.Context, name, password string) (caller.Caller, error) {
	var (
		who    Account
		stored string
	)
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT id, name, admin, password FROM accounts
			WHERE name = ? AND NOT removed`, name).Scan(&who.ID, &who.Name, &who.Admin, &stored)
	})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return caller.Caller{}, fmt.Errorf("look up account: %w", err)
	}
	right, err := s.hasher.matches(ctx, stored, password)
	switch {
	case err != nil:
		return caller.Caller{}, fmt.Errorf("check password: %w", err)
	case !right:
		return caller.Caller{}, ErrWrongPassword
	}
	return who.caller(), nil
}
