package images

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"emikit/bundle/hostiletest"
)

// TestHostile registers every vector. What is refused is refused for the right
// reason, in one line that shows no key, and leaves no image behind, pending or
// otherwise. What is sealed is answered in one text; that it looks alike in all
// other ways is TestKeyDependentFailuresLookAlike's.
func TestHostile(t *testing.T) {
	conditions := map[hostiletest.Answer]error{
		hostiletest.Taken: nil, hostiletest.BadManifest: ErrManifest, hostiletest.BadSignature: ErrSignature,
		hostiletest.BadParts: ErrBundle, hostiletest.Sealed: ErrUnrecoverable,
	}
	var log strings.Builder
	w := newWorld(t, hostileCloud, func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	for _, v := range hostiletest.Vectors() {
		want, ok := conditions[v.Registration]
		if !ok {
			t.Fatalf("%s: registration has no such answer: %s", v.Name, v.Registration)
		}
		w.restart() // or the account had to wait after each failure
		log.Reset()
		b := v.Bundle()
		w.store(b)
		before := w.countImages()
		img, err := w.Register(t.Context(), alice, Request{Location: sealedLocation})
		if !errors.Is(err, want) {
			t.Errorf("%s: got %s %v, want %v", v.Name, img.State, err, want)
		}
		if err == nil && (img.State != StateAvailable || img.Name != b.Fields.Name) {
			t.Errorf("%s: got the image %q, %s, want %q, available", v.Name, img.Name, img.State, b.Fields.Name)
		}
		if text := "Image registration failed: " + unrecoverable; want == ErrUnrecoverable && err != nil && err.Error() != text {
			t.Errorf("%s: got %v, want %s", v.Name, err, text)
		}
		w.expectRefusal(v.Name, err, log.String())
		if more := w.countImages() - before; more > 1 || (more == 1) != (err == nil) {
			t.Errorf("%s: %d more images", v.Name, more)
		}
	}
}

// restart makes the service anew, with an empty object store.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.objects = newFakeObjects()
	w.config.Objects = w.objects
	w.start()
}

func (w *world) countImages() int {
	w.t.Helper()
	found, err := w.Describe(w.t.Context(), alice, Query{})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(found)
}

// expectRefusal demands one line, in which what it quotes is quoted, and no secret
// in it or in the log.
func (w *world) expectRefusal(name string, err error, log string) {
	w.t.Helper()
	text := ""
	if err != nil {
		text = err.Error()
		if !isRefusal(err) || strings.ContainsAny(text, "\n\r\x00\x1b\u009b") || len(text) > 1000 {
			w.t.Errorf("%s: got %q, want a refusal in one line of plain text", name, text)
		}
	}
	for _, secret := range hostiletest.Secrets() {
		if strings.Contains(text+log, secret) {
			w.t.Errorf("%s: %q is shown: %s\n%s", name, secret, text, log)
		}
	}
}
