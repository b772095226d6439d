package instances

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
)

// groupIDs are the ids of some groups.
func groupIDs(groups []Group) []string {
	ids := make([]string, len(groups))
	for i, g := range groups {
		ids[i] = g.ID
	}
	return ids
}

// InGroup reports whether an instance that has not ended is in the security group
// with this id.
func (s *Service) InGroup(ctx context.Context, tx *sql.Tx, group string) (found bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1`+fromInstances+`, json_each(r.groups) g
		WHERE i.state <> ? AND g.value ->> 'ID' = ?)`, StateTerminated, group).Scan(&found)
	if err != nil {
		return false, fmt.Errorf("instances in %s: %w", group, err)
	}
	return found, nil
}

// Readdress records the public addresses that instances get from change, in the
// same transaction; the zero Addr is none. An instance that is named as live must be
// pending or running then, or the error is [ErrState].
func (s *Service) Readdress(ctx context.Context, live string, change func(tx *sql.Tx) (map[string]netip.Addr, error)) error {
	return s.c.DB.Update(ctx, func(tx *sql.Tx) error {
		if err := checkLive(ctx, tx, live); err != nil {
			return err
		}
		moves, err := change(tx)
		if err != nil {
			return err
		}
		for id, ip := range moves {
			text := ""
			if ip.IsValid() {
				text = ip.String()
			}
			if _, err := tx.ExecContext(ctx, `UPDATE instances SET public_ip = ? WHERE id = ?`, text, id); err != nil {
				return fmt.Errorf("record the address of %s: %w", id, err)
			}
		}
		return nil
	})
}

func checkLive(ctx context.Context, tx *sql.Tx, id string) error {
	if id == "" {
		return nil
	}
	var state State
	err := tx.QueryRowContext(ctx, `SELECT state FROM instances WHERE id = ?`, id).Scan(&state)
	if err == nil && state != StatePending && state != StateRunning {
		return &StateError{ID: id, State: state}
	}
	if errors.Is(err, sql.ErrNoRows) {
		return notFound(id)
	}
	return err
}
