package images

import (
	"errors"
	"testing"
)

// TestBusyIsNotChanged: a launch that finds no turn for its check must not be told
// that the bundle was changed.
func TestBusyIsNotChanged(t *testing.T) {
	busy := refuse(ErrTooManyChecks, "wait")
	if got := changed(record{}, busy); !errors.Is(got, ErrTooManyChecks) || errors.Is(got, ErrChanged) {
		t.Errorf("got %v, want %v", got, busy)
	}
	if got := changed(record{}, refuse(ErrBundle, "torn")); !errors.Is(got, ErrChanged) {
		t.Errorf("got %v, want %v", got, ErrChanged)
	}
}
