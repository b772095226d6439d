package instances

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/nodes"
	"emikit/node"
)

func (c *cloud) mustStop(id string) {
	c.t.Helper()
	if _, err := c.service.Stop(c.t.Context(), alice, []string{id}); err != nil {
		c.t.Fatalf("stop: %v", err)
	}
}

func (c *cloud) mustStart(id string) {
	c.t.Helper()
	if _, err := c.service.Start(c.t.Context(), alice, []string{id}); err != nil {
		c.t.Fatalf("start: %v", err)
	}
}

func TestStopAndStart(t *testing.T) {
	f := newFakeNode(small(2), false)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		f.become(id, node.StateRunning, "")
		before := c.get(id)

		changes, err := c.service.Stop(t.Context(), alice, []string{id})
		if diff := cmp.Diff([]Change{{id, StateRunning, StateStopping}}, changes); err != nil || diff != "" {
			t.Errorf("stop: error %v, want then got:\n%s", err, diff)
		}
		c.want(id, StateStopping, userReason)
		f.become(id, node.StateStopped, node.ReasonUser)
		c.want(id, StateStopped, userReason)
		if in := c.get(id); in.PrivateIP.IsValid() || in.PublicIP.IsValid() || len(c.addresses()) > 0 {
			t.Errorf("a stopped instance has addresses %s, %s; held are %q", in.PrivateIP, in.PublicIP, c.addresses())
		}
		other := c.one() // in its room, with its addresses
		advance(time.Second)
		if got := c.get(other.ID); got.PrivateIP != before.PrivateIP {
			t.Errorf("the next instance: got address %s, want %s", got.PrivateIP, before.PrivateIP)
		}

		changes, err = c.service.Start(t.Context(), alice, []string{id, id})
		if diff := cmp.Diff([]Change{{id, StateStopped, StatePending}, {id, StatePending, StatePending}}, changes); err != nil || diff != "" {
			t.Errorf("start: error %v, want then got:\n%s", err, diff)
		}
		c.want(id, StatePending, Reason{})
		f.become(id, node.StateRunning, "")
		c.want(id, StateRunning, Reason{})
		after := c.get(id)
		if after.PrivateIP == before.PrivateIP || !after.PublicIP.IsValid() || !after.Launched.After(before.Launched) || !after.Restarted {
			t.Errorf("after its start: %+v, want new addresses and a new time", after)
		}
		if spec, _ := f.spec(id); spec.PrivateIP != after.PrivateIP || f.launches != 2 || f.starts != 1 {
			t.Errorf("the node has %s of %s, %d launches and %d starts, want the address and 2 and 1", spec.PrivateIP, after.PrivateIP, f.launches, f.starts)
		}
	})
}

// TestStoppedOutlivesRestarts: a stopped instance is one in the next run, keeps its
// disk's room and no more, and starts.
func TestStoppedOutlivesRestarts(t *testing.T) {
	f := newFakeNode(node.Capacity{Cores: 1, MemoryMB: 128, DiskGB: 4}, true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		c.get(id)
		c.mustStop(id)
		c.want(id, StateStopped, userReason)
		c.stop()
		advance(time.Hour)
		c.start()
		c.want(id, StateStopped, userReason)

		other := c.one().ID // takes the core
		c.want(other, StateRunning, Reason{})
		_, err := c.service.Start(t.Context(), alice, []string{id})
		if !errors.Is(err, nodes.ErrFull) {
			t.Errorf("start without room: got %v, want %v", err, nodes.ErrFull)
		}
		c.want(id, StateStopped, userReason)
		if _, err := c.service.Run(t.Context(), alice, RunRequest{Image: "emi-1", Min: 1, Max: 1}); !errors.Is(err, nodes.ErrFull) {
			t.Errorf("run without room: got %v, want %v", err, nodes.ErrFull)
		}
		if _, err := c.service.Terminate(t.Context(), alice, []string{other}); err != nil {
			t.Fatal(err)
		}
		c.want(other, StateTerminated, userReason)
		c.mustStart(id)
		c.want(id, StateRunning, Reason{})
		if f.launches != 2 {
			t.Errorf("got %d launches, want 2: an instance that was started is not launched", f.launches)
		}
	})
}

// TestStartIsTakenUp: a cloud that ends before its node has heard of a start asks it
// in the next run.
func TestStartIsTakenUp(t *testing.T) {
	f := newFakeNode(small(1), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		c.get(id)
		c.mustStop(id)
		c.want(id, StateStopped, userReason)
		f.set(func() { f.silent = errors.New("no route") })
		advance(10 * time.Second)
		if _, err := c.service.Start(t.Context(), alice, []string{id}); !errors.Is(err, nodes.ErrNoNode) {
			t.Errorf("start with the node down: got %v, want %v", err, nodes.ErrNoNode)
		}
		f.set(func() { f.silent = nil })
		advance(10 * time.Second)
		c.service.stop() // nothing asks the node any more
		advance(0)
		if _, err := c.service.Start(t.Context(), alice, []string{id}); err != nil {
			t.Fatal(err)
		}
		c.stop()
		if f.starts != 0 {
			t.Fatalf("got %d starts, want none yet", f.starts)
		}
		c.start()
		c.want(id, StateRunning, Reason{})
		if f.starts != 1 || f.launches != 1 {
			t.Errorf("got %d starts and %d launches, want one of each", f.starts, f.launches)
		}
	})
}

func TestStartFails(t *testing.T) {
	f := newFakeNode(small(1), false)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		f.become(id, node.StateRunning, "")
		c.get(id)
		c.mustStop(id)
		f.become(id, node.StateStopped, node.ReasonUser)
		c.want(id, StateStopped, userReason)

		f.set(func() { f.refuse = &node.NoRoomError{Resource: node.Cores, Type: "m1.small", Need: 1} })
		c.mustStart(id)
		c.want(id, StateStopped, Reason{codeCapacity, "node node1: not enough cores: m1.small needs 1, 0 free"})
		f.set(func() { f.refuse = nil })
		advance(10 * time.Second)
		c.mustStart(id)
		c.want(id, StatePending, Reason{})
		f.become(id, node.StateStopped, "The instance could not be started: no KVM.")
		c.want(id, StateStopped, Reason{codeServer, "The instance could not be started: no KVM."})
		if held := c.addresses(); len(held) > 0 {
			t.Errorf("addresses held: got %q, want none", held)
		}
		starts := f.starts
		c.mustStart(id)
		c.want(id, StatePending, Reason{}) // the old reason is not that of this start
		if f.starts != starts+1 {
			t.Errorf("got %d requests to start, want one", f.starts-starts)
		}
		f.become(id, node.StateStopped, "") // as after a restart of the node
		advance(time.Second)
		c.want(id, StatePending, Reason{})
		f.become(id, node.StateRunning, "")
		c.want(id, StateRunning, Reason{})
	})
}

func TestStopAndStartRefused(t *testing.T) {
	f := newFakeNode(small(3), false)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		r := c.run(RunRequest{Image: "emi-1", Min: 3, Max: 3})
		pending, running, ended := r.Instances[0].ID, r.Instances[1].ID, r.Instances[2].ID
		f.become(running, node.StateRunning, "")
		f.become(ended, node.StateTerminated, "gone")
		c.get(ended)
		for _, step := range []struct {
			what string
			err  error
			want error
		}{
			{"stop one that boots", second(c.service.Stop(t.Context(), alice, []string{running, pending})), ErrState},
			{"stop one that ended", second(c.service.Stop(t.Context(), alice, []string{ended})), ErrState},
			{"stop another's", second(c.service.Stop(t.Context(), bob, []string{running})), ErrNotFound},
			{"stop nothing that is", second(c.service.Stop(t.Context(), alice, []string{"i-0"})), ErrNotFound},
			{"start one that ended", second(c.service.Start(t.Context(), alice, []string{ended})), ErrState},
			{"start another's", second(c.service.Start(t.Context(), bob, []string{running})), ErrNotFound},
			{"start one that runs", second(c.service.Start(t.Context(), alice, []string{running, pending})), nil},
			{"stop, as administrator", second(c.service.Stop(t.Context(), admin, []string{running})), nil},
			{"start while it stops", second(c.service.Start(t.Context(), alice, []string{running})), ErrState},
			{"reboot one that stops", c.service.Reboot(t.Context(), alice, []string{running}), ErrState},
			{"stop one that stops", second(c.service.Stop(t.Context(), alice, []string{running})), nil},
		} {
			if !errors.Is(step.err, step.want) {
				t.Errorf("%s: got %v, want %v", step.what, step.err, step.want)
			}
		}
		c.want(running, StateStopping, userReason)
		c.want(pending, StatePending, Reason{})
	})
}

func second(_ []Change, err error) error { return err }

func TestTerminateStopped(t *testing.T) {
	f := newFakeNode(small(1), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		c.get(id)
		c.mustStop(id)
		c.want(id, StateStopped, userReason)
		if _, err := c.service.Terminate(t.Context(), alice, []string{id}); err != nil {
			t.Fatal(err)
		}
		c.want(id, StateTerminated, userReason)
		c.want(c.one().ID, StateRunning, Reason{}) // all of its room is free
	})
}

func TestStoppedIsLost(t *testing.T) {
	f := newFakeNode(small(1), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		c.get(id)
		c.mustStop(id)
		c.want(id, StateStopped, userReason)
		f.lose(id)
		advance(time.Minute)
		c.want(id, StateStopped, userReason)
		if _, err := c.service.Start(t.Context(), alice, []string{id}); err != nil {
			t.Fatal(err)
		}
		advance(3 * time.Minute)
		c.want(id, StateTerminated, reasonUnreported())
		if f.launches != 1 {
			t.Errorf("got %d launches, want 1: a disk that is lost is not made anew", f.launches)
		}
	})
}

func TestProtected(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(1), true)), func(t *testing.T, c *cloud) {
		c.start()
		id := c.run(RunRequest{Image: "emi-1", Min: 1, Max: 1, Protected: true}).Instances[0].ID
		if _, err := c.service.Terminate(t.Context(), admin, []string{id}); !errors.Is(err, ErrProtected) {
			t.Errorf("terminate: got %v, want %v", err, ErrProtected)
		}
		c.want(id, StateRunning, Reason{})
		if err := c.service.Modify(t.Context(), bob, id, Modification{Protected: new(false)}); !errors.Is(err, ErrNotFound) {
			t.Errorf("modify by another: got %v, want %v", err, ErrNotFound)
		}
		if err := c.service.Modify(t.Context(), alice, id, Modification{Protected: new(false)}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.service.Terminate(t.Context(), alice, []string{id}); err != nil {
			t.Errorf("terminate: %v", err)
		}
		c.want(id, StateTerminated, userReason)
	})
}

func TestModifyStopped(t *testing.T) {
	f := newFakeNode(small(4), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		c.get(id)
		change := Modification{Type: new("c1.medium"), UserData: new([]byte("other"))}
		if err := c.service.Modify(t.Context(), alice, id, change); !errors.Is(err, ErrState) {
			t.Errorf("modify while it runs: got %v, want %v", err, ErrState)
		}
		c.mustStop(id)
		c.want(id, StateStopped, userReason)
		for _, m := range []struct {
			Modification
			want error
		}{
			{Modification{Type: new("x9.huge")}, nodes.ErrUnknownType},
			{Modification{UserData: new(make([]byte, MaxUserData+1))}, ErrUserDataTooLarge},
			{change, nil},
		} {
			if err := c.service.Modify(t.Context(), alice, id, m.Modification); !errors.Is(err, m.want) {
				t.Errorf("modify: got %v, want %v", err, m.want)
			}
		}
		c.mustStart(id)
		c.want(id, StateRunning, Reason{})
		spec, _ := f.spec(id)
		if want := (node.VMType{Name: "c1.medium", CPUs: 1, MemoryMB: 256, DiskGB: 2}); spec.Type != want || string(spec.UserData) != "other" {
			t.Errorf("the node has %+v and %q, want %+v and other", spec.Type, spec.UserData, want)
		}
	})
}

// TestModifyKernel: another kernel is fetched at the next start; one that is gone
// is known by its id.
func TestModifyKernel(t *testing.T) {
	f := newFakeNode(small(1), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.run(RunRequest{Image: "emi-1", Kernel: "eki-1", UserData: []byte("kept"), Min: 1, Max: 1}).Instances[0].ID
		c.get(id)
		c.mustStop(id)
		c.want(id, StateStopped, userReason)
		if err := c.service.Modify(t.Context(), alice, id, Modification{Kernel: new("eki-2")}); err != nil {
			t.Fatal(err)
		}
		if err := c.service.Modify(t.Context(), alice, id, Modification{Ramdisk: new("eri-2")}); err != nil {
			t.Fatal(err)
		}
		c.mustStart(id)
		c.want(id, StateRunning, Reason{})
		want := node.Start{InstanceID: id, Type: node.VMType{Name: "m1.small", CPUs: 1, MemoryMB: 128, DiskGB: 2}, UserData: []byte("kept"),
			Kernel: &node.Artifact{ImageID: "eki-2"}, Ramdisk: &node.Artifact{ImageID: "eri-2"}, KernelArgs: DefaultKernelArgs}
		in := c.get(id)
		want.PrivateIP, want.PublicIP = in.PrivateIP, in.PublicIP
		if diff := cmp.Diff(want, f.started, cmp.Comparer(func(a, b addr) bool { return a == b })); diff != "" {
			t.Errorf("start, want then got:\n%s", diff)
		}
		c.images.artifact = errNoImage
		c.mustStop(id)
		c.want(id, StateStopped, userReason)
		c.mustStart(id)
		c.want(id, StateRunning, Reason{})
		if got := f.started.Kernel; got == nil || got.ImageID != "eki-2" {
			t.Errorf("kernel that is deregistered: got %+v, want its id", got)
		}
		if err := c.service.Modify(t.Context(), alice, id, Modification{}); err != nil {
			t.Errorf("nothing changed while it runs: %v", err)
		}
	})
}

func TestUnseen(t *testing.T) {
	f := newFakeNode(small(1), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		if in := c.get(id); !in.Unseen.IsZero() {
			t.Errorf("unseen since %v, want seen", in.Unseen)
		}
		f.set(func() { f.silent = errors.New("no route") })
		advance(time.Minute)
		if in := c.get(id); time.Since(in.Unseen) < 50*time.Second {
			t.Errorf("unseen since %v, want for a minute", in.Unseen)
		}
		f.set(func() { f.silent = nil })
		advance(time.Minute)
		if in := c.get(id); !in.Unseen.IsZero() {
			t.Errorf("unseen since %v, want seen again", in.Unseen)
		}
	})
}

// TestStoppedWaitsForItsNode: a node that is missing for a while has its disk.
func TestStoppedWaitsForItsNode(t *testing.T) {
	f := newFakeNode(small(1), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		c.get(id)
		c.mustStop(id)
		c.want(id, StateStopped, userReason)
		c.stop()
		c.nodes = nil
		c.start()
		advance(time.Hour)
		c.want(id, StateStopped, userReason)
		if _, err := c.service.Start(t.Context(), alice, []string{id}); !errors.Is(err, nodes.ErrNoNode) {
			t.Errorf("start: got %v, want %v", err, nodes.ErrNoNode)
		}
		c.stop()
		c.nodes = oneNode(f)
		c.start()
		c.mustStart(id)
		c.want(id, StateRunning, Reason{})
	})
}
