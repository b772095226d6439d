//go:build unix

package publish_test

import (
	"context"
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"emikit/publish"
)

// Keys and manifests may be pipes. Cancelling works although nobody writes.
func TestCancelBlockedFiles(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	reason := errors.New("the user has gone")
	bundling := request(t, writeImage(t, "disk.img", content))
	bundling.PrivateKey = pipe
	for name, run := range map[string]func(context.Context) error{
		"bundle": func(ctx context.Context) error {
			_, err := publish.BundleImage(ctx, bundling)
			return err
		},
		"unbundle": func(ctx context.Context) error {
			_, err := publish.Unbundle(ctx, publish.UnbundleRequest{Manifest: pipe, PrivateKey: keyFile("user-pk.pem")})
			return err
		},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		done := make(chan error)
		go func() { done <- run(ctx) }()
		cancel(reason)
		if err := <-done; !errors.Is(err, reason) {
			t.Errorf("%s: got %v, want %v", name, err, reason)
		}
	}
}
