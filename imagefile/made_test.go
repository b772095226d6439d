package imagefile

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// half is a disk of which only the first half is data.
type half struct{ *strings.Reader }

func (h half) Hole(off int64) (int64, error) {
	if off < h.Size() {
		return 0, nil
	}
	return max(2*h.Size()-off, 0), nil
}

func (h half) ReadAt(p []byte, off int64) (int, error) {
	clear(p)
	n, err := h.Reader.ReadAt(p, off)
	if off+int64(len(p)) <= 2*h.Size() {
		return len(p), nil
	}
	return n, err
}

func TestMadeImage(t *testing.T) {
	const text = "half of it"
	image := FromContent("it", 2*int64(len(text)), half{strings.NewReader(text)})
	all := make([]byte, 0, image.Size())
	for int64(len(all)) < image.Size() {
		hole, err := image.Hole()
		if err != nil {
			t.Fatal(err)
		}
		if hole > 0 {
			if err := image.SkipHole(hole); err != nil {
				t.Fatal(err)
			}
			all = append(all, make([]byte, hole)...)
			continue
		}
		b := make([]byte, 5)
		n, err := image.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b[:n]...)
	}
	if want := append([]byte(text), make([]byte, len(text))...); !bytes.Equal(all, want) {
		t.Errorf("got %q, want %q", all, want)
	}
	if n, err := image.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %d, %v", n, err)
	}
}

// A disk that gives less than it promised is no image with zeros at its end.
func TestMadeImageThatEndsEarly(t *testing.T) {
	image := FromContent("it", 100, half{strings.NewReader("too little")})
	if _, err := io.ReadAll(image); !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), "it: ") {
		t.Errorf("got %v, want an unexpected end of it", err)
	}
}
