package instances

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"emikit/cloud/caller"
)

// Stop requests that running instances stop: their machines end, their disks stay on
// their nodes, their addresses and the rest of their room are given back. It does not
// wait for it, and requesting it again changes nothing. When one of the ids is not the
// caller's ([ErrNotFound]), or of an instance that neither runs nor has been stopped
// ([ErrState]), nothing is done. The changes are in the order of ids.
func (s *Service) Stop(ctx context.Context, c caller.Caller, ids []string) ([]Change, error) {
	targets, err := s.own(ctx, c, ids)
	if err != nil {
		return nil, err
	}
	var moves []movement
	err = s.c.DB.Update(ctx, func(tx *sql.Tx) error {
		for _, in := range targets {
			m, err := s.moveIn(ctx, tx, in.ID, StateStopping, reasonUser())
			if err != nil {
				return err
			}
			if m.to != StateStopping && m.to != StateStopped {
				return &StateError{ID: in.ID, State: m.to}
			}
			moves = append(moves, m)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("stop instances: %w", err)
	}
	return s.followed(targets, moves), nil
}

// Start requests that stopped instances boot again from their disks, with addresses
// that may be others than before. It does not wait for it; those that run or are about
// to are left as they are. It refuses all of them when one is not the caller's
// ([ErrNotFound]), is in another state ([ErrState]), or finds no room on the node that
// has its disk, or no address.
func (s *Service) Start(ctx context.Context, c caller.Caller, ids []string) ([]Change, error) {
	targets, err := s.own(ctx, c, ids)
	if err != nil {
		return nil, err
	}
	var moves []movement
	err = s.c.DB.Update(ctx, func(tx *sql.Tx) error {
		for _, in := range targets {
			m, err := s.startIn(ctx, tx, in)
			moves = append(moves, m)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for _, m := range moves {
			if m.from == StateStopped {
				s.c.Scheduler.Suspend(m.id)
			}
		}
		return nil, fmt.Errorf("start instances: %w", err)
	}
	return s.followed(targets, moves), nil
}

// startIn takes room and addresses for a stopped instance and records it as pending.
func (s *Service) startIn(ctx context.Context, tx *sql.Tx, in Instance) (movement, error) {
	m := movement{id: in.ID}
	if err := tx.QueryRowContext(ctx, `SELECT state FROM instances WHERE id = ?`, in.ID).Scan(&m.from); err != nil {
		return m, err
	}
	switch m.to = m.from; m.from {
	case StatePending, StateRunning:
		return m, nil
	case StateStopped:
	default:
		return m, &StateError{ID: in.ID, State: m.from}
	}
	if err := s.c.Scheduler.Resume(in.Node, in.ID, in.Type); err != nil {
		return m, err
	}
	private, public, err := s.c.Network.Allocate(ctx, tx, groupIDs(in.Groups), in.ID)
	if err != nil {
		return m, err
	}
	m.to = StatePending
	now := time.Now().UnixMilli()
	_, err = tx.ExecContext(ctx, `UPDATE instances SET state = ?, reason_code = '', reason = '', restarted = 1,
		private_ip = ?, public_ip = ?, launched = ?, changed = ? WHERE id = ?`,
		m.to, private.String(), public.String(), now, now, in.ID)
	return m, err
}
