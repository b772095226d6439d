package instances

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"emikit/cloud/caller"
	"emikit/node"
)

// Terminate requests the end of instances; it does not wait for it. Requesting
// it again changes nothing. When one of the ids is not the caller's, an
// [ErrNotFound] names it, or an [ErrProtected] one that must not be terminated, and
// nothing is done. The changes are in the order of ids.
func (s *Service) Terminate(ctx context.Context, c caller.Caller, ids []string) ([]Change, error) {
	targets, err := s.own(ctx, c, ids)
	if err != nil {
		return nil, err
	}
	for _, in := range targets {
		if in.Protected && in.State != StateTerminated {
			return nil, fmt.Errorf("%s: %w", in.ID, ErrProtected)
		}
	}
	var moves []movement
	err = s.c.DB.Update(ctx, func(tx *sql.Tx) error {
		for _, in := range targets {
			m, err := s.moveIn(ctx, tx, in.ID, StateShuttingDown, reasonUser())
			if err != nil {
				return err
			}
			moves = append(moves, m)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("terminate instances: %w", err)
	}
	return s.followed(targets, moves), nil
}

// followed does what follows the movements of instances, each of its target, once
// they are on the disk, and says what they were.
func (s *Service) followed(targets []Instance, moves []movement) []Change {
	changes := make([]Change, len(moves))
	for i, m := range moves {
		changes[i] = Change{ID: m.id, Previous: m.from, Current: m.to}
		s.moved(m)
		s.wake(targets[i].Node)
	}
	return changes
}

// Reboot restarts running instances. It refuses all of them when one is not
// the caller's ([ErrNotFound]) or does not run ([ErrState]).
func (s *Service) Reboot(ctx context.Context, c caller.Caller, ids []string) error {
	targets, err := s.own(ctx, c, ids)
	if err != nil {
		return err
	}
	for _, in := range targets {
		if in.State != StateRunning {
			return &StateError{ID: in.ID, State: in.State}
		}
	}
	for _, in := range targets {
		if err := s.reboot(ctx, in); err != nil {
			return fmt.Errorf("reboot %s: %w", in.ID, err)
		}
	}
	return nil
}

func (s *Service) reboot(ctx context.Context, in Instance) error {
	n, err := s.node(in)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.CallTimeout)
	defer cancel()
	err = n.Reboot(ctx, in.ID)
	if errors.Is(err, node.ErrNotRunning) || errors.Is(err, node.ErrUnknownInstance) {
		return fmt.Errorf("%w: %w", ErrState, err)
	}
	return err
}

// Console is the end of what the caller's instance wrote to its console; it is
// empty before the node has the instance.
func (s *Service) Console(ctx context.Context, c caller.Caller, id string) (node.Console, error) {
	targets, err := s.own(ctx, c, []string{id})
	if err != nil {
		return node.Console{}, err
	}
	n, err := s.node(targets[0])
	if err != nil {
		return node.Console{}, fmt.Errorf("console of %s: %w", id, err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.c.CallTimeout)
	defer cancel()
	console, err := n.Console(ctx, id)
	if errors.Is(err, node.ErrUnknownInstance) {
		return node.Console{Time: targets[0].Changed}, nil
	}
	if err != nil {
		return node.Console{}, fmt.Errorf("console of %s: %w", id, err)
	}
	return console, nil
}

// own finds instances of the caller, in the order of ids.
func (s *Service) own(ctx context.Context, c caller.Caller, ids []string) ([]Instance, error) {
	targets := make([]Instance, len(ids))
	err := s.c.DB.View(ctx, func(tx *sql.Tx) error {
		for i, id := range ids {
			found, err := s.selectRows(ctx, tx, visible+` AND i.id = ?`, append(s.sees(c), id)...)
			if err != nil {
				return fmt.Errorf("find %s: %w", id, err)
			}
			if len(found) == 0 {
				return notFound(id)
			}
			targets[i] = found[0].Instance
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return targets, nil
}

// node is what drives the node of an instance.
func (s *Service) node(in Instance) (Node, error) {
	if w, ok := s.watches[in.Node]; ok {
		return w.node, nil
	}
	return nil, fmt.Errorf("node %s is not part of the cloud", in.Node)
}

// wake has the watch on a node look at it now.
func (s *Service) wake(nodeName string) {
	if w, ok := s.watches[nodeName]; ok {
		w.wake()
	}
}
