package instances

import (
	"context"
	"maps"
	"time"

	"emikit/node"
)

// step is what one look at an instance leads to.
type step int

const (
	wait   step = iota // nothing, for now
	launch             // ask the node to run it
	start              // ask the node to start it again
	stop               // ask the node to stop it
	end                // ask the node to end it
	settle             // record what the node reports
	gone               // record that the node has it no more
)

// sight is one instance as one look shows it.
type sight struct {
	recorded  State                // StateTerminated also when nothing is recorded
	restarted bool                 // it was stopped before
	reported  *node.InstanceStatus // nil when the node does not report it
	note      note
	look      uint64        // the number of the look
	missing   time.Duration // for how long the node has not reported it
	grace     time.Duration
}

// next decides. It is the table of the package comment.
func (v sight) next() step {
	switch {
	case v.note.busy:
		return wait
	case v.reported != nil && alive(v.reported.State):
		return v.nextAlive()
	case v.recorded == StateTerminated:
		return wait
	case v.reported != nil:
		return settle
	default:
		return v.nextUnreported()
	}
}

// nextAlive decides on an instance that the node has.
func (v sight) nextAlive() step {
	reported := v.reported.State
	ending := v.recorded == StateShuttingDown || v.recorded == StateTerminated
	stopping := v.recorded == StateStopping || v.recorded == StateStopped
	switch {
	case ending && reported == node.StateShuttingDown:
		return wait
	case ending:
		return end
	case stopping && (reported == node.StatePending || reported == node.StateRunning):
		return stop
	case v.recorded == StatePending && reported == node.StateStopped:
		return v.nextStopped()
	case v.recorded.canBecome(State(reported)):
		return settle
	default:
		return wait
	}
}

// nextStopped decides on an instance that is to start again and that the node has
// stopped. If it is so after a request to start it was accepted, it did not boot, and
// the node says why; without a reason the node itself was restarted meanwhile.
func (v sight) nextStopped() step {
	asked := v.note.last == start && v.note.asked > 0
	switch {
	case asked && v.look <= v.note.asked:
		return wait
	case asked && v.reported.Reason != "":
		return settle
	default:
		return start
	}
}

// nextUnreported decides on an instance that the node does not report. While
// the look may be older than the last request, that means nothing.
func (v sight) nextUnreported() step {
	asked := v.note.asked > 0
	switch {
	case asked && v.look <= v.note.asked:
		return wait
	case v.recorded == StateShuttingDown && asked:
		return gone
	case v.recorded == StateShuttingDown:
		return end
	case v.recorded == StatePending && !asked && !v.restarted:
		return launch
	case v.missing >= v.grace:
		return gone
	default:
		return wait
	}
}

// compare does what a look calls for.
func (w *watch) compare(ctx context.Context, status node.Status, look uint64) {
	recorded, err := w.s.recorded(ctx, w.name)
	if err != nil {
		if ctx.Err() == nil {
			w.s.c.Log.Error("read the instances of a node", "node", w.name, "error", err)
		}
		return
	}
	reported := map[string]*node.InstanceStatus{}
	for i, in := range status.Instances {
		reported[in.ID] = &status.Instances[i]
	}
	seen := map[string]bool{}
	for _, r := range recorded {
		seen[r.id] = true
		v := w.sight(r.id, r.state, reported[r.id], look)
		v.restarted = r.restarted
		w.act(ctx, r.id, v)
	}
	for id, in := range reported {
		if !seen[id] && alive(in.State) {
			seen[id] = true
			w.act(ctx, id, w.sight(id, StateTerminated, in, look))
		}
	}
	w.drop(seen)
}

// sight is how an instance looks now.
func (w *watch) sight(id string, recorded State, reported *node.InstanceStatus, look uint64) sight {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.noteOf(id)
	v := sight{recorded: recorded, reported: reported, look: look, grace: w.s.c.Grace}
	switch {
	case reported != nil:
		n.missing = time.Time{}
	case n.missing.IsZero():
		n.missing = time.Now()
	default:
		v.missing = time.Since(n.missing)
	}
	v.note = *n
	return v
}

// act takes the step that a sight calls for.
func (w *watch) act(ctx context.Context, id string, v sight) {
	var err error
	switch v.next() {
	case launch:
		w.request(ctx, id, launch, w.launch, 0)
	case start:
		w.request(ctx, id, start, w.start, 0)
	case stop:
		w.request(ctx, id, stop, w.stop, w.s.c.Poll)
	case end:
		w.request(ctx, id, end, w.end, w.s.c.Poll)
	case settle:
		_, err = w.s.move(ctx, id, State(v.reported.State), reasonFor(*v.reported))
		if v.reported.State == node.StateStopped {
			w.forget(id)
		}
	case gone:
		_, err = w.s.move(ctx, id, StateTerminated, reasonUnreported())
	}
	if err != nil && ctx.Err() == nil {
		w.s.c.Log.Error("keep an instance's record", "instance", id, "error", err)
	}
}

// forget takes what was asked for an instance as answered: the reason why it stopped
// is then not mistaken for that of the next start.
func (w *watch) forget(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noteOf(id).asked = 0
}

// reasonFor is the reason that goes with a reported state. An end always has
// one.
func reasonFor(in node.InstanceStatus) Reason {
	if in.Reason == "" && alive(in.State) {
		return Reason{}
	}
	return reasonOf(in.Reason)
}

// noteOf is the note on an instance, made when there is none. The caller holds
// the lock.
func (w *watch) noteOf(id string) *note {
	n, ok := w.notes[id]
	if !ok {
		n = &note{}
		w.notes[id] = n
	}
	return n
}

// drop removes the notes on instances that are nobody's concern any more.
func (w *watch) drop(seen map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.notes, func(id string, n *note) bool { return !n.busy && !seen[id] })
}
