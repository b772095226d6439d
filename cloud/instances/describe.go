package instances

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"emikit/cloud/caller"
)

// Describe lists the caller's reservations, an administrator's everybody's, in
// the order of the requests, each with its instances by launch index. With ids
// it lists those instances only; the first one that is not there is an
// [ErrNotFound].
func (s *Service) Describe(ctx context.Context, c caller.Caller, ids []string) ([]Reservation, error) {
	var found []row
	err := s.c.DB.View(ctx, func(tx *sql.Tx) (err error) {
		found, err = s.selectRows(ctx, tx, visible, s.sees(c)...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("describe instances: %w", err)
	}
	if len(ids) > 0 {
		if found, err = pick(found, ids); err != nil {
			return nil, err
		}
	}
	return group(found), nil
}

// visible is the condition for an instance that a caller may see and that has
// not vanished. Its arguments are those of sees.
const visible = `(? OR i.account = ?) AND NOT (i.state = 'terminated' AND i.changed <= ?)`

func (s *Service) sees(c caller.Caller) []any {
	return []any{c.Admin, c.Account, s.vanished()}
}

// vanished is the time, in milliseconds, at or before which an instance must
// have terminated to be listed no more.
func (s *Service) vanished() int64 { return time.Now().Add(-s.c.Retention).UnixMilli() }

// pick takes the instances with these ids, in the order in which they stand.
func pick(all []row, ids []string) ([]row, error) {
	missing := map[string]bool{}
	for _, id := range ids {
		missing[id] = true
	}
	var picked []row
	for _, r := range all {
		if missing[r.ID] {
			picked = append(picked, r)
			delete(missing, r.ID)
		}
	}
	for _, id := range ids {
		if missing[id] {
			return nil, notFound(id)
		}
	}
	return picked, nil
}

// group puts instances that stand in order into their reservations.
func group(rows []row) []Reservation {
	var all []Reservation
	for _, in := range rows {
		if len(all) == 0 || all[len(all)-1].ID != in.ReservationID {
			all = append(all, Reservation{ID: in.ReservationID, Account: in.Account, Groups: in.Groups, Created: in.reserved})
		}
		last := &all[len(all)-1]
		last.Instances = append(last.Instances, in.Instance)
	}
	return all
}

// Details is everything about one instance of the caller, with its user data.
func (s *Service) Details(ctx context.Context, c caller.Caller, id string) (Instance, error) {
	in, err := s.selectDetails(ctx, visible+` AND i.id = ?`, append(s.sees(c), id)...)
	if errors.Is(err, sql.ErrNoRows) {
		return Instance{}, notFound(id)
	}
	if err != nil {
		return Instance{}, fmt.Errorf("describe %s: %w", id, err)
	}
	return in, nil
}

// ByAddress is everything about the instance that has this private or public
// address. The error is [ErrNotFound] when none has.
func (s *Service) ByAddress(ctx context.Context, addr netip.Addr) (Instance, error) {
	text := addr.Unmap().String()
	in, err := s.selectDetails(ctx, `i.private_ip = ? OR i.public_ip = ?`, text, text)
	if errors.Is(err, sql.ErrNoRows) {
		return Instance{}, notFound(text)
	}
	if err != nil {
		return Instance{}, fmt.Errorf("find the instance at %s: %w", text, err)
	}
	return in, nil
}
