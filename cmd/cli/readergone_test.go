package cli

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Nobody is told that nobody reads; that a pipe elsewhere broke is told.
func TestReaderGone(t *testing.T) {
	for _, c := range []struct {
		path string
		err  error
		want string
	}{
		{os.Stdout.Name(), syscall.EPIPE, ""},
		{os.Stdout.Name(), syscall.ENOSPC, "emikit describe-images: list: write /dev/stdout: no space left on device\n"},
		{"/tmp/fifo", syscall.EPIPE, "emikit describe-images: list: write /tmp/fifo: broken pipe\n"},
	} {
		var stderr strings.Builder
		app := &App{Name: "emikit", Family: Native, Stderr: &stderr}
		code := app.Fail("describe-images", fmt.Errorf("list: %w", &fs.PathError{Op: "write", Path: c.path, Err: c.err}))
		if code != exitFailed || stderr.String() != c.want {
			t.Errorf("write to %s: %v: got exit code %d and %q, want %d and %q", c.path, c.err, code, stderr.String(), exitFailed, c.want)
		}
	}
}
