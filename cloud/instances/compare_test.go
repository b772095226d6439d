package instances

import (
	"testing"
	"time"

	"emikit/node"
)

func TestNextStep(t *testing.T) {
	report := func(s node.State) *node.InstanceStatus { return &node.InstanceStatus{State: s} }
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
	states := []State{StatePending, StateRunning, StateShuttingDown, StateTerminated}
	for i, from := range states {
		for j, to := range states {
			if got, want := from.canBecome(to), j > i; got != want {
				t.Errorf("%s to %s: got %v, want %v", from, to, got, want)
			}
		}
	}
}
