package instances

import (
	"context"
	"database/sql"
	"fmt"

	"emikit/cloud/caller"
)

// Modification changes an instance. What is nil stays as it is.
type Modification struct {
	Protected *bool
	// Type and UserData can be changed while the instance is stopped. Its disk stays
	// as large as it is, whatever the type.
	Type     *string
	UserData *[]byte
}

// Modify changes an instance of the caller. The errors are [ErrNotFound], [ErrState]
// for what only a stopped instance can be given, [ErrUserDataTooLarge], and that of a
// type that is not known.
func (s *Service) Modify(ctx context.Context, c caller.Caller, id string, m Modification) error {
	if m.UserData != nil && len(*m.UserData) > MaxUserData {
		return fmt.Errorf("%d bytes: %w: at most %d", len(*m.UserData), ErrUserDataTooLarge, MaxUserData)
	}
	if _, err := s.own(ctx, c, []string{id}); err != nil {
		return err
	}
	err := s.c.DB.Update(ctx, func(tx *sql.Tx) error {
		if m.Type != nil || m.UserData != nil {
			if err := checkStopped(ctx, tx, id); err != nil {
				return err
			}
		}
		return s.modifyIn(ctx, tx, id, m)
	})
	if err != nil {
		return fmt.Errorf("modify %s: %w", id, err)
	}
	return nil
}

func checkStopped(ctx context.Context, tx *sql.Tx, id string) error {
	var state State
	if err := tx.QueryRowContext(ctx, `SELECT state FROM instances WHERE id = ?`, id).Scan(&state); err != nil {
		return err
	}
	if state != StateStopped {
		return &StateError{ID: id, State: state}
	}
	return nil
}

func (s *Service) modifyIn(ctx context.Context, tx *sql.Tx, id string, m Modification) error {
	if m.Protected != nil {
		if _, err := tx.ExecContext(ctx, `UPDATE instances SET protected = ? WHERE id = ?`, *m.Protected, id); err != nil {
			return err
		}
	}
	if m.UserData != nil {
		data := append([]byte{}, *m.UserData...)
		if _, err := tx.ExecContext(ctx, `UPDATE instances SET user_data = ? WHERE id = ?`, data, id); err != nil {
			return err
		}
	}
	if m.Type == nil {
		return nil
	}
	vm, err := s.c.Scheduler.Type(*m.Type)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE instances SET vm_type = ?, cpus = ?, memory_mb = ? WHERE id = ?`, vm.Name, vm.CPUs, vm.MemoryMB, id)
	return err
}
