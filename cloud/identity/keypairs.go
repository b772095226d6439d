package identity

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"emikit/cloud/caller"
	"emikit/keypair"
)

const (
	// maxKeyPairName is the longest name of a key pair, in bytes, as EC2 has it.
	maxKeyPairName = 255
	// maxKeyPairs is how many an account may have, as on EC2.
	maxKeyPairs = 5000
)

// KeyPair is the public half of an EC2 key pair. Names are unique within an
// account.
type KeyPair struct {
	Name string
	ID   string // key- and hex digits
	// Fingerprint is what EC2 shows of it: one thing of a key that was made here,
	// another of one that was imported. See package keypair.
	Fingerprint string
	// PublicKey is one line of an authorized_keys file, without its end.
	PublicKey string
}

// CreateKeyPair makes an RSA key pair for the caller's account and returns the
// private half as PKCS#1 PEM. It is not kept: this is the only time that anyone
// sees it. The error is ErrKeyPairExists when the name is in use,
// ErrBadKeyPairName when it cannot be a name.
func (s *Service) CreateKeyPair(ctx context.Context, who caller.Caller, name string) (KeyPair, string, error) {
	if err := checkKeyPairName(name); err != nil {
		return KeyPair{}, "", err
	}
	_, err := s.KeyPairs(ctx, who, name) // before the slow work; insertKeyPair decides
	if err == nil {
		err = ErrKeyPairExists
	}
	if !errors.Is(err, ErrNoSuchKeyPair) {
		return KeyPair{}, "", fmt.Errorf("key pair %q: %w", name, err)
	}
	pair, private, err := newKeyPair(name, who.Name)
	if err == nil {
		pair.ID, err = s.insertKeyPair(ctx, who.Account, pair)
	}
	if err != nil {
		return KeyPair{}, "", fmt.Errorf("key pair %q: %w", name, err)
	}
	return pair, private, nil
}

// KeyPairs lists the key pairs of the caller's account by name: those with the
// given names, or all. The error is ErrNoSuchKeyPair when one of the names is
// unknown.
func (s *Service) KeyPairs(ctx context.Context, who caller.Caller, names ...string) ([]KeyPair, error) {
	if who.Account == "" {
		return nil, ErrAnonymous
	}
	all, err := s.allKeyPairs(ctx, who.Account)
	if err != nil || len(names) == 0 {
		return all, err
	}
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[name] = true
	}
	var found []KeyPair
	for _, pair := range all {
		if wanted[pair.Name] {
			found = append(found, pair)
			delete(wanted, pair.Name)
		}
	}
	for _, name := range names {
		if wanted[name] {
			return nil, fmt.Errorf("key pair %q: %w", name, ErrNoSuchKeyPair)
		}
	}
	return found, nil
}

// DeleteKeyPair forgets a key pair of the caller's account. Instances that have
// its public key keep it. As on EC2 it is no error when there is none.
func (s *Service) DeleteKeyPair(ctx context.Context, who caller.Caller, name string) error {
	if who.Account == "" {
		return ErrAnonymous
	}
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM key_pairs WHERE account = ? AND name = ?", who.Account, name)
		return err
	})
}

func checkKeyPairName(name string) error {
	unprintable := func(r rune) bool { return !unicode.IsPrint(r) }
	if name == "" || len(name) > maxKeyPairName || !utf8.ValidString(name) || strings.ContainsFunc(name, unprintable) {
		return fmt.Errorf("key pair %.40q: %w", name, ErrBadKeyPairName)
	}
	return nil
}

// newKeyPair makes the keys; the public one's comment is user@eucalyptus, as in
// every Eucalyptus.
func newKeyPair(name, user string) (KeyPair, string, error) {
	key, err := rsa.GenerateKey(rand.Reader, rsaBits)
	if err != nil {
		return KeyPair{}, "", err
	}
	private, err := encodeKey(key)
	if err != nil {
		return KeyPair{}, "", err
	}
	pair, err := keypair.NewPrivate(key)
	if err != nil {
		return KeyPair{}, "", err
	}
	fingerprint, err := pair.Fingerprint()
	if err != nil {
		return KeyPair{}, "", err
	}
	line := fmt.Sprintf("%s %s@eucalyptus", pair.Public().Line(), user)
	return KeyPair{Name: name, Fingerprint: fingerprint, PublicKey: line}, string(private), nil
}

// ImportKeyPair makes a key pair of the caller's account from a public key, in one
// of the forms of [keypair.ParsePublic]. Instances get the key with the name of the
// pair as its comment. The errors are ErrBadKeyPairName, ErrBadPublicKey and
// ErrKeyPairExists.
func (s *Service) ImportKeyPair(ctx context.Context, who caller.Caller, name string, public []byte) (KeyPair, error) {
	if who.Account == "" {
		return KeyPair{}, ErrAnonymous
	}
	if err := checkKeyPairName(name); err != nil {
		return KeyPair{}, err
	}
	key, err := keypair.ParsePublic(public)
	if err != nil {
		return KeyPair{}, fmt.Errorf("key pair %q: %w: %w", name, ErrBadPublicKey, err)
	}
	pair := KeyPair{Name: name, Fingerprint: key.Fingerprint(), PublicKey: key.Line() + " " + name}
	if pair.ID, err = s.insertKeyPair(ctx, who.Account, pair); err != nil {
		return KeyPair{}, fmt.Errorf("key pair %q: %w", name, err)
	}
	return pair, nil
}

// insertKeyPair records a key pair under a new id. 64 bits are not drawn twice.
func (s *Service) insertKeyPair(ctx context.Context, account string, k KeyPair) (id string, err error) {
	err = s.db.Update(ctx, func(tx *sql.Tx) error {
		var count int
		err := tx.QueryRowContext(ctx, "SELECT count(*) FROM key_pairs WHERE account = ?", account).Scan(&count)
		if err == nil && count >= maxKeyPairs {
			err = fmt.Errorf("%w: %d", ErrTooManyKeyPairs, maxKeyPairs)
		}
		if err != nil {
			return err
		}
		err = tx.QueryRowContext(ctx, `INSERT INTO key_pairs (account, name, fingerprint, public_key, created, id)
			VALUES (?, ?, ?, ?, ?, 'key-' || hex(randomblob(8))) ON CONFLICT (account, name) DO NOTHING RETURNING id`,
			account, k.Name, k.Fingerprint, k.PublicKey, time.Now().UnixMilli()).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrKeyPairExists
		}
		return err
	})
	return id, err
}

func (s *Service) allKeyPairs(ctx context.Context, account string) (all []KeyPair, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT name, id, fingerprint, public_key FROM key_pairs
			WHERE account = ? ORDER BY name`, account)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var k KeyPair
			if err := rows.Scan(&k.Name, &k.ID, &k.Fingerprint, &k.PublicKey); err != nil {
				return err
			}
			all = append(all, k)
		}
		return rows.Err()
	})
	return all, err
}
