package instances

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// sweepInterval is how often records that have had their time are removed.
const sweepInterval = time.Minute

// sweep removes old records until ctx ends.
func (s *Service) sweep(ctx context.Context) {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := s.removeVanished(ctx); err != nil && ctx.Err() == nil {
			s.c.Log.Error("remove old instances", "error", err)
		}
		if err := s.endHomeless(ctx); err != nil && ctx.Err() == nil {
			s.c.Log.Error("end instances of missing nodes", "error", err)
		}
	}
}

// removeVanished removes the instances that are listed no more, and the
// reservations that have none left.
func (s *Service) removeVanished(ctx context.Context) error {
	return s.c.DB.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM instances WHERE state = 'terminated' AND changed <= ?`, s.vanished())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM reservations WHERE id NOT IN (SELECT reservation FROM instances)`)
		return err
	})
}

// endHomeless records as terminated what ran on nodes that the cloud has no
// more, once they have had the grace period to come back. What is stopped has its
// disks there, and waits for them.
func (s *Service) endHomeless(ctx context.Context) error {
	if time.Since(s.started) < s.c.Grace {
		return nil
	}
	var live []row
	err := s.c.DB.View(ctx, func(tx *sql.Tx) (err error) {
		live, err = s.selectRows(ctx, tx, `i.state NOT IN (?, ?)`, StateTerminated, StateStopped)
		return err
	})
	for _, in := range live {
		if _, ok := s.watches[in.Node]; ok || err != nil {
			continue
		}
		why := reasonServer(fmt.Sprintf("Its node, %s, is no longer part of the cloud.", in.Node))
		_, err = s.move(ctx, in.ID, StateTerminated, why)
	}
	return err
}
