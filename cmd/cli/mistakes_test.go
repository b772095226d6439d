package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
)

// TestDirectory has the words of euca2ools 3.4.1 and ec2-ami-tools 1.4.0.7 where
// these have some.
func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.WriteFile("file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		family Family
		option Option
		path   string
		want   string // "" for no error
	}{
		{Native, "-s/--source", ".", ""},
		{Native, "-s/--source", "no", "no: no such directory"},
		{Native, "-s/--source", "file", "file: not a directory"},
		{Euca, "-s/--source", "no", "argument -s/--source: directory 'no' does not exist"},
		{Euca, "-d/--directory", "no", "argument -d/--directory: 'no' does not exist"},
		{Euca, "-s/--source", "file", "argument -s/--source: 'file' is not a directory"},
		{EC2, "-s/--source", "no", "--source has invalid value 'no': Directory does not exist or is not a directory."},
		{EC2, "-s/--source", "file", "--source has invalid value 'file': Directory does not exist or is not a directory."},
	} {
		app := &App{Family: c.family}
		err := app.Directory(c.option, c.path)
		if got := text(err); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.option, c.path, got, c.want)
		}
		var usage *UsageError
		if isUsage := errors.As(err, &usage); isUsage != (c.want != "" && c.family != Native) {
			t.Errorf("%s %s %s: is a mistake of usage: %v", c.family, c.option, c.path, isUsage)
		}
	}
	app := &App{Family: Native}
	for path, want := range map[string]string{"new": "", "new/": "", ".": "", "no/new": "no: no such directory", "file": "file: not a directory"} {
		if got := text(app.NewDirectory("-d/--destination", path)); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestNoSuchFile(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "no")
	_, err := os.Open(missing)
	app := &App{Family: Euca}
	got := app.NoSuchFile(missing, err)
	if want := "No such file or directory: " + missing; got.Error() != want || !errors.Is(got, os.ErrNotExist) {
		t.Errorf("got %v, want %s, which is os.ErrNotExist", got, want)
	}
	if got := app.NoSuchFile(t.TempDir(), err); got != err {
		t.Errorf("another file's error: got %v, want %v", got, err)
	}
	app.Family = Native
	if got := app.NoSuchFile(missing, err); got != err {
		t.Errorf("native: got %v, want %v", got, err)
	}
}

func TestArgs(t *testing.T) {
	for _, c := range []struct {
		use         string
		least, most int
		args        []string
		want        string
	}{
		{"link --dir DIR", 0, 0, nil, ""},
		{"link --dir DIR", 0, 0, []string{"x"}, "unexpected argument: x"},
		{"terminate-instances INSTANCE...", 1, Any, nil, "missing argument: INSTANCE"},
		{"terminate-instances INSTANCE...", 1, Any, []string{"a", "b", "c"}, ""},
		{"metadata INSTANCE [PATH]", 1, 2, nil, "missing argument: INSTANCE"},
		{"metadata INSTANCE [PATH]", 1, 2, []string{"a", "b", "c"}, "unexpected argument: c"},
	} {
		err := Args(c.least, c.most)(&cobra.Command{Use: c.use}, c.args)
		if got := text(err); got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.use, c.args, got, c.want)
		}
	}
}
