package node

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Names of the files in an instance's folder.
const (
	rootFile    = "root"
	kernelFile  = "kernel"
	ramdiskFile = "ramdisk"
	specFile    = "spec.json"
	stateFile   = "state.json"
	consoleFile = "console.log"
)

// unfinished begins the names of files that are to replace a record.
const unfinished = ".unfinished-"

// store keeps the instances' folders. A folder with a state is an instance;
// one without is left from an instance that was never accepted.
type store struct{ dir string }

// record is what a folder says of its instance, or why it does not.
type record struct {
	spec   Spec
	status InstanceStatus
	err    error
}

func (s store) open() error { return os.MkdirAll(s.dir, 0o700) }

// path is a file in an instance's folder, or the folder.
func (s store) path(id, file string) string { return filepath.Join(s.dir, id, file) }

// create makes the folder of a new instance. When it returns, the instance
// outlives a power failure.
func (s store) create(spec Spec, status InstanceStatus) error {
	if err := os.Mkdir(s.path(spec.InstanceID, ""), 0o700); err != nil {
		return err
	}
	err := writeJSON(s.path(spec.InstanceID, specFile), spec)
	if err == nil {
		err = s.save(status)
	}
	if err != nil {
		return errors.Join(err, s.remove(spec.InstanceID))
	}
	return syncDir(s.dir)
}

// save records an instance's state.
func (s store) save(status InstanceStatus) error {
	return writeJSON(s.path(status.ID, stateFile), status)
}

// strip removes the images from an instance's folder, and whatever else a
// hypervisor put there, but not what is kept of a terminated instance.
func (s store) strip(id string) error {
	entries, err := os.ReadDir(s.path(id, ""))
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		switch e.Name() {
		case specFile, stateFile, consoleFile:
		default:
			errs = append(errs, os.RemoveAll(s.path(id, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// remove removes an instance's folder. The state goes first: without it, what
// may be left is no instance.
func (s store) remove(id string) error {
	if err := os.Remove(s.path(id, stateFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.RemoveAll(s.path(id, ""))
}

// load reads all records, and removes and counts the folders that are no
// instances. In the others it removes what writeJSON could not finish.
func (s store) load() (found []record, removed int, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, 0, err
	}
	for _, e := range entries {
		id := e.Name()
		if !e.IsDir() || !validID(id) {
			continue
		}
		if _, err := os.Stat(s.path(id, stateFile)); errors.Is(err, fs.ErrNotExist) {
			if err := s.remove(id); err != nil {
				return nil, removed, err
			}
			removed++
			continue
		}
		if err := s.removeUnfinished(id); err != nil {
			return nil, removed, err
		}
		found = append(found, s.read(id))
	}
	return found, removed, nil
}

// removeUnfinished removes the files that were to replace a record.
func (s store) removeUnfinished(id string) error {
	entries, err := os.ReadDir(s.path(id, ""))
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished) {
			errs = append(errs, os.Remove(s.path(id, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// read reads one record.
func (s store) read(id string) record {
	var r record
	err := errors.Join(
		readJSON(s.path(id, specFile), &r.spec),
		readJSON(s.path(id, stateFile), &r.status))
	if err == nil && (r.spec.InstanceID != id || r.status.ID != id) {
		err = fmt.Errorf("record of %s in the folder of %s", r.status.ID, id)
	}
	r.status.ID, r.err = id, err
	return r
}

func readJSON(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// writeJSON replaces a file that only its owner may read. The new content is
// on disk before the old is gone.
func writeJSON(path string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	file, err := os.CreateTemp(filepath.Dir(path), unfinished+"*")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes names in a folder durable, where the system knows how.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = f.Sync() // not every filesystem can; there is nothing to be done then
	return f.Close()
}
