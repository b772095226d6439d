package identity

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"emikit/cloud/caller"
)

// AccessKey is the name of an access key and its secret. Printing or logging it
// shows the name only.
type AccessKey struct{ ID, Secret string }

// String shows the name only.
func (k AccessKey) String() string { return k.ID }

// GoString shows the name only, so that %#v is harmless as well.
func (k AccessKey) GoString() string { return fmt.Sprintf("identity.AccessKey{ID:%q}", k.ID) }

// LogValue shows the name only.
func (k AccessKey) LogValue() slog.Value { return slog.StringValue(k.ID) }

// newAccessKey makes a key of the sizes that AWS and Eucalyptus 3 use: 20
// upper-case letters and digits that begin with AKI, and a secret of 40. The
// secret has only letters and digits too (200 bits of chance), so nothing on
// its way through shells, files and URLs has to be escaped.
func newAccessKey() AccessKey {
	return AccessKey{ID: "AKI" + rand.Text()[:17], Secret: (rand.Text() + rand.Text())[:40]}
}

// SecretKey finds the secret of an access key, and whom it speaks for. The
// error is ErrUnknownKey when nobody has that key or it is switched off.
func (s *Service) SecretKey(ctx context.Context, accessKey string) (string, caller.Caller, error) {
	var (
		secret string
		who    Account
	)
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT k.secret, a.id, a.name, a.admin
			FROM access_keys k JOIN accounts a ON a.id = k.account
			WHERE k.id = ? AND k.active`, accessKey).Scan(&secret, &who.ID, &who.Name, &who.Admin)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", caller.Caller{}, ErrUnknownKey
	}
	if err != nil {
		return "", caller.Caller{}, fmt.Errorf("look up access key: %w", err)
	}
	return secret, who.caller(), nil
}

// SystemKey is the access key of the cloud itself (caller.Reader). The front
// end presigns with it the URLs that nodes fetch parts from; it is the same
// after a restart, so that those URLs stay valid.
func (s *Service) SystemKey(ctx context.Context) (AccessKey, error) {
	return s.accessKey(ctx, SystemID)
}

// accessKey is the newest usable access key of an account.
func (s *Service) accessKey(ctx context.Context, account string) (k AccessKey, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT id, secret FROM access_keys
			WHERE account = ? AND active ORDER BY created DESC, rowid DESC LIMIT 1`, account).Scan(&k.ID, &k.Secret)
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknownKey
	}
	if err != nil {
		return AccessKey{}, fmt.Errorf("access key of account %s: %w", account, err)
	}
	return k, nil
}

// KeyState is what may be shown of an access key.
type KeyState struct {
	ID      string
	Active  bool // false: it was revoked
	Created time.Time
}

// AccessKeys lists an account's access keys, also the revoked ones, the oldest
// first.
func (s *Service) AccessKeys(ctx context.Context, account string) (all []KeyState, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT id, active, created FROM access_keys
			WHERE account = ? ORDER BY created, rowid`, account)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var (
				k       KeyState
				created int64
			)
			if err := rows.Scan(&k.ID, &k.Active, &created); err != nil {
				return err
			}
			k.Created = time.UnixMilli(created)
			all = append(all, k)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("access keys of account %s: %w", account, err)
	}
	return all, nil
}

// AddAccessKey makes one more access key for an account. Files of credentials
// that are written from now on have this one.
func (s *Service) AddAccessKey(ctx context.Context, account string) (AccessKey, KeyState, error) {
	key := newAccessKey()
	about := KeyState{ID: key.ID, Active: true, Created: time.Now().Truncate(time.Millisecond)}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `INSERT INTO access_keys (id, account, secret, created)
			SELECT ?, id, ?, ? FROM accounts WHERE id = ? AND NOT removed`,
			key.ID, key.Secret, about.Created.UnixMilli(), account)
		return oneRow(done, err, ErrNoSuchAccount)
	})
	if err != nil {
		return AccessKey{}, KeyState{}, fmt.Errorf("access key of account %s: %w", account, err)
	}
	return key, about, nil
}

// RevokeAccessKey makes a key useless for good: from now on requests with it are
// refused. It stays listed, without its secret. The first administrator keeps
// one at least (ErrLastKey), as without it the cloud has no credentials to
// write. The error is ErrNoSuchKey when the account has no such key.
func (s *Service) RevokeAccessKey(ctx context.Context, account, id string) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE access_keys SET active = 0, secret = ''
			WHERE id = ? AND account = ?`, id, account)
		if err := oneRow(done, err, ErrNoSuchKey); err != nil || account != AccountID(AdminName) {
			return err
		}
		var others bool
		err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM access_keys
			WHERE account = ? AND active)`, account).Scan(&others)
		if err == nil && !others {
			err = ErrLastKey
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("access key %.40q: %w", id, err)
	}
	return nil
}
