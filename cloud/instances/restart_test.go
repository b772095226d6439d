package instances

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"emikit/node"
)

func TestRestartFindsEverything(t *testing.T) {
	f := newFakeNode(small(8), false)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.images.hold = make(chan struct{}) // nothing gets past here until the restart
		c.start()
		waiting, ending := c.one().ID, c.one().ID
		if _, err := c.service.Terminate(t.Context(), alice, []string{ending}); err != nil {
			t.Fatal(err)
		}
		c.stop()
		if f.launches != 0 {
			t.Fatalf("%d instances were launched before the restart", f.launches)
		}
		close(c.images.hold)
		c.start()
		c.want(waiting, StatePending, Reason{})
		c.want(ending, StateTerminated, userReason)
		c.stop()
		ends := regexp.MustCompile(`(?m)instance=` + ending + ` .*to=terminated reason="(.*)"$`).FindStringSubmatch(c.log.String())
		if len(ends) != 2 || ends[1] != userReason.Message {
			t.Errorf("log of the end: got %q, want %q, as is recorded", ends, userReason.Message)
		}
		if want := `msg="instances of the last run taken up" pending=1 running=0 shutting-down=1`; !strings.Contains(c.log.String(), want) {
			t.Errorf("got log %s, want %s in it", c.log.String(), want)
		}
		if _, ok := f.spec(waiting); !ok || f.launches != 1 {
			t.Errorf("after the restart: %d launches, want one of %s", f.launches, waiting)
		}
	})
}

func TestRestartTakesUpWhatRan(t *testing.T) {
	f := newFakeNode(small(4), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		runs, ended, lost := c.one().ID, c.one().ID, c.one().ID
		c.want(lost, StateRunning, Reason{})
		c.stop()
		f.become(ended, node.StateTerminated, "kernel panic")
		f.lose(lost)
		c.start()
		c.want(runs, StateRunning, Reason{})
		c.want(ended, StateTerminated, Reason{"Server.InternalError", "kernel panic"})
		c.want(lost, StateRunning, Reason{}) // for the grace period
		if f.launches != 3 {
			t.Errorf("%d launches, want 3: nothing is launched twice", f.launches)
		}
		// Room is claimed for the lost one too: two of four are free.
		if got := len(c.run(RunRequest{Image: "emi-1", Min: 1, Max: 4}).Instances); got != 2 {
			t.Errorf("room for %d more, want 2", got)
		}
	})
}

// A node forgets what was still starting when it ended: that is launched again.
func TestRestartLaunchesWhatWasStarting(t *testing.T) {
	f := newFakeNode(small(4), false)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		first, launched := f.spec(id)
		c.stop()
		f.lose(id)
		c.start()
		again, relaunched := f.spec(id)
		if !launched || !relaunched || f.launches != 2 {
			t.Fatalf("%d launches of %s, want 2", f.launches, id)
		}
		if first.PrivateIP != again.PrivateIP || first.PublicIP != again.PublicIP || first.MAC != again.MAC {
			t.Errorf("launched again with %v %v %s, want %v %v %s", again.PrivateIP, again.PublicIP, again.MAC,
				first.PrivateIP, first.PublicIP, first.MAC)
		}
		f.become(id, node.StateRunning, "")
		c.want(id, StateRunning, Reason{})
	})
}

func TestUnreportedInstancesEndAfterGrace(t *testing.T) {
	unreported := Reason{"Server.InternalError", "Instance no longer reported as existing."}
	for _, state := range []node.State{node.StatePending, node.StateRunning} {
		t.Run(string(state), func(t *testing.T) {
			f := newFakeNode(small(4), false)
			inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
				c.start()
				id := c.one().ID
				f.become(id, state, "")
				c.want(id, State(state), Reason{})
				f.lose(id)
				advance(c.service.c.Grace - c.service.c.Poll)
				c.want(id, State(state), Reason{})
				advance(2 * c.service.c.Poll)
				c.want(id, StateTerminated, unreported)
				if held := c.addresses(); len(held) > 0 {
					t.Errorf("addresses are still held: %q", held)
				}
			})
		})
	}
}

// A node that does not answer says nothing about its instances.
func TestSilenceEndsNothing(t *testing.T) {
	f := newFakeNode(small(4), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		f.set(func() { f.silent = errors.New("connection refused") })
		advance(time.Hour)
		c.want(id, StateRunning, Reason{})
		changes, err := c.service.Terminate(t.Context(), alice, []string{id})
		if err != nil || len(changes) != 1 {
			t.Fatalf("terminate: %+v, %v", changes, err)
		}
		advance(time.Hour)
		c.want(id, StateShuttingDown, userReason)
		f.set(func() { f.silent = nil })
		advance(2 * c.service.c.Poll)
		c.want(id, StateTerminated, userReason)
	})
}

// What a node runs and the cloud does not know, or thinks has ended, would keep
// addresses that others have by now.
func TestStraysAreEnded(t *testing.T) {
	f := newFakeNode(small(4), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		vm := node.VMType{Name: "m1.small", CPUs: 1, MemoryMB: 128, DiskGB: 2}
		if err := f.Run(t.Context(), node.Spec{InstanceID: "i-0BAD0BAD", Type: vm}); err != nil {
			t.Fatal(err)
		}
		advance(c.service.c.Poll)
		if left := f.alive(); len(left) > 0 {
			t.Errorf("still running: %v", left)
		}
	})
}

func TestInstancesOfMissingNodesEnd(t *testing.T) {
	fakes := oneNode(newFakeNode(small(4), true))
	inCloud(t, fakes, func(t *testing.T, c *cloud) {
		c.start()
		id := c.one().ID
		c.stop()
		delete(fakes, "node1")
		fakes["node2"] = newFakeNode(small(1), true)
		c.start()
		c.want(id, StateRunning, Reason{})
		if err := c.service.Reboot(t.Context(), alice, []string{id}); err == nil {
			t.Error("reboot on a missing node: got no error")
		}
		advance(c.service.c.Grace + 2*sweepInterval)
		c.want(id, StateTerminated, Reason{"Server.InternalError", "Its node, node1, is no longer part of the cloud."})
	})
}

// More instances than requests that may run at once: none is forgotten, and
// none waits for the next look by the clock.
func TestRequestsAreBounded(t *testing.T) {
	f := newFakeNode(small(50), true)
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.config.Requests = 2
		c.start()
		started := time.Now()
		r := c.run(RunRequest{Image: "emi-1", Min: 50, Max: 50})
		for _, in := range r.Instances {
			c.want(in.ID, StateRunning, Reason{})
		}
		if took := time.Since(started); took != 0 {
			t.Errorf("took %s", took)
		}
	})
}
