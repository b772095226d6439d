package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"emikit/ec2"
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

// TestOneLine: whatever an error says, the user gets one line, and the terminal no
// orders.
func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{
		"plain words, über alles":              "plain words, über alles",
		"one\ntwo\n":                           "one; two",
		"NoSuchKey: \x1b[2J\x07gone\r\u009b1m": `NoSuchKey: \x1b[2J\x07gone\x0d\x9b1m`,
	} {
		var stderr strings.Builder
		a := &App{Name: "emikit", Family: Native, Stderr: &stderr}
		if code := a.Fail("", errors.New(text)); code != 1 || stderr.String() != "emikit: "+want+"\n" {
			t.Errorf("%q: got exit code %d and %q, want 1 and %q", text, code, stderr.String(), want)
		}
		stderr.Reset()
		a = &App{Name: "euca-register", Family: Euca, Stderr: &stderr}
		a.Fail("", &ec2.Error{Code: "Code", Message: text})
		if want := "euca-register: error (Code): " + want + "\n"; stderr.String() != want {
			t.Errorf("%q of a server: got %q, want %q", text, stderr.String(), want)
		}
	}
}
