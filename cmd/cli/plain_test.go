package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
)

func TestPlain(t *testing.T) {
	denied := func(op, path string) error { return &fs.PathError{Op: op, Path: path, Err: fs.ErrPermission} }
	for _, tt := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("bundle ok: %w", denied("open", "ro/.ok.lock")), "bundle ok: write into ro: permission denied"},
		{denied("mkdir", "ro/.emikit-download-123"), "write into ro: permission denied"},
		{denied("write", "d/.emikit-download-x-123/x.part.00"), "write d/x.part.00: permission denied"},
		{denied("open", ".img.tmp-ABC"), "write into .: permission denied"},
		{denied("write", "d/.img.part.00.tmp-ABC"), "write d/img.part.00: permission denied"},
		{denied("mkdir", "a/new"), "make the directory a/new: permission denied"},
		{&os.LinkError{Op: "rename", Old: "d/.x.tmp-1", New: "d/x", Err: fs.ErrPermission}, "write d/x: permission denied"},
		{denied("open", "d/.profile"), "open d/.profile: permission denied"},
		{denied("open", "d/image"), "open d/image: permission denied"},
		{Reword(denied("open", "d/.x.lock"), "other words"), "other words"},
		{errors.New("none"), "none"},
	} {
		got := plain(tt.err)
		if got.Error() != tt.want {
			t.Errorf("%v: got %q, want %q", tt.err, got, tt.want)
		}
		if errors.Is(got, fs.ErrPermission) != errors.Is(tt.err, fs.ErrPermission) {
			t.Errorf("%v: what is known of the error is lost", tt.err)
		}
	}
	if plain(nil) != nil {
		t.Error("nil became an error")
	}
}
