package cli

import (
	"io"
	"sync"
)

// A wholeWriter lets one Write through at a time. The logs of several services, the
// progress and the lines of the command itself go to one standard error, from
// several goroutines. A file keeps them apart by itself, other writers do not.
type wholeWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (w *wholeWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.w.Write(p)
}

func (w *wholeWriter) IsTerminal() bool { return isTerminal(w.w) }
