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
	// The others can be changed while the instance is stopped. Its disk stays as large
	// as it is, whatever the type.
	Type            *string
	UserData        *[]byte
	Kernel, Ramdisk *string // ids; not empty
}

// needsStop reports whether only a stopped instance can be changed so.
func (m Modification) needsStop() bool {
	m.Protected = nil
	return m != Modification{}
}

// Modify changes an instance of the caller. The errors are [ErrNotFound], [ErrState]
// for what only a stopped instance can be given, [ErrUserDataTooLarge], and those of a
// type that is not known and of images that the caller may not run.
func (s *Service) Modify(ctx context.Context, c caller.Caller, id string, m Modification) error {
	if m.UserData != nil && len(*m.UserData) > MaxUserData {
		return fmt.Errorf("%d bytes: %w: at most %d", len(*m.UserData), ErrUserDataTooLarge, MaxUserData)
	}
	targets, err := s.own(ctx, c, []string{id})
	if err != nil {
		return err
	}
	if err := s.checkCompanions(ctx, c, targets[0], m); err != nil {
		return err
	}
	err = s.c.DB.Update(ctx, func(tx *sql.Tx) error {
		if m.needsStop() {
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

// checkCompanions makes sure that the caller may run the instance with another kernel
// or ramdisk.
func (s *Service) checkCompanions(ctx context.Context, c caller.Caller, in Instance, m Modification) error {
	if m.Kernel == nil && m.Ramdisk == nil {
		return nil
	}
	kernel, ramdisk := in.Kernel, in.Ramdisk
	if m.Kernel != nil {
		kernel = *m.Kernel
	}
	if m.Ramdisk != nil {
		ramdisk = *m.Ramdisk
	}
	_, err := s.c.Images.Choose(ctx, c, in.Image, kernel, ramdisk)
	return err
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
	var data any // NULL keeps what it has
	if m.UserData != nil {
		data = append([]byte{}, *m.UserData...)
	}
	_, err := tx.ExecContext(ctx, `UPDATE instances SET protected = coalesce(?, protected), user_data = coalesce(?, user_data),
		kernel = coalesce(?, kernel), ramdisk = coalesce(?, ramdisk) WHERE id = ?`, m.Protected, data, m.Kernel, m.Ramdisk, id)
	if err != nil || m.Type == nil {
		return err
	}
	vm, err := s.c.Scheduler.Type(*m.Type)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE instances SET vm_type = ?, cpus = ?, memory_mb = ? WHERE id = ?`, vm.Name, vm.CPUs, vm.MemoryMB, id)
	return err
}
