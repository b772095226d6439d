package instances

import (
	"context"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"emikit/node"
)

// request sends the node a request about an instance, beside the watch, unless
// one is under way, it is too early for another, or as many run as may. The
// watch wakes when it is done. After a request that failed the next one waits a
// moment, after one that was accepted the same one waits for settled.
func (w *watch) request(ctx context.Context, id string, what step, ask func(context.Context, string) error, settled time.Duration) {
	if !w.take(id, what) {
		return
	}
	w.requests.Go(func() {
		err := ask(ctx, id)
		if err != nil {
			w.s.c.Log.Warn("request to node", "node", w.name, "instance", id, "error", err)
		}
		w.put(id, what, err, settled)
		w.wake()
	})
}

// take marks an instance as busy, if it may be.
func (w *watch) take(id string, what step) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.noteOf(id)
	if n.busy || w.running >= w.s.c.Requests || n.held == what && time.Now().Before(n.notBefore) {
		return false
	}
	n.busy = true
	w.running++
	return true
}

// put notes how a request ended.
func (w *watch) put(id string, what step, err error, settled time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	n := w.noteOf(id)
	n.busy, n.held = false, what
	if err != nil {
		n.notBefore = time.Now().Add(w.s.c.Poll)
		return
	}
	n.notBefore = time.Now().Add(settled)
	n.asked, n.last = w.looks, what
	n.missing = time.Time{}
}

// end asks the node to end an instance.
func (w *watch) end(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, w.s.c.CallTimeout)
	defer cancel()
	err := w.node.Terminate(ctx, id)
	if errors.Is(err, node.ErrUnknownInstance) {
		return nil
	}
	return err
}

// stop asks the node to stop an instance.
func (w *watch) stop(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, w.s.c.CallTimeout)
	defer cancel()
	return w.node.Stop(ctx, id)
}

// start asks the node to start an instance again, unless its end was requested
// meanwhile. One that cannot be started is recorded as stopped again, with the
// reason: its disk is worth more than an instance that was never run.
func (w *watch) start(ctx context.Context, id string) error {
	in, err := w.s.selectDetails(ctx, `i.id = ? AND i.state = ?`, id, StatePending)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	asking, cancel := context.WithTimeout(ctx, w.s.c.CallTimeout)
	defer cancel()
	if err = w.startOnNode(asking, in); err == nil || ctx.Err() != nil {
		return err
	}
	_, recordErr := w.s.move(ctx, id, StateStopped, reasonLaunch(w.name, err))
	return errors.Join(err, recordErr)
}

func (w *watch) startOnNode(ctx context.Context, in Instance) error {
	cert, err := w.node.Certificate(ctx)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	return w.node.Start(ctx, node.Start{
		InstanceID: in.ID, Type: in.Type, PrivateIP: in.PrivateIP, PublicIP: in.PublicIP, UserData: in.UserData,
		Kernel: w.s.companion(ctx, in.Kernel, cert), Ramdisk: w.s.companion(ctx, in.Ramdisk, cert), KernelArgs: w.s.c.KernelArgs,
	})
}

// companion is the kernel or ramdisk that an instance is to start again with, nil for
// none. One that cannot be fetched any more is given by its id: the node knows it, if
// it is the one that the instance had before.
func (s *Service) companion(ctx context.Context, id string, cert *x509.Certificate) *node.Artifact {
	a, err := s.artifact(ctx, id, cert)
	if err != nil {
		return &node.Artifact{ImageID: id}
	}
	return a
}

// launch asks the node to run an instance, unless its end was requested
// meanwhile. An instance that cannot be launched is recorded as terminated with
// the reason; only the end of the cloud itself leaves it to be launched later.
func (w *watch) launch(ctx context.Context, id string) error {
	in, err := w.s.selectDetails(ctx, `i.id = ? AND i.state = ?`, id, StatePending)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if err = w.runOnNode(ctx, in); err == nil || ctx.Err() != nil {
		return err
	}
	_, recordErr := w.s.move(ctx, id, StateTerminated, reasonLaunch(w.name, err))
	return errors.Join(err, recordErr)
}

func (w *watch) runOnNode(ctx context.Context, in Instance) error {
	ctx, cancel := context.WithTimeout(ctx, w.s.c.CallTimeout)
	defer cancel()
	cert, err := w.node.Certificate(ctx)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	spec, err := w.s.spec(ctx, in, cert)
	if err != nil {
		return err
	}
	return w.node.Run(ctx, spec)
}

// spec is what a node with this certificate needs to run an instance.
func (s *Service) spec(ctx context.Context, in Instance, cert *x509.Certificate) (node.Spec, error) {
	spec := node.Spec{
		InstanceID: in.ID, ReservationID: in.ReservationID, Account: in.Account, ImageName: in.ImageName,
		LaunchIndex: in.LaunchIndex, Type: in.Type,
		KeyName: in.KeyName, PublicKey: in.PublicKey,
		PrivateIP: in.PrivateIP, PublicIP: in.PublicIP, MAC: in.MAC, UserData: in.UserData,
	}
	machine, err := s.artifact(ctx, in.Image, cert)
	if err != nil {
		return node.Spec{}, err
	}
	spec.Machine = *machine
	if spec.Kernel, err = s.artifact(ctx, in.Kernel, cert); err != nil {
		return node.Spec{}, err
	}
	if spec.Kernel != nil {
		spec.KernelArgs = s.c.KernelArgs
	}
	if spec.Ramdisk, err = s.artifact(ctx, in.Ramdisk, cert); err != nil {
		return node.Spec{}, err
	}
	return spec, nil
}

// artifact is what it takes to fetch an image, nil for none.
func (s *Service) artifact(ctx context.Context, id string, cert *x509.Certificate) (*node.Artifact, error) {
	if id == "" {
		return nil, nil
	}
	a, err := s.c.Images.Artifact(ctx, id, cert)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", id, err)
	}
	return &a, nil
}
