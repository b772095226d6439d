package instances

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"emikit/cloud/caller"
	"emikit/node"
)

// order is a request that was found good: all that admitting it needs.
type order struct {
	RunRequest
	account   string
	choice    Choice
	vm        node.VMType
	publicKey string
	groups    []Group
	digest    string // of the request, to recognise it when it is sent again
}

// Run starts instances: as many as there is room for, from r.Min to r.Max. They
// are recorded as pending when it returns; what becomes of them shows in
// Describe.
//
// A request with a client token that was used before returns what the first
// one started, or [ErrTokenMismatch] when it asks for something else.
func (s *Service) Run(ctx context.Context, c caller.Caller, r RunRequest) (Reservation, error) {
	if err := r.check(c); err != nil {
		return Reservation{}, err
	}
	o := order{RunRequest: r, account: c.Account, digest: r.digest()}
	if again, found, err := s.startedBefore(ctx, o); found || err != nil {
		return again, err
	}
	if err := s.consult(ctx, c, &o); err != nil {
		return Reservation{}, err
	}
	reservation, err := s.admit(ctx, o)
	if err != nil {
		return Reservation{}, err
	}
	s.c.Log.Info("instances requested", "reservation", reservation.ID, "account", o.account,
		"count", len(reservation.Instances), "type", o.vm.Name, "image", o.choice.Machine)
	for _, in := range reservation.Instances {
		s.wake(in.Node)
	}
	return reservation, nil
}

// check refuses what is wrong with the request alone.
func (r RunRequest) check(c caller.Caller) error {
	switch {
	case c.Account == "":
		return fmt.Errorf("run instances: %w", ErrNoAccount)
	case r.Min < 1 || r.Max < r.Min || r.Max > MaxPerRun:
		return fmt.Errorf("%d to %d instances: %w: from 1 to %d, the least not above the greatest", r.Min, r.Max, ErrCount, MaxPerRun)
	case len(r.UserData) > MaxUserData:
		return fmt.Errorf("%d bytes: %w: at most %d", len(r.UserData), ErrUserDataTooLarge, MaxUserData)
	case len(r.ClientToken) > MaxClientToken:
		return fmt.Errorf("%d bytes: %w: at most %d", len(r.ClientToken), ErrClientToken, MaxClientToken)
	}
	return nil
}

// digest tells requests apart; the client token is no part of it.
func (r RunRequest) digest() string {
	text, err := json.Marshal(r)
	if err != nil { // strings, numbers and bytes always have a JSON form
		panic(fmt.Sprintf("instances: marshal a request: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// consult asks the other services whether they can serve the request, and
// completes the order with what they say.
func (s *Service) consult(ctx context.Context, c caller.Caller, o *order) (err error) {
	if o.vm, err = s.c.Scheduler.Type(o.Type); err != nil {
		return err
	}
	if o.choice, err = s.c.Images.Choose(ctx, c, o.Image, o.Kernel, o.Ramdisk); err != nil {
		return err
	}
	if o.choice.Size > int64(o.vm.DiskGB)<<30 {
		return &node.DiskTooSmallError{Image: o.choice.Machine, Size: o.choice.Size, Type: o.vm}
	}
	if o.KeyName != "" {
		if o.publicKey, err = s.c.Keys.PublicKey(ctx, o.account, o.KeyName); err != nil {
			return err
		}
	}
	o.groups, err = s.c.Network.Groups(ctx, o.account, o.Groups)
	return err
}

// startedBefore finds what an earlier request with the same token started.
func (s *Service) startedBefore(ctx context.Context, o order) (Reservation, bool, error) {
	var (
		again Reservation
		found bool
	)
	if o.ClientToken == "" {
		return again, false, nil
	}
	err := s.c.DB.View(ctx, func(tx *sql.Tx) (err error) {
		again, found, err = s.byToken(ctx, tx, o)
		return err
	})
	return again, found, err
}

func (s *Service) byToken(ctx context.Context, tx *sql.Tx, o order) (Reservation, bool, error) {
	var id, digest string
	err := tx.QueryRowContext(ctx, `SELECT id, request FROM reservations WHERE account = ? AND client_token = ? AND client_token <> ''`,
		o.account, o.ClientToken).Scan(&id, &digest)
	if errors.Is(err, sql.ErrNoRows) {
		return Reservation{}, false, nil
	}
	if err == nil && digest != o.digest {
		err = ErrTokenMismatch
	}
	if err != nil {
		return Reservation{}, false, fmt.Errorf("client token %q: %w", o.ClientToken, err)
	}
	rows, err := s.selectRows(ctx, tx, `i.reservation = ?`, id)
	if err != nil || len(rows) == 0 {
		return Reservation{}, false, err
	}
	return group(rows)[0], true, nil
}
