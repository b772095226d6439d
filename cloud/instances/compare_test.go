package instances

import (
	"testing"
	"time"

	"emikit/node"
)

func TestNextStep(t *testing.T) {
	report := func(s node.State) *node.InstanceStatus { return &node.InstanceStatus{State: s} }
	failed := &node.InstanceStatus{State: node.StateStopped, Reason: "It does not boot."}
	tests := []struct {
		name string
		v    sight
		want step
	}{
		{"not launched yet", sight{recorded: StatePending}, launch},
		{"being launched", sight{recorded: StatePending, note: note{busy: true}}, wait},
		{"launched after the look began", sight{recorded: StatePending, note: note{asked: 3}, look: 3}, wait},
		{"launched and not there", sight{recorded: StatePending, note: note{asked: 3}, look: 4}, wait},
		{"launched and not there for long", sight{recorded: StatePending, note: note{asked: 3}, look: 4, missing: time.Minute}, gone},
		{"booting", sight{recorded: StatePending, reported: report(node.StatePending)}, wait},
		{"booted", sight{recorded: StatePending, reported: report(node.StateRunning)}, settle},
		{"boot failed", sight{recorded: StatePending, reported: report(node.StateTerminated)}, settle},
		{"running", sight{recorded: StateRunning, reported: report(node.StateRunning)}, wait},
		{"running is not booting", sight{recorded: StateRunning, reported: report(node.StatePending)}, wait},
		{"going down by itself", sight{recorded: StateRunning, reported: report(node.StateShuttingDown)}, settle},
		{"ended by itself", sight{recorded: StateRunning, reported: report(node.StateTerminated)}, settle},
		{"just missing", sight{recorded: StateRunning}, wait},
		{"long missing", sight{recorded: StateRunning, missing: time.Minute}, gone},
		{"to be ended", sight{recorded: StateShuttingDown, reported: report(node.StateRunning)}, end},
		{"to be ended, node does not know it", sight{recorded: StateShuttingDown}, end},
		{"being ended", sight{recorded: StateShuttingDown, reported: report(node.StateShuttingDown)}, wait},
		{"ended", sight{recorded: StateShuttingDown, reported: report(node.StateTerminated)}, settle},
		{"ended and forgotten", sight{recorded: StateShuttingDown, note: note{asked: 3}, look: 4}, gone},
		{"ended after the look began", sight{recorded: StateShuttingDown, note: note{asked: 3}, look: 3}, wait},
		{"to be stopped", sight{recorded: StateStopping, reported: report(node.StateRunning)}, stop},
		{"being stopped", sight{recorded: StateStopping, reported: report(node.StateStopping)}, wait},
		{"stopped on request", sight{recorded: StateStopping, reported: report(node.StateStopped)}, settle},
		{"ended instead of stopping", sight{recorded: StateStopping, reported: report(node.StateTerminated)}, settle},
		{"stopped", sight{recorded: StateStopped, reported: report(node.StateStopped)}, wait},
		{"stopped and yet running", sight{recorded: StateStopped, reported: report(node.StateRunning)}, stop},
		{"stopped and long missing", sight{recorded: StateStopped, missing: time.Minute}, gone},
		{"stopped without request", sight{recorded: StateRunning, reported: report(node.StateStopped)}, settle},
		{"to start again", sight{recorded: StatePending, restarted: true, reported: report(node.StateStopped)}, start},
		{"to start again, once stopped", sight{recorded: StatePending, reported: report(node.StateStopped), note: note{asked: 3, last: stop}, look: 4}, start},
		{"started after the look began", sight{recorded: StatePending, reported: report(node.StateStopped), note: note{asked: 3, last: start}, look: 3}, wait},
		{"did not start", sight{recorded: StatePending, reported: failed, note: note{asked: 3, last: start}, look: 4}, settle},
		{"its node was restarted", sight{recorded: StatePending, reported: report(node.StateStopped), note: note{asked: 3, last: start}, look: 4}, start},
		{"to start again, and missing", sight{recorded: StatePending, restarted: true}, wait},
		{"stopped, to be ended", sight{recorded: StateShuttingDown, reported: report(node.StateStopped)}, end},
		{"stopped stray", sight{recorded: StateTerminated, reported: report(node.StateStopped)}, end},
		{"stray", sight{recorded: StateTerminated, reported: report(node.StateRunning)}, end},
		{"stray that ends", sight{recorded: StateTerminated, reported: report(node.StateShuttingDown)}, wait},
		{"over", sight{recorded: StateTerminated, reported: report(node.StateTerminated)}, wait},
	}
	for _, test := range tests {
		test.v.grace = time.Minute
		if got := test.v.next(); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestTransitions(t *testing.T) {
	states := []State{StatePending, StateRunning, StateStopping, StateStopped, StateShuttingDown, StateTerminated}
	for i, from := range states {
		for j, to := range states {
			want := j > i
			switch {
			case from == StatePending && to == StateStopping:
				want = false // what boots cannot be stopped
			case from == StateStopped && to == StatePending:
				want = true // it is started again
			}
			if got := from.canBecome(to); got != want {
				t.Errorf("%s to %s: got %v, want %v", from, to, got, want)
			}
		}
	}
}
