package network

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
)

// Scope tells the two addresses of an instance apart.
type Scope string

const (
	Private Scope = "private"
	Public  Scope = "public"
)

// Allocate gives an instance its two addresses: the private one in the network
// of the first of the groups with these ids, which must all be there, the public
// one from the pool. An instance that has them already is given the same again.
// They are taken when tx commits.
//
// A supply without a free address is an [ExhaustedError], and then nothing is
// taken, so that the caller may commit what it did for other instances.
func (s *Service) Allocate(ctx context.Context, tx *sql.Tx, groups []string, instance string) (private, public netip.Addr, err error) {
	v, err := firstVLAN(ctx, tx, groups)
	if err != nil {
		return netip.Addr{}, netip.Addr{}, err
	}
	private, err = s.choose(ctx, tx, Private, s.hosts(v), s.network(v).String(), instance)
	if err != nil {
		return netip.Addr{}, netip.Addr{}, err
	}
	public, err = s.choose(ctx, tx, Public, s.public, s.public.String(), instance)
	if err != nil {
		return netip.Addr{}, netip.Addr{}, err
	}
	for scope, ip := range map[Scope]netip.Addr{Private: private, Public: public} {
		if err := record(ctx, tx, scope, ip, instance); err != nil {
			return netip.Addr{}, netip.Addr{}, fmt.Errorf("record address %s: %w", ip, err)
		}
	}
	return private, public, nil
}

// Release gives back what the instance holds, when tx commits; an elastic address
// stays its account's. An instance that holds nothing is no error.
func (s *Service) Release(ctx context.Context, tx *sql.Tx, instance string) error {
	for _, statement := range []string{
		`DELETE FROM addresses WHERE instance = ?`,
		`UPDATE elastic_addresses SET instance = '' WHERE instance = ?`,
	} {
		if _, err := tx.ExecContext(ctx, statement, instance); err != nil {
			return fmt.Errorf("release the addresses of %s: %w", instance, err)
		}
	}
	return nil
}

// freePublic is the lowest free address of the public pool.
func (s *Service) freePublic(ctx context.Context, tx *sql.Tx) (netip.Addr, error) {
	return s.choose(ctx, tx, Public, s.public, s.public.String(), nobody)
}

// nobody is no instance's id: the one for whom an address is taken without one.
const nobody = "-"

// choose is the instance's address of this scope, or else the lowest free one
// of the pool, which name describes.
func (s *Service) choose(ctx context.Context, tx *sql.Tx, scope Scope, pool Pool, name, instance string) (netip.Addr, error) {
	rows, err := tx.QueryContext(ctx, `SELECT ip, instance FROM addresses WHERE scope = ?
		UNION ALL SELECT ip, instance FROM elastic_addresses WHERE ? = 'public'`, scope, scope)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("read %s addresses: %w", scope, err)
	}
	defer rows.Close()
	used := map[netip.Addr]bool{}
	for rows.Next() {
		var text, holder string
		if err := rows.Scan(&text, &holder); err != nil {
			return netip.Addr{}, fmt.Errorf("read %s addresses: %w", scope, err)
		}
		ip, err := netip.ParseAddr(text)
		if err != nil || holder == instance {
			return ip, err
		}
		used[ip] = true
	}
	if err := rows.Err(); err != nil {
		return netip.Addr{}, fmt.Errorf("read %s addresses: %w", scope, err)
	}
	free, ok := pool.lowestFree(used)
	if !ok {
		return netip.Addr{}, &ExhaustedError{Scope: scope, Pool: name}
	}
	return free, nil
}

// record notes what an instance has; an elastic address is noted elsewhere.
func record(ctx context.Context, tx *sql.Tx, scope Scope, ip netip.Addr, instance string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO addresses (ip, scope, instance)
		SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM elastic_addresses WHERE ip = ?1)
		ON CONFLICT (instance, scope) DO NOTHING`, ip.String(), scope, instance)
	return err
}
