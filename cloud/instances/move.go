package instances

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// move records that an instance came into a state, if that is a legal
// transition, and returns the state it was in. Whoever asks for a move that is
// not legal is behind the times; nothing happens then. An instance that is
// recorded as terminated has given back its addresses and room.
func (s *Service) move(ctx context.Context, id string, to State, why Reason) (from State, err error) {
	moved := false
	err = s.c.DB.Update(ctx, func(tx *sql.Tx) error {
		from, moved, err = s.moveIn(ctx, tx, id, to, why)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("record that %s is %s: %w", id, to, err)
	}
	if moved {
		s.moved(id, from, to, why)
	}
	return from, nil
}

// moveIn is move inside a transaction. After the commit comes moved.
func (s *Service) moveIn(ctx context.Context, tx *sql.Tx, id string, to State, why Reason) (from State, moved bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT state FROM instances WHERE id = ?`, id).Scan(&from)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, notFound(id)
	}
	if err != nil || !from.canBecome(to) {
		return from, false, err
	}
	// An instance whose end was requested keeps that reason, however it ends.
	_, err = tx.ExecContext(ctx, `UPDATE instances SET state = ?1, changed = ?2,
		reason_code = CASE WHEN state = 'shutting-down' AND reason <> '' THEN reason_code ELSE ?3 END,
		reason = CASE WHEN state = 'shutting-down' AND reason <> '' THEN reason ELSE ?4 END
		WHERE id = ?5`, to, time.Now().UnixMilli(), why.Code, why.Message, id)
	if err == nil && to == StateTerminated {
		err = s.forget(ctx, tx, id)
	}
	return from, err == nil, err
}

// forget gives back the addresses of an instance.
func (s *Service) forget(ctx context.Context, tx *sql.Tx, id string) error {
	if err := s.c.Network.Release(ctx, tx, id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE instances SET private_ip = '', public_ip = '' WHERE id = ?`, id)
	return err
}

// moved is what follows once a move is on the disk.
func (s *Service) moved(id string, from, to State, why Reason) {
	if to == StateTerminated {
		s.c.Scheduler.Release(id)
	}
	log := s.c.Log.With("instance", id, "from", from, "to", to)
	if why.Message != "" {
		log = log.With("reason", why.Message)
	}
	log.Info("instance changed state")
}
