package network

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

const (
	// maxGroups is how many groups an account may have. Each has a VLAN and a
	// network of its own, of which a cloud has some four thousand.
	maxGroups = 100
	// maxName is the longest name or description of a group, in bytes, as on EC2.
	maxName = 255
	// idPrefix begins every group's id, and no group's name.
	idPrefix = "sg-"
)

// CreateGroup makes a security group without rules. The errors are [ErrBadName],
// [ErrBadDescription], [ErrReservedGroup], [ErrGroupExists], [ErrTooManyGroups] and
// [ErrNoNetwork]; without an account [ErrNoAccount].
func (s *Service) CreateGroup(ctx context.Context, account, name, description string) (made Group, err error) {
	if err := checkNewGroup(account, name, description); err != nil {
		return Group{}, err
	}
	err = s.db.Update(ctx, func(tx *sql.Tx) error {
		all, err := s.ensureDefault(ctx, tx, account)
		if err != nil {
			return err
		}
		if _, err := find(all, name); err == nil {
			return ErrGroupExists
		}
		if len(all) >= maxGroups {
			return fmt.Errorf("%w: %d", ErrTooManyGroups, maxGroups)
		}
		made, err = s.insertGroup(ctx, tx, Group{Account: account, Name: name, Description: description})
		return err
	})
	if err != nil {
		return Group{}, fmt.Errorf("security group %q: %w", name, err)
	}
	return made, nil
}

func checkNewGroup(account, name, description string) error {
	switch {
	case account == "":
		return fmt.Errorf("security group: %w", ErrNoAccount)
	case name == DefaultGroup:
		return fmt.Errorf("security group %q: %w", name, ErrReservedGroup)
	case !isText(name) || strings.TrimSpace(name) != name || strings.HasPrefix(name, idPrefix):
		return fmt.Errorf("security group %.40q: %w", name, ErrBadName)
	case !isText(description):
		return fmt.Errorf("security group %q: %w", name, ErrBadDescription)
	}
	return nil
}

// isText reports whether s is what EC2 takes as a name or description: printable
// ASCII, some of it.
func isText(s string) bool {
	other := func(r rune) bool { return r < ' ' || r > '~' }
	return s != "" && len(s) <= maxName && !strings.ContainsFunc(s, other)
}

// DeleteGroup removes the security group of this name or id, with its rules. The
// errors are [ErrUnknownGroup], [ErrReservedGroup] for the default group, and
// [ErrGroupInUse] while instances that have not ended are in it or another of the
// account's groups lets it in.
func (s *Service) DeleteGroup(ctx context.Context, account, group string) error {
	if account == "" {
		return fmt.Errorf("security group: %w", ErrNoAccount)
	}
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		all, err := s.ensureDefault(ctx, tx, account)
		if err != nil {
			return err
		}
		g, err := find(all, group)
		if err != nil {
			return err
		}
		if err := s.checkUnused(ctx, tx, g, all); err != nil {
			return fmt.Errorf("security group %q: %w", g.Name, err)
		}
		return deleteGroups(ctx, tx, `id = ?`, g.ID)
	})
}

// checkUnused refuses to let go of a group that something needs.
func (s *Service) checkUnused(ctx context.Context, tx *sql.Tx, g Group, all []Group) error {
	if g.Name == DefaultGroup {
		return ErrReservedGroup
	}
	for _, other := range all {
		for _, r := range other.Rules {
			if r.Source.ID == g.ID && other.ID != g.ID {
				return fmt.Errorf("%w: %q lets it in", ErrGroupInUse, other.Name)
			}
		}
	}
	if s.inUse == nil {
		return nil
	}
	used, err := s.inUse(ctx, tx, g.ID)
	if err == nil && used {
		err = fmt.Errorf("%w: instances are in it", ErrGroupInUse)
	}
	return err
}

// deleteGroups removes the groups for which a condition holds, with their rules.
func deleteGroups(ctx context.Context, tx *sql.Tx, where string, args ...any) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM group_rules
		WHERE group_id IN (SELECT id FROM security_groups WHERE `+where+`)`, args...)
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM security_groups WHERE `+where, args...)
	}
	return err
}
