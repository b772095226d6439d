package instances

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// admit claims room and addresses for an order and records it, all of it or
// nothing. The database runs one change at a time, so what is looked up here
// holds until it is recorded.
func (s *Service) admit(ctx context.Context, o order) (Reservation, error) {
	var (
		r       Reservation
		claimed []string
	)
	err := s.c.DB.Update(ctx, func(tx *sql.Tx) error {
		again, found, err := s.byToken(ctx, tx, o)
		if found || err != nil {
			r = again
			return err
		}
		if r, err = s.reserve(ctx, tx, o); err != nil {
			return err
		}
		ids, err := s.freshIDs(ctx, tx, o.Max)
		if err != nil {
			return err
		}
		places, err := s.c.Scheduler.Place(o.Zone, o.vm, ids, o.Min)
		if err != nil {
			return err
		}
		claimed = ids[:len(places)]
		r.Instances, err = s.enter(ctx, tx, o, r, claimed, places)
		return err
	})
	if err != nil {
		s.release(claimed)
		return Reservation{}, err
	}
	s.release(claimed[min(len(claimed), len(r.Instances)):])
	return r, nil
}

// release gives back room that was claimed for nothing.
func (s *Service) release(ids []string) {
	for _, id := range ids {
		s.c.Scheduler.Release(id)
	}
}

// reserve records a reservation of a new id.
func (s *Service) reserve(ctx context.Context, tx *sql.Tx, o order) (Reservation, error) {
	id, err := s.freshID(ctx, tx, "r", "reservations")
	if err != nil {
		return Reservation{}, err
	}
	r := Reservation{ID: id, Account: o.account, Groups: o.groups, Created: time.UnixMilli(time.Now().UnixMilli())}
	if err := insertReservation(ctx, tx, r, o.ClientToken, o.digest); err != nil {
		return Reservation{}, fmt.Errorf("record reservation %s: %w", id, err)
	}
	return r, nil
}

// enter takes addresses for the instances that were placed, and records them.
// When the addresses run out after o.Min, the rest is left.
func (s *Service) enter(ctx context.Context, tx *sql.Tx, o order, r Reservation, ids, places []string) ([]Instance, error) {
	var entered []Instance
	for i, id := range ids {
		private, public, err := s.c.Network.Allocate(ctx, tx, groupIDs(o.groups), id)
		if isShortage(err) && len(entered) >= o.Min {
			break
		}
		if err != nil {
			return nil, err
		}
		in := s.instance(o, r, i)
		in.ID, in.MAC = id, s.c.Network.MAC(id)
		in.Node, in.Zone = places[i], s.c.Scheduler.ZoneOf(places[i])
		in.PrivateIP, in.PublicIP = private, public
		if err := insertInstance(ctx, tx, in); err != nil {
			return nil, fmt.Errorf("record instance %s: %w", id, err)
		}
		if err := s.tag(ctx, tx, in, o.Tags); err != nil {
			return nil, err
		}
		in.UserData = nil
		entered = append(entered, in)
	}
	return entered, nil
}

// tag puts tags on a new instance.
func (s *Service) tag(ctx context.Context, tx *sql.Tx, in Instance, tags []Tag) error {
	if len(tags) == 0 || s.c.Tags == nil {
		return nil
	}
	return s.c.Tags.Tag(ctx, tx, in.Account, in.ID, tags)
}

// isShortage reports whether an error says that a supply is used up.
func isShortage(err error) bool {
	var short interface{ Shortage() bool }
	return errors.As(err, &short) && short.Shortage()
}

// instance is what is the same for all instances of an order but the index.
func (s *Service) instance(o order, r Reservation, index int) Instance {
	return Instance{
		ReservationID: r.ID, Account: o.account, LaunchIndex: index,
		Image: o.choice.Machine, Kernel: o.choice.Kernel, Ramdisk: o.choice.Ramdisk,
		ImageName: o.choice.Name, Location: o.choice.Location, Arch: o.choice.Arch, Platform: o.choice.Platform,
		ProductCodes: o.choice.ProductCodes, Ancestors: o.choice.Ancestors,
		Type: o.vm, KeyName: o.KeyName, PublicKey: o.publicKey, ClientToken: o.ClientToken, Groups: o.groups,
		State: StatePending, Launched: r.Created, Changed: r.Created, UserData: o.UserData, Protected: o.Protected,
	}
}

// freshIDs makes ids that no instance has.
func (s *Service) freshIDs(ctx context.Context, tx *sql.Tx, count int) ([]string, error) {
	var ids []string
	for tries := 0; len(ids) < count; tries++ {
		id, err := s.freshID(ctx, tx, "i", "instances")
		if err != nil {
			return nil, err
		}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		} else if tries > count+maxTries {
			return nil, errNoID
		}
	}
	return ids, nil
}

// maxTries bounds the search for an id that is not taken. Of four thousand
// million few ever are.
const maxTries = 100

var errNoID = errors.New("no free id found")

// freshID makes an id that no row of the table has.
func (s *Service) freshID(ctx context.Context, tx *sql.Tx, prefix, table string) (string, error) {
	for range maxTries {
		id := s.c.NewID(prefix)
		used, err := taken(ctx, tx, table, id)
		if err != nil {
			return "", fmt.Errorf("choose an id: %w", err)
		}
		if !used {
			return id, nil
		}
	}
	return "", errNoID
}
