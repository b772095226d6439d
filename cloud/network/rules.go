package network

import (
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"time"
)

// maxRules is how many rules a group may have, as on EC2.
const maxRules = 100

// Authorize adds rules to the security group of this name or id: all of them, or
// none. The errors are [ErrUnknownGroup], also for a source of the same account,
// [ErrBadRule], [ErrRuleExists] and [ErrTooManyRules].
func (s *Service) Authorize(ctx context.Context, account, group string, rules []Rule) error {
	return s.changeRules(ctx, account, group, rules, func(tx *sql.Tx, g Group, rules []Rule) error {
		if len(g.Rules)+len(rules) > maxRules {
			return fmt.Errorf("%w: %d", ErrTooManyRules, maxRules)
		}
		for _, r := range rules {
			if err := insertRule(ctx, tx, g.ID, r); err != nil {
				return fmt.Errorf("%s: %w", r, err)
			}
		}
		return nil
	})
}

// Revoke removes rules from a security group: all of them, or none. Their
// descriptions do not matter. The errors are those of Authorize, and
// [ErrUnknownRule].
func (s *Service) Revoke(ctx context.Context, account, group string, rules []Rule) error {
	return s.changeRules(ctx, account, group, rules, func(tx *sql.Tx, g Group, rules []Rule) error {
		for _, r := range rules {
			if err := deleteRule(ctx, tx, g.ID, r); err != nil {
				return fmt.Errorf("%s: %w", r, err)
			}
		}
		return nil
	})
}

// changeRules brings the rules into their normal form and has change do its part
// in a transaction.
func (s *Service) changeRules(ctx context.Context, account, group string, rules []Rule, change func(*sql.Tx, Group, []Rule) error) error {
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
		normal := make([]Rule, len(rules))
		for i, r := range rules {
			if normal[i], err = r.normal(account, all); err != nil {
				return fmt.Errorf("security group %q: %w", g.Name, err)
			}
		}
		if err := change(tx, g, normal); err != nil {
			return fmt.Errorf("security group %q: %w", g.Name, err)
		}
		return nil
	})
}

func insertRule(ctx context.Context, tx *sql.Tx, group string, r Rule) error {
	result, err := tx.ExecContext(ctx, `INSERT INTO group_rules (group_id, protocol, from_port, to_port, network,
		source_account, source_id, source_name, description, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, append(r.key(group), r.Description, time.Now().UnixMilli())...)
	return changedOne(result, err, ErrRuleExists)
}

func deleteRule(ctx context.Context, tx *sql.Tx, group string, r Rule) error {
	result, err := tx.ExecContext(ctx, `DELETE FROM group_rules WHERE group_id = ? AND protocol = ? AND from_port = ?
		AND to_port = ? AND network = ? AND source_account = ? AND source_id = ? AND source_name = ?`, r.key(group)...)
	return changedOne(result, err, ErrUnknownRule)
}

// key is what tells a rule from the others of all groups.
func (r Rule) key(group string) []any {
	network := ""
	if r.Network.IsValid() {
		network = r.Network.String()
	}
	return []any{group, r.Protocol, r.From, r.To, network, r.Source.Account, r.Source.ID, r.Source.Name}
}

// changedOne is otherwise when a statement has changed nothing.
func changedOne(result sql.Result, err, otherwise error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n == 0 {
		return otherwise
	}
	return err
}

// rulesOf are the rules of an account's groups, by the groups' ids.
func rulesOf(ctx context.Context, tx *sql.Tx, account string) (map[string][]Rule, error) {
	rows, err := tx.QueryContext(ctx, `SELECT group_id, protocol, from_port, to_port, network,
		source_account, source_id, source_name, r.description
		FROM group_rules r JOIN security_groups g ON g.id = group_id WHERE account = ? ORDER BY r.rowid`, account)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	rules := map[string][]Rule{}
	for rows.Next() {
		var (
			r              Rule
			group, network string
		)
		err := rows.Scan(&group, &r.Protocol, &r.From, &r.To, &network,
			&r.Source.Account, &r.Source.ID, &r.Source.Name, &r.Description)
		if err == nil && network != "" {
			r.Network, err = netip.ParsePrefix(network)
		}
		if err != nil {
			return nil, fmt.Errorf("rules of %s: %w", group, err)
		}
		rules[group] = append(rules[group], r)
	}
	return rules, rows.Err()
}
