package network

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// maxElastic is how many elastic addresses an account may hold that is no
// administrator's, as on EC2 and in Eucalyptus.
const maxElastic = 5

// Address is a public address that is not free.
type Address struct {
	IP      netip.Addr
	Account string // that holds it
	// Instance has the address now; empty: none.
	Instance string
}

// AllocateAddress gives an account an address from the public pool to keep, until
// it releases it: an elastic one. The errors are [ErrNoAccount], [ErrNoAddress]
// and, unless the account is an administrator's, [ErrTooManyAddresses].
func (s *Service) AllocateAddress(ctx context.Context, account string, admin bool) (netip.Addr, error) {
	if account == "" {
		return netip.Addr{}, fmt.Errorf("address: %w", ErrNoAccount)
	}
	var ip netip.Addr
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		held, err := elastic(ctx, tx, `account = ?`, account)
		if err != nil {
			return err
		}
		if len(held) >= maxElastic && !admin {
			return fmt.Errorf("address: %w: %d", ErrTooManyAddresses, maxElastic)
		}
		if ip, err = s.freePublic(ctx, tx); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO elastic_addresses (ip, account, created) VALUES (?, ?, ?)`,
			ip.String(), account, time.Now().UnixMilli())
		return err
	})
	return ip, err
}

// Addresses lists the elastic addresses of an account in the order in which it got
// them: those given, or all. The error is [ErrUnknownAddress] when it does not hold
// one of them.
func (s *Service) Addresses(ctx context.Context, account string, ips []netip.Addr) (found []Address, err error) {
	if account == "" {
		return nil, fmt.Errorf("addresses: %w", ErrNoAccount)
	}
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		found, err = elastic(ctx, tx, `account = ?`, account)
		return err
	})
	if err != nil || len(ips) == 0 {
		return found, err
	}
	byIP := map[netip.Addr]Address{}
	for _, a := range found {
		byIP[a.IP] = a
	}
	found = nil
	for _, ip := range ips {
		a, ok := byIP[ip]
		if !ok {
			return nil, unknownAddress(ip)
		}
		found = append(found, a)
	}
	return found, nil
}

// AllAddresses lists the elastic addresses of all accounts, for administrators.
func (s *Service) AllAddresses(ctx context.Context) (found []Address, err error) {
	err = s.db.View(ctx, func(tx *sql.Tx) error {
		found, err = elastic(ctx, tx, `1`)
		return err
	})
	return found, err
}

// Moves are the public addresses that instances have after a change, by the
// instances' ids. The zero Addr: there was none left for this one.
type Moves map[string]netip.Addr

// AssociateAddress gives an instance an elastic address of the account in place of
// the one that it has, when tx commits. That goes back to where it came from, and
// an instance that had the elastic one before gets another from the pool.
func (s *Service) AssociateAddress(ctx context.Context, tx *sql.Tx, account string, ip netip.Addr, instance string) (Moves, error) {
	a, err := elasticOf(ctx, tx, account, ip)
	if err != nil || a.Instance == instance {
		return nil, err
	}
	for _, statement := range []string{
		`DELETE FROM addresses WHERE scope = 'public' AND instance = ?`,
		`UPDATE elastic_addresses SET instance = '' WHERE instance = ?`,
	} {
		if _, err := tx.ExecContext(ctx, statement, instance); err != nil {
			return nil, err
		}
	}
	if err := hold(ctx, tx, ip, instance); err != nil {
		return nil, err
	}
	moves := Moves{instance: ip}
	if a.Instance != "" {
		moves[a.Instance], err = s.replace(ctx, tx, a.Instance)
	}
	return moves, err
}

// DisassociateAddress takes an elastic address of the account from the instance
// that has it, which gets another from the pool, when tx commits. One that no
// instance has is left as it is.
func (s *Service) DisassociateAddress(ctx context.Context, tx *sql.Tx, account string, ip netip.Addr) (Moves, error) {
	a, err := elasticOf(ctx, tx, account, ip)
	if err != nil || a.Instance == "" {
		return nil, err
	}
	if err := hold(ctx, tx, ip, ""); err != nil {
		return nil, err
	}
	other, err := s.replace(ctx, tx, a.Instance)
	return Moves{a.Instance: other}, err
}

// ReleaseAddress gives an elastic address of the account back to the pool, when tx
// commits; an instance that has it gets another.
func (s *Service) ReleaseAddress(ctx context.Context, tx *sql.Tx, account string, ip netip.Addr) (Moves, error) {
	moves, err := s.DisassociateAddress(ctx, tx, account, ip)
	if err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM elastic_addresses WHERE ip = ?`, ip.String())
	return moves, err
}

// replace gives an instance an address from the pool, if one is left.
func (s *Service) replace(ctx context.Context, tx *sql.Tx, instance string) (netip.Addr, error) {
	ip, err := s.freePublic(ctx, tx)
	if errors.Is(err, ErrNoAddress) {
		return netip.Addr{}, nil
	}
	if err == nil {
		err = record(ctx, tx, Public, ip, instance)
	}
	return ip, err
}

// hold records which instance has an elastic address.
func hold(ctx context.Context, tx *sql.Tx, ip netip.Addr, instance string) error {
	_, err := tx.ExecContext(ctx, `UPDATE elastic_addresses SET instance = ? WHERE ip = ?`, instance, ip.String())
	return err
}

// elasticOf is the one that the account holds at ip.
func elasticOf(ctx context.Context, tx *sql.Tx, account string, ip netip.Addr) (Address, error) {
	found, err := elastic(ctx, tx, `account = ? AND ip = ?`, account, ip.String())
	if err == nil && len(found) == 0 {
		err = unknownAddress(ip)
	}
	if err != nil {
		return Address{}, err
	}
	return found[0], nil
}

func unknownAddress(ip netip.Addr) error { return fmt.Errorf("%s: %w", ip, ErrUnknownAddress) }

// elastic lists the elastic addresses for which a condition holds.
func elastic(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]Address, error) {
	rows, err := tx.QueryContext(ctx, `SELECT ip, account, instance FROM elastic_addresses WHERE `+where+
		` ORDER BY created, rowid`, args...)
	if err != nil {
		return nil, fmt.Errorf("read elastic addresses: %w", err)
	}
	defer rows.Close()
	var found []Address
	for rows.Next() {
		var (
			a  Address
			ip string
		)
		err := rows.Scan(&ip, &a.Account, &a.Instance)
		if err == nil {
			a.IP, err = netip.ParseAddr(ip)
		}
		if err != nil {
			return nil, fmt.Errorf("read elastic addresses: %w", err)
		}
		found = append(found, a)
	}
	return found, rows.Err()
}
