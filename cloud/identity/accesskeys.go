package identity

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

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

// SystemKey is the access key of the cloud itself (caller.System). The front
// end presigns with it the URLs that nodes fetch parts from; it is the same
// after a restart, so that those URLs stay valid.
func (s *Service) SystemKey(ctx context.Context) (AccessKey, error) {
	return s.accessKey(ctx, SystemID)
}

// accessKey is the newest usable access key of an account.
func (s *Service) accessKey(ctx context.Context, account string) (k AccessKey, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT id, secret FROM access_keys
			WHERE account = ? AND active ORDER BY created DESC, id LIMIT 1`, account).Scan(&k.ID, &k.Secret)
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrUnknownKey
	}
	if err != nil {
		return AccessKey{}, fmt.Errorf("access key of account %s: %w", account, err)
	}
	return k, nil
}
