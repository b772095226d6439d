package publish

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"emikit/bundle"
)

// migrationTarget is where a new manifest goes.
type migrationTarget struct {
	path   string      // as the user names it
	file   string      // what path is in the end, if it is a link
	backup string      // where the one that is replaced is kept; "" when it is not
	old    fs.FileInfo // of what is replaced; nil for nothing
}

// target finds out where the new manifest goes, and refuses what it must not replace.
func (r MigrateRequest) target() (t migrationTarget, err error) {
	t.path = r.To
	if r.To == "" {
		t.path, t.backup = r.Manifest, r.Manifest+BackupSuffix
		if _, err := os.Lstat(t.backup); err == nil {
			return t, &backupError{t.backup}
		}
	}
	t.file = t.path
	t.old, err = os.Stat(t.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, nil
	case err != nil:
		return t, err
	case !t.old.Mode().IsRegular():
		return t, fmt.Errorf("%s: not a file that can be replaced", t.path)
	}
	for _, input := range r.inputs() {
		if info, err := os.Stat(input); err == nil && os.SameFile(info, t.old) {
			return t, fmt.Errorf("%s: %w", t.path, bundle.ErrInput)
		}
	}
	t.file, err = filepath.EvalSymlinks(t.path)
	return t, err
}

// inputs are the files that the new manifest must not replace.
func (r MigrateRequest) inputs() []string {
	inputs := []string{r.Certificate, r.PrivateKey, r.CloudCertificate}
	if r.To != "" {
		inputs = append(inputs, r.Manifest)
	}
	return inputs
}

// write puts the new manifest there, with the owner and the mode of the one that it
// replaces.
func (t migrationTarget) write(document []byte) error {
	hidden, err := t.writeHidden(document)
	if err != nil {
		return err
	}
	if err := t.keepOld(); err != nil {
		return errors.Join(err, os.Remove(hidden))
	}
	if err := os.Rename(hidden, t.file); err != nil {
		err = errors.Join(err, os.Remove(hidden))
		if t.backup != "" {
			err = errors.Join(err, os.Remove(t.backup))
		}
		return err
	}
	if dir, err := os.Open(filepath.Dir(t.file)); err == nil {
		_ = dir.Sync() // where that is not possible nothing can be done about it
		dir.Close()
	}
	return nil
}

// writeHidden writes the document to a hidden file beside its target.
func (t migrationTarget) writeHidden(document []byte) (path string, err error) {
	const room = 200 // bytes of the name that fit with the rest
	dir, name := filepath.Split(t.file)
	path = filepath.Join(dir, "."+name[:min(len(name), room)]+".tmp-"+rand.Text())
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", err
	}
	if t.old != nil {
		keepOwner(f, t.old)
		err = f.Chmod(t.old.Mode().Perm())
	}
	if err == nil {
		_, err = f.Write(document)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return "", errors.Join(err, os.Remove(path))
	}
	return path, nil
}

// keepOld gives the old manifest its second name, which nothing may have yet.
func (t migrationTarget) keepOld() error {
	if t.backup == "" {
		return nil
	}
	err := os.Link(t.file, t.backup)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return asBackupError(err, t.backup)
	}
	return t.copyOld() // a file system without links
}

func (t migrationTarget) copyOld() error {
	data, err := os.ReadFile(t.file)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(t.backup, os.O_WRONLY|os.O_CREATE|os.O_EXCL, t.old.Mode().Perm())
	if err != nil {
		return asBackupError(err, t.backup)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return errors.Join(err, os.Remove(t.backup))
	}
	return nil
}

func asBackupError(err error, path string) error {
	if errors.Is(err, fs.ErrExist) {
		return &backupError{path}
	}
	return err
}

// backupError is ErrBackup with the file.
type backupError struct{ path string }

func (e *backupError) Error() string { return e.path + ": " + ErrBackup.Error() }
func (e *backupError) Unwrap() error { return ErrBackup }

// Hint says what there is to do.
func (e *backupError) Hint() string {
	return "it may be an earlier manifest; move it away, or say with --to where the new one goes"
}
