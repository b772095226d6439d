package bundle

import (
	"errors"
	"strings"
	"testing"
)

// Entries without data cost nothing in the image or in the stream, but memory.
func TestExtentsAreBounded(t *testing.T) {
	const size = 10
	entry := []byte("00000000012\x0000000000000\x00")
	full := make([]extent, maxExtents)
	if _, err := appendExtents(full[:maxExtents-1], entry, size); err != nil {
		t.Errorf("%d runs: %v", maxExtents, err)
	}
	_, err := appendExtents(full, entry, size)
	if !errors.Is(err, ErrTar) || !strings.Contains(err.Error(), "runs of data") {
		t.Errorf("%d runs: got %v, want ErrTar", maxExtents+1, err)
	}
}

func TestTarField(t *testing.T) {
	for field, want := range map[string]int64{
		"00000000017\x00": 15, "         17 ": 15, "17\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00": 15,
		"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00": 0, "77777777777\x00": 8<<30 - 1,
		"\x80\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00": 8 << 30,
		"18\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00":       -1, "-7\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00": -1, "\x81\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00": -1,
		"\x80\x01\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00": -1, "\x80\x00\x00\x00\x80\x00\x00\x02\x00\x00\x00\x00": -1,
	} {
		got, err := tarField([]byte(field))
		if (err != nil) != (want < 0) || err == nil && got != want {
			t.Errorf("%q: got %d, %v, want %d", field, got, err, want)
		}
	}
}
