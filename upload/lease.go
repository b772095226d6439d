package upload

import (
	"bytes"
	"errors"
	"sync"
)

// A lease lets a body be read until it ends. After an early refusal the transport may
// still be reading what it was given for that attempt, when the bytes have been used up
// and hold another part.
type lease struct {
	*bytes.Reader
	mu    sync.RWMutex
	ended bool
}

var errEnded = errors.New("the body is no longer there")

// ReadAt is what attempts read with; only they can outlive the lease.
func (l *lease) ReadAt(p []byte, off int64) (int, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.ended {
		return 0, errEnded
	}
	return l.Reader.ReadAt(p, off)
}

func (l *lease) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
}
