package instances

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"emikit/node"
)

var userReason = Reason{Code: "Client.UserInitiatedShutdown", Message: "User requested shutdown."}

func TestLifeOfAnInstance(t *testing.T) {
	f := newFakeNode(small(4), false)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		r := c.run(RunRequest{Image: "emi-1", Kernel: "eki-1", Ramdisk: "eri-1", KeyName: "admin_key",
			UserData: []byte("hello"), Min: 2, Max: 2})
		id := r.Instances[1].ID
		c.want(id, StatePending, Reason{})
		checkSpec(t, f, r.Instances[1])

		f.become(id, node.StateRunning, "")
		c.want(id, StateRunning, Reason{})

		changes, err := c.service.Terminate(t.Context(), alice, []string{id})
		want := []Change{{ID: id, Previous: StateRunning, Current: StateShuttingDown}}
		if diff := cmp.Diff(want, changes); err != nil || diff != "" {
			t.Errorf("terminate: error %v, want then got:\n%s", err, diff)
		}
		c.want(id, StateShuttingDown, userReason)

		f.become(id, node.StateTerminated, node.ReasonUser)
		c.want(id, StateTerminated, userReason)
		if in := c.get(id); in.PrivateIP.IsValid() || in.PublicIP.IsValid() {
			t.Errorf("a terminated instance has addresses %s, %s", in.PrivateIP, in.PublicIP)
		}
		if got, want := c.addresses(), []string{r.Instances[0].ID + " private", r.Instances[0].ID + " public"}; !cmp.Equal(got, want) {
			t.Errorf("addresses held: got %q, want %q", got, want)
		}
	})
}

// checkSpec compares what the node was told with the walk-through's values.
func checkSpec(t *testing.T, f *fakeNode, in Instance) {
	t.Helper()
	got, ok := f.spec(in.ID)
	if !ok {
		t.Fatalf("%s was not launched", in.ID)
	}
	d := in.ID[2:]
	want := node.Spec{
		InstanceID: in.ID, ReservationID: in.ReservationID, Account: alice.Account, ImageName: "ttylinux.img",
		LaunchIndex: 1, Type: node.VMType{Name: "m1.small", CPUs: 1, MemoryMB: 128, DiskGB: 2},
		Machine: node.Artifact{ImageID: "emi-1"}, Kernel: &node.Artifact{ImageID: "eki-1"}, Ramdisk: &node.Artifact{ImageID: "eri-1"},
		KernelArgs: "root=/dev/sda1 ro", KeyName: "admin_key", PublicKey: publicKey,
		PrivateIP: in.PrivateIP, PublicIP: in.PublicIP,
		MAC:      "d0:0d:" + d[0:2] + ":" + d[2:4] + ":" + d[4:6] + ":" + d[6:8],
		UserData: []byte("hello"),
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b addr) bool { return a == b })); diff != "" {
		t.Errorf("spec, want then got:\n%s", diff)
	}
	if got, want := in.PrivateIP.String()+" "+in.PublicIP.String(), "10.0.2.3 127.8.0.2"; got != want {
		t.Errorf("addresses of the second instance: got %s, want %s", got, want)
	}
}

func TestTerminatedInstancesVanish(t *testing.T) {
	f := newFakeNode(small(1), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		if _, err := c.service.Terminate(t.Context(), alice, []string{id}); err != nil {
			t.Fatal(err)
		}
		c.want(id, StateTerminated, userReason)
		advance(59 * time.Minute)
		c.want(id, StateTerminated, userReason)
		advance(time.Minute)
		if _, err := c.service.Describe(t.Context(), alice, []string{id}); !errors.Is(err, ErrNotFound) {
			t.Errorf("after an hour: got %v, want %v", err, ErrNotFound)
		}
		advance(time.Minute)
		if n := c.count("instances") + c.count("reservations"); n != 0 {
			t.Errorf("%d records are left", n)
		}
	})
}

func TestTerminateIsIdempotent(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(2), false)), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		for i, want := range []State{StatePending, StateShuttingDown, StateShuttingDown} {
			changes, err := c.service.Terminate(t.Context(), alice, []string{id})
			if err != nil || len(changes) != 1 || changes[0].Previous != want || changes[0].Current != StateShuttingDown {
				t.Errorf("time %d: got %+v, %v; want from %s", i, changes, err, want)
			}
		}
		c.nodes["node1"].become(id, node.StateTerminated, node.ReasonUser)
		c.want(id, StateTerminated, userReason)
		changes, err := c.service.Terminate(t.Context(), alice, []string{id})
		if want := []Change{{id, StateTerminated, StateTerminated}}; err != nil || !cmp.Equal(changes, want) {
			t.Errorf("at the end: got %+v, %v; want %+v", changes, err, want)
		}
	})
}

func TestTerminateAllOrNothing(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(2), true)), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		for _, ids := range [][]string{{id, "i-00000000"}, {"i-00000000", id}} {
			if _, err := c.service.Terminate(t.Context(), alice, ids); !errors.Is(err, ErrNotFound) {
				t.Errorf("%v: got %v, want %v", ids, err, ErrNotFound)
			}
		}
		if _, err := c.service.Terminate(t.Context(), bob, []string{id}); !errors.Is(err, ErrNotFound) {
			t.Errorf("another account: got %v, want %v", err, ErrNotFound)
		}
		c.want(id, StateRunning, Reason{})
	})
}

// An end that is requested while the node is being asked to launch must not be
// lost.
func TestTerminateDuringLaunch(t *testing.T) {
	f := newFakeNode(small(1), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.images.hold = make(chan struct{})
		c.start()
		id := c.one().ID
		if _, err := c.service.Terminate(t.Context(), alice, []string{id}); err != nil {
			t.Fatal(err)
		}
		c.want(id, StateShuttingDown, userReason)
		close(c.images.hold)
		c.want(id, StateTerminated, userReason)
		if left := f.alive(); len(left) > 0 {
			t.Errorf("the node still runs %v", left)
		}
	})
}

func TestFailedLaunchHasAReason(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(c *cloud)
		want  Reason
	}{
		{"node refuses", func(c *cloud) { c.nodes["node1"].refuse = errors.New("no hypervisor") },
			Reason{"Server.InternalError", "node node1: no hypervisor"}},
		{"node has no room after all", func(c *cloud) {
			c.nodes["node1"].refuse = &node.NoRoomError{Resource: node.Memory, Type: "m1.small", Need: 128, Free: 5}
		}, Reason{"Server.InsufficientInstanceCapacity", "node node1: not enough memory: m1.small needs 128 MB, 5 MB free"}},
		{"image cannot be had", func(c *cloud) { c.images.artifact = errNoImage },
			Reason{"Server.InternalError", "node node1: image emi-1: image does not exist"}},
		{"image takes too long", func(c *cloud) { c.images.hold = make(chan struct{}) },
			Reason{"Server.InternalError", "node node1: image emi-1: context deadline exceeded"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inCloud(t, oneNode(newFakeNode(small(1), true)), func(t *testing.T, c *cloud) {
				test.spoil(c)
				c.start()
				id := c.one().ID
				advance(time.Minute)
				c.want(id, StateTerminated, test.want)
				if held := c.addresses(); len(held) > 0 {
					t.Errorf("addresses are still held: %q", held)
				}
				c.nodes["node1"].refuse, c.images.artifact, c.images.hold = nil, nil, nil
				c.want(c.one().ID, StateRunning, Reason{}) // the room is free again
			})
		})
	}
}

func TestReportedEnds(t *testing.T) {
	tests := []struct {
		reported string
		want     Reason
	}{
		{"fetch vmlinuz.part.00: digest differs", Reason{"Server.InternalError", "fetch vmlinuz.part.00: digest differs"}},
		{"Client.InstanceInitiatedShutdown: powered off", Reason{"Client.InstanceInitiatedShutdown", "powered off"}},
		{"User requested shutdown.", userReason},
		{"", Reason{"Server.InternalError", "The node gave no reason."}},
	}
	for _, test := range tests {
		t.Run(test.reported, func(t *testing.T) {
			f := newFakeNode(small(1), false)
			inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
				c.start()
				id := c.one().ID
				f.become(id, node.StateTerminated, test.reported)
				c.want(id, StateTerminated, test.want)
			})
		})
	}
}

// A node may see an instance shut down by itself before it has ended.
func TestShutdownFromInside(t *testing.T) {
	f := newFakeNode(small(1), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		f.become(id, node.StateShuttingDown, "")
		c.want(id, StateShuttingDown, Reason{})
		f.become(id, node.StateTerminated, "Client.InstanceInitiatedShutdown: powered off")
		c.want(id, StateTerminated, Reason{"Client.InstanceInitiatedShutdown", "powered off"})
	})
}

func TestRebootAndConsole(t *testing.T) {
	f := newFakeNode(small(2), false)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		if err := c.service.Reboot(t.Context(), alice, []string{id}); !errors.Is(err, ErrState) {
			t.Errorf("reboot while pending: got %v, want %v", err, ErrState)
		}
		f.become(id, node.StateRunning, "")
		c.want(id, StateRunning, Reason{})
		if err := c.service.Reboot(t.Context(), alice, []string{id}); err != nil {
			t.Errorf("reboot: %v", err)
		}
		if err := c.service.Reboot(t.Context(), bob, []string{id}); !errors.Is(err, ErrNotFound) {
			t.Errorf("reboot another's: got %v, want %v", err, ErrNotFound)
		}
		console, err := c.service.Console(t.Context(), alice, id)
		if got, want := string(console.Output), "console of "+id; err != nil || got != want {
			t.Errorf("console: got %q, %v; want %q", got, err, want)
		}
	})
}

func TestConsoleBeforeLaunchIsEmpty(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(2), false)), func(t *testing.T, c *cloud) {
		c.images.hold = make(chan struct{})
		c.start()
		in := c.one()
		console, err := c.service.Console(t.Context(), alice, in.ID)
		if err != nil || len(console.Output) != 0 || !console.Time.Equal(in.Launched) {
			t.Errorf("got %+v, %v; want nothing, as of %s", console, err, in.Launched)
		}
	})
}
