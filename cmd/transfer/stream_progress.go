package transfer

import (
	"sync"

	"emikit/cmd/cli"
	"emikit/upload"
)

// streamWatcher shows a transfer of which the bytes of the image are counted, not
// those of the parts. It may be used from several goroutines at once.
type streamWatcher struct {
	mu   sync.Mutex
	show *watcher
	bar  func(done, total int64)
}

func newStreamWatcher(app *cli.App, description, where string) *streamWatcher {
	show := newWatcher(app, description, where, nil)
	return &streamWatcher{show: show, bar: show.Of(description)}
}

// event shows one step of the transfer.
func (w *streamWatcher) event(e upload.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.Kind == upload.PartDone {
		e.Size = 0 // it is not what the bar shows
	}
	w.show.event(e)
}

// progress shows how far the image has come.
func (w *streamWatcher) progress(done, total int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.bar(done, total)
}

// End takes the bar away.
func (w *streamWatcher) End() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.show.End()
}
