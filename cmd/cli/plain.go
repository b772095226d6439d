package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// plain rewords what package os says of files that the user has not named: the
// hidden ones that stand for others while these are made. The user gave the
// directory.
func plain(err error) error {
	if err == nil {
		return nil
	}
	text, cause, ok := fileError(err)
	if !ok {
		return err
	}
	whole := strings.Replace(err.Error(), cause, text, 1)
	if whole == err.Error() {
		return err
	}
	return Reword(err, whole)
}

// asLine rewords an error that is more than a line of text, which what a server says
// can be: it may hold anything, also what a terminal obeys.
func asLine(err error) error {
	if text := line(err.Error()); text != err.Error() {
		return Reword(err, text)
	}
	return err
}

// line makes one line of a text, in which control characters are shown.
func line(text string) string {
	text = strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
	if !strings.ContainsFunc(text, unicode.IsControl) {
		return text
	}
	var b strings.Builder
	for _, c := range text {
		if unicode.IsControl(c) {
			fmt.Fprintf(&b, "\\x%02x", c)
			continue
		}
		b.WriteRune(c)
	}
	return b.String()
}

// fileError finds such an error, its text, and the words for it.
func fileError(err error) (words, text string, ok bool) {
	if e, is := errors.AsType[*fs.PathError](err); is {
		switch {
		case isHidden(e.Path) && e.Op == "write":
			return fmt.Sprintf("write %s: %v", visible(e.Path), e.Err), e.Error(), true
		case isHidden(e.Path):
			return fmt.Sprintf("write into %s: %v", filepath.Dir(e.Path), e.Err), e.Error(), true
		case isHidden(filepath.Dir(e.Path)): // a directory of files that have no place yet
			return fmt.Sprintf("write %s: %v", filepath.Join(filepath.Dir(filepath.Dir(e.Path)), filepath.Base(e.Path)), e.Err), e.Error(), true
		case e.Op == "mkdir":
			return fmt.Sprintf("make the directory %s: %v", e.Path, e.Err), e.Error(), true
		}
	}
	if e, is := errors.AsType[*os.LinkError](err); is && isHidden(e.Old) {
		return fmt.Sprintf("write %s: %v", e.New, e.Err), e.Error(), true
	}
	return "", "", false
}

// visible is the name that a hidden file is going to have.
func visible(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), "."), ".tmp-")
	return filepath.Join(filepath.Dir(path), name)
}

// isHidden tells the names that package bundle and package upload give to files
// that have none yet, and to locks.
func isHidden(path string) bool {
	name := filepath.Base(path)
	return strings.HasPrefix(name, ".") &&
		(strings.HasPrefix(name, ".emikit-") || strings.HasSuffix(name, ".lock") || strings.Contains(name, ".tmp-"))
}
