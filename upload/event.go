package upload

import (
	"sync"
	"time"
)

// EventKind says what an Event tells.
type EventKind string

// The events of an upload, in their order, and of a download. Those about
// parts may come in any order among themselves.
const (
	// Checking: the parts on disk are compared with the manifest; Size is the
	// bundle's in bytes.
	Checking EventKind = "checking"
	// PartChecked: the part Name, of Size bytes, is as it should be.
	PartChecked EventKind = "part checked"
	// CreatingBucket: the bucket Name does not exist and is about to be made.
	CreatingBucket EventKind = "creating bucket"
	// Replacing: where the bundle goes there is an earlier one called Name, or what
	// was left of one. Its manifest is removed before the first part is written,
	// stale parts before the manifest is.
	Replacing EventKind = "replacing"
	// NotRemoved: this key may not remove the object Name of the earlier bundle,
	// for the reason Err.
	NotRemoved EventKind = "not removed"
	// LeftBehind: what a run that failed has sent could not be removed again, for the
	// reason Err; Name says which objects.
	LeftBehind EventKind = "left behind"
	// Resuming: of the Of parts of a bundle Parts are where it goes, in Name, already,
	// with Size bytes. They are not sent.
	Resuming EventKind = "resuming"
	// Unfinished: the upload has failed, and Name holds Parts of the Of parts. Going on
	// needs no more than the rest.
	Unfinished EventKind = "unfinished"
	// Begin: parts begin to be transferred; Size is their sum in bytes where it
	// is known.
	Begin EventKind = "begin"
	// ACLRefused: the bucket takes no access control lists, so that Name and
	// what follows is sent without.
	ACLRefused EventKind = "acl refused"
	// PartSkipped: the part Name is not sent, as was asked for.
	PartSkipped EventKind = "part skipped"
	// PartPresent: the part Name, of Size bytes, is not sent, as it is there already.
	PartPresent EventKind = "part present"
	// PartBegin and PartDone: the part Name, of Size bytes where it is known.
	PartBegin EventKind = "part begin"
	PartDone  EventKind = "part done"
	// PartsDone: all parts are transferred.
	PartsDone EventKind = "parts done"
	// ManifestBegin and ManifestDone: the manifest Name.
	ManifestBegin EventKind = "manifest begin"
	ManifestDone  EventKind = "manifest done"
	// Decrypting: the manifest Name turned out to be encrypted.
	Decrypting EventKind = "decrypting"
	// Unreadable: the manifest Name cannot be read, for the reason Err.
	Unreadable EventKind = "unreadable"
	// Removed: the object Name has been removed, or was not there.
	Removed EventKind = "removed"
	// Noticed: Err was found amiss, and got around.
	Noticed EventKind = "noticed"
	// Retrying: a request for Name failed with Err and is made again after Pause; Wait is
	// how long this may go on.
	Retrying EventKind = "retrying"
)

// Event is a step of a transfer, for whoever shows them.
type Event struct {
	Kind EventKind
	Name string
	Size int64
	Err  error
	Wait time.Duration
	// Pause is how long nothing is asked.
	Pause time.Duration
	// Index is the part's in the bundle, counted from 0, in events about one; of Removed,
	// that of the name among those that are to go.
	Index int
	// Parts and Of count parts, where the kind says so.
	Parts, Of int
}

// teller passes events on, one at a time. A nil function takes none.
type teller struct {
	mu sync.Mutex
	fn func(Event)
}

func (t *teller) tell(e Event) {
	if t == nil || t.fn == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fn(e)
}
