package network

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"emikit/cloud/state"
)

// DefaultGroup is the security group that every account has.
const DefaultGroup = "default"

const defaultDescription = "default group"

// Group is a security group: the instances in it share a private network, and its
// rules say what is let in from elsewhere.
type Group struct {
	ID, Account, Name, Description string
	VLAN                           int
	Network                        netip.Prefix
	Rules                          []Rule // in the order in which they were made
}

// Groups finds an account's security groups by name or id, in the order asked;
// without names it lists all, by name. The group "default" is made when it is
// first needed. [ErrUnknownGroup] names the first that is not there; without an
// account the error is [ErrNoAccount].
func (s *Service) Groups(ctx context.Context, account string, names []string) ([]Group, error) {
	if account == "" {
		return nil, fmt.Errorf("security groups: %w", ErrNoAccount)
	}
	all, err := s.all(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("security groups of %s: %w", account, err)
	}
	if len(names) == 0 {
		return all, nil
	}
	return pick(all, names)
}

// all lists the account's groups by name, the default one among them.
func (s *Service) all(ctx context.Context, account string) ([]Group, error) {
	var all []Group
	err := s.db.View(ctx, func(tx *sql.Tx) (err error) {
		all, err = s.groups(ctx, tx, account)
		return err
	})
	if err != nil || hasDefault(all) {
		return all, err
	}
	err = s.db.Update(ctx, func(tx *sql.Tx) (err error) {
		all, err = s.ensureDefault(ctx, tx, account)
		return err
	})
	return all, err
}

func hasDefault(groups []Group) bool {
	return slices.ContainsFunc(groups, func(g Group) bool { return g.Name == DefaultGroup })
}

// pick takes the named groups from all, each once.
func pick(all []Group, names []string) ([]Group, error) {
	var found []Group
	for _, name := range names {
		g, err := find(all, name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(found, func(other Group) bool { return other.ID == g.ID }) {
			found = append(found, g)
		}
	}
	return found, nil
}

// find is the group of this name or id. No name looks like an id.
func find(all []Group, name string) (Group, error) {
	i := slices.IndexFunc(all, func(g Group) bool { return g.Name == name || g.ID == name })
	if i < 0 {
		return Group{}, fmt.Errorf("%.300s: %w", name, ErrUnknownGroup)
	}
	return all[i], nil
}

// ensureDefault lists the account's groups by name after making sure that the
// default one is among them.
func (s *Service) ensureDefault(ctx context.Context, tx *sql.Tx, account string) ([]Group, error) {
	all, err := s.groups(ctx, tx, account)
	if err != nil || hasDefault(all) {
		return all, err
	}
	if err := s.insertDefault(ctx, tx, account); err != nil {
		return nil, fmt.Errorf("make the default one: %w", err)
	}
	return s.groups(ctx, tx, account)
}

func (s *Service) insertDefault(ctx context.Context, tx *sql.Tx, account string) error {
	_, err := s.insertGroup(ctx, tx, Group{Account: account, Name: DefaultGroup, Description: defaultDescription})
	return err
}

// insertGroup gives a group an id and a network, and records it.
func (s *Service) insertGroup(ctx context.Context, tx *sql.Tx, g Group) (_ Group, err error) {
	if g.VLAN, err = s.freeVLAN(ctx, tx); err != nil {
		return Group{}, err
	}
	g.ID, g.Network = state.NewID("sg"), s.network(g.VLAN)
	_, err = tx.ExecContext(ctx, `INSERT INTO security_groups
		(id, account, name, description, vlan, created) VALUES (?, ?, ?, ?, ?, ?)`,
		g.ID, g.Account, g.Name, g.Description, g.VLAN, time.Now().UnixMilli())
	return g, err
}

// freeVLAN is the lowest VLAN that no group has.
func (s *Service) freeVLAN(ctx context.Context, tx *sql.Tx) (int, error) {
	rows, err := tx.QueryContext(ctx, `SELECT vlan FROM security_groups ORDER BY vlan`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	vlan := lowestVLAN
	for rows.Next() {
		var used int
		if err := rows.Scan(&used); err != nil {
			return 0, err
		}
		if used == vlan {
			vlan++
		}
	}
	if vlan > s.lastVLAN() {
		return 0, fmt.Errorf("%s: %w", s.subnet, ErrNoNetwork)
	}
	return vlan, rows.Err()
}

// groups lists the account's groups by name, with their rules.
func (s *Service) groups(ctx context.Context, tx *sql.Tx, account string) ([]Group, error) {
	all, err := s.groupsAlone(ctx, tx, account)
	if err != nil || len(all) == 0 {
		return all, err
	}
	rules, err := rulesOf(ctx, tx, account)
	for i := range all {
		all[i].Rules = rules[all[i].ID]
	}
	return all, err
}

func (s *Service) groupsAlone(ctx context.Context, tx *sql.Tx, account string) ([]Group, error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, account, name, description, vlan
		FROM security_groups WHERE account = ? ORDER BY name`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Group
	for rows.Next() {
		var g Group
		if err := rows.Scan(&g.ID, &g.Account, &g.Name, &g.Description, &g.VLAN); err != nil {
			return nil, err
		}
		g.Network = s.network(g.VLAN)
		all = append(all, g)
	}
	return all, rows.Err()
}

// firstVLAN is the VLAN of the first of the groups with these ids. None may be
// gone.
func firstVLAN(ctx context.Context, tx *sql.Tx, groups []string) (first int, err error) {
	if len(groups) == 0 {
		return 0, fmt.Errorf("no security group: %w", ErrUnknownGroup)
	}
	for i, id := range slices.Backward(groups) {
		err := tx.QueryRowContext(ctx, `SELECT vlan FROM security_groups WHERE id = ?`, id).Scan(&first)
		if errors.Is(err, sql.ErrNoRows) {
			err = ErrUnknownGroup
		}
		if err != nil {
			return 0, fmt.Errorf("%s: %w", groups[i], err)
		}
	}
	return first, nil
}
