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
// recorded as terminated has given back its addresses and room, one that is recorded
// as stopped all but the room of its disk.
func (s *Service) move(ctx context.Context, id string, to State, why Reason) (from State, err error) {
	var m movement
	err = s.c.DB.Update(ctx, func(tx *sql.Tx) error {
		m, err = s.moveIn(ctx, tx, id, to, why)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("record that %s is %s: %w", id, to, err)
	}
	s.moved(m)
	return m.from, nil
}

// movement is what moveIn did.
type movement struct {
	id       string
	from, to State // the same when nothing happened
	why      Reason
}

// moveIn is move inside a transaction. After the commit comes moved.
func (s *Service) moveIn(ctx context.Context, tx *sql.Tx, id string, to State, why Reason) (movement, error) {
	m := movement{id: id, why: why}
	var before Reason
	err := tx.QueryRowContext(ctx, `SELECT state, reason_code, reason FROM instances WHERE id = ?`, id).
		Scan(&m.from, &before.Code, &before.Message)
	if errors.Is(err, sql.ErrNoRows) {
		return m, notFound(id)
	}
	if m.to = m.from; err != nil || !m.from.canBecome(to) {
		return m, err
	}
	// An instance whose end or stop was requested keeps that reason, however it ends.
	requested := m.from == StateShuttingDown || m.from == StateStopping && to == StateStopped
	if requested && before.Message != "" {
		m.why = before
	}
	m.to = to
	_, err = tx.ExecContext(ctx, `UPDATE instances SET state = ?, changed = ?, reason_code = ?, reason = ? WHERE id = ?`,
		to, time.Now().UnixMilli(), m.why.Code, m.why.Message, id)
	if err == nil && (to == StateTerminated || to == StateStopped) {
		err = s.forget(ctx, tx, id)
	}
	return m, err
}

// forget gives back the addresses of an instance.
func (s *Service) forget(ctx context.Context, tx *sql.Tx, id string) error {
	if err := s.c.Network.Release(ctx, tx, id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE instances SET private_ip = '', public_ip = '' WHERE id = ?`, id)
	return err
}

// moved is what follows once a movement is on the disk.
func (s *Service) moved(m movement) {
	if m.from == m.to {
		return
	}
	switch m.to {
	case StateTerminated:
		s.c.Scheduler.Release(m.id)
	case StateStopped:
		s.c.Scheduler.Suspend(m.id)
	}
	log := s.c.Log.With("instance", m.id, "from", m.from, "to", m.to)
	if m.why.Message != "" {
		log = log.With("reason", m.why.Message)
	}
	log.Info("instance changed state")
}
