package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
)

// errStopRequested is why an instance's context ends when it is to stop.
var errStopRequested = errors.New("a stop was requested")

// Start is what changes when a stopped instance is started again. Its disk is the one
// that it has on the node.
type Start struct {
	InstanceID string     `json:"instance_id"`
	Type       VMType     `json:"type"`
	PrivateIP  netip.Addr `json:"private_ip"`
	PublicIP   netip.Addr `json:"public_ip"`
	UserData   []byte     `json:"user_data,omitempty"`
	// Kernel and Ramdisk are those to boot with; nil: what the instance has. Of one
	// that it has, nothing but the ImageID need be known.
	Kernel     *Artifact `json:"kernel,omitempty"`
	Ramdisk    *Artifact `json:"ramdisk,omitempty"`
	KernelArgs string    `json:"kernel_args,omitempty"` // with another kernel
}

// others are the images that an instance with this spec has to fetch, by the names of
// their files, or an error when there is nothing to fetch.
func (s Start) others(has Spec) (map[string]Artifact, error) {
	all := map[string]Artifact{}
	for file, pair := range map[string][2]*Artifact{kernelFile: {has.Kernel, s.Kernel}, ramdiskFile: {has.Ramdisk, s.Ramdisk}} {
		had, wanted := pair[0], pair[1]
		if wanted == nil || had != nil && had.ImageID == wanted.ImageID {
			continue
		}
		if err := wanted.check(); err != nil {
			return nil, err
		}
		all[file] = *wanted
	}
	return all, nil
}

// Stop ends the machine of a running instance and keeps its disks, which are all it
// then has of the node; the end shows in [Node.Status]. Stopping one that is stopping
// or has stopped is no error; in other states it is [ErrNotRunning].
func (n *Node) Stop(_ context.Context, id string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	in, err := n.find(id)
	if err != nil {
		return err
	}
	switch in.status.State {
	case StateRunning:
		n.move(in, StateStopping, ReasonUser)
		in.end(errStopRequested)
	case StateStopping, StateStopped:
	default:
		return fmt.Errorf("%s is %s: %w", id, in.status.State, ErrNotRunning)
	}
	return nil
}

// Start boots a stopped instance again from the disks that it has, or refuses it at
// once: a [*NoRoomError] when it does not fit here any more, [ErrBadSpec] for what is
// no type or image, [ErrNotStopped] in other states. One that is starting or running already is
// no error. An instance that does not boot has stopped again, with the reason.
func (n *Node) Start(_ context.Context, s Start) error {
	if s.Type.CPUs < 1 || s.Type.MemoryMB < 1 || s.Type.DiskGB < 0 {
		return fmt.Errorf("instance type %q: %w", s.Type.Name, ErrBadSpec)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	in, err := n.find(s.InstanceID)
	if err != nil {
		return err
	}
	switch in.status.State {
	case StatePending, StateRunning:
		return nil
	case StateStopped:
	default:
		return fmt.Errorf("%s is %s: %w", s.InstanceID, in.status.State, ErrNotStopped)
	}
	fetched, err := s.others(in.spec)
	if err == nil {
		err = n.restart(in, s)
	}
	if err != nil {
		return fmt.Errorf("start %s: %w", s.InstanceID, err)
	}
	n.work.Go(func() { n.liveAgain(in, fetched, s.KernelArgs) })
	return nil
}

// restart records that a stopped instance is pending again. The caller holds the
// lock.
func (n *Node) restart(in *instance, s Start) error {
	more := s.Type
	more.DiskGB = max(0, s.Type.DiskGB-in.spec.Type.DiskGB) // what it has, it has
	if err := n.free().fits(more); err != nil {
		return err
	}
	spec := in.spec
	spec.Type, spec.PrivateIP, spec.PublicIP, spec.UserData = s.Type, s.PrivateIP, s.PublicIP, s.UserData
	if err := writeJSON(n.dir.path(s.InstanceID, specFile), spec); err != nil {
		return err
	}
	in.spec = spec
	in.ctx, in.end = context.WithCancelCause(n.ctx)
	n.move(in, StatePending, "")
	return nil
}

// liveAgain is the life of an instance that was started again, after some of its
// images were replaced.
func (n *Node) liveAgain(in *instance, images map[string]Artifact, kernelArgs string) {
	guest, err := n.bootAgain(in, images, kernelArgs)
	if err != nil {
		n.rested(in, StatePending, reason(err))
		return
	}
	n.running(in, guest)
	n.watch(in, guest)
}

func (n *Node) bootAgain(in *instance, images map[string]Artifact, kernelArgs string) (Guest, error) {
	for file, a := range images {
		if err := n.replace(in, file, a, kernelArgs); err != nil {
			return nil, fmt.Errorf("%s: %w", a.ImageID, err)
		}
	}
	return n.c.Hypervisor.Boot(in.ctx, n.machine(in))
}

// replace fetches another kernel or ramdisk. The record follows the file: where it does
// not get that far, the image is fetched again the next time.
func (n *Node) replace(in *instance, file string, a Artifact, kernelArgs string) error {
	id := in.spec.InstanceID
	fresh := n.dir.path(id, unfinished+file)
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := n.cache.place(in.ctx, a, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, n.dir.path(id, file)); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	spec := in.spec
	if file == kernelFile {
		spec.Kernel, spec.KernelArgs = new(a.redacted()), kernelArgs
	} else {
		spec.Ramdisk = new(a.redacted())
	}
	if err := writeJSON(n.dir.path(id, specFile), spec); err != nil {
		return err
	}
	in.spec = spec
	return nil
}

// rested records that the machine of an instance is no more: that it has stopped, if
// it is in the state from which it is to, or else that it has ended.
func (n *Node) rested(in *instance, from State, why string) {
	if n.ctx.Err() == nil && !n.rest(in, from, why) {
		n.ended(in, why)
	}
}

// rest records that an instance has stopped, unless it is in another state than from.
func (n *Node) rest(in *instance, from State, why string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if in.status.State != from {
		return false
	}
	if from == StateStopping {
		why = ReasonUser // however its machine came to its end
	}
	in.guest = nil
	in.end(nil)
	n.move(in, StateStopped, why)
	n.c.Log.Info("instance stopped", "instance", in.status.ID, "reason", why)
	return true
}

// stopping reports whether the end of an instance's machine was asked for.
func (in *instance) stopping() bool {
	cause := context.Cause(in.ctx)
	return errors.Is(cause, errRequested) || errors.Is(cause, errStopRequested)
}
