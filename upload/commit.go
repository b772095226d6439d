package upload

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"emikit/manifest"
)

// commit gives the files of a download their names. The manifest of an earlier
// bundle goes first and the new one comes last, so that a manifest is only ever
// beside the parts it describes. Stale parts go in between.
func (d *downloader) commit(m *manifest.Manifest, name string) error {
	there, err := namesIn(d.request.Dir)
	if err != nil {
		return err
	}
	if err := d.checkTargets(m, name); err != nil {
		return err
	}
	old := findEarlier(m, name, there)
	if d.replaces(old) {
		d.teller.tell(Event{Kind: Replacing, Name: m.Name})
	}
	for _, n := range old.manifests {
		if d.isGiven(n) {
			continue
		}
		if err := errors.Join(os.Remove(d.target(n)), d.removePlaintext(n)); err != nil {
			return err
		}
	}
	syncDir(d.request.Dir) // a power failure must not leave it beside other parts
	if err := d.place(m, name, old); err != nil {
		return errors.Join(err, d.displace(m, old))
	}
	syncDir(d.request.Dir)
	return nil
}

// place gives the files their names.
func (d *downloader) place(m *manifest.Manifest, name string, old earlier) error {
	for _, part := range m.Parts {
		if err := os.Rename(d.stage.path(part.Name), d.target(part.Name)); err != nil {
			return err
		}
	}
	for _, n := range old.stale {
		if err := os.Remove(d.target(n)); err != nil {
			return err
		}
	}
	if err := d.commitPlaintext(name); err != nil {
		return err
	}
	if d.request.Manifest != "" {
		return nil
	}
	return os.Rename(d.stage.path(name), d.target(name))
}

// replaces says whether there is anything left of an earlier bundle.
func (d *downloader) replaces(old earlier) bool {
	return len(old.stale) > 0 || slices.ContainsFunc(old.manifests, func(n string) bool { return !d.isGiven(n) })
}

// isGiven says whether the file called name in the directory is the manifest on disk
// that the download is by.
func (d *downloader) isGiven(name string) bool {
	if d.request.Manifest == "" {
		return false
	}
	given, err := os.Stat(d.request.Manifest)
	there, thereErr := os.Stat(d.target(name))
	return err == nil && thereErr == nil && os.SameFile(given, there)
}

// displace removes the parts again, new ones and those of an earlier bundle: without
// its manifest, which is gone, nothing could open them.
func (d *downloader) displace(m *manifest.Manifest, old earlier) error {
	names := slices.Clone(old.stale)
	for _, part := range m.Parts {
		_, err := os.Lstat(d.stage.path(part.Name))
		if placed := errors.Is(err, fs.ErrNotExist); placed || manifest.IsPartName(m.Name, part.Name) {
			names = append(names, part.Name)
		}
	}
	var errs []error
	for _, n := range names {
		if err := os.Remove(d.target(n)); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// syncDir makes renames in dir durable where the system can.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		f.Close()
	}
}

func (d *downloader) target(name string) string { return filepath.Join(d.request.Dir, name) }

// checkTargets refuses to put a file in the place of something that no bundle can
// have left there. The names come from whoever wrote the manifest.
func (d *downloader) checkTargets(m *manifest.Manifest, name string) error {
	check := func(name string, replaceable bool) error {
		info, err := os.Lstat(d.target(name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s: exists and is not a file", d.target(name))
		case !replaceable:
			return fmt.Errorf("%s: exists, and is not replaced by what %s calls a part", d.target(name), m.Name)
		}
		return nil
	}
	for _, part := range m.Parts {
		if err := check(part.Name, manifest.IsPartName(m.Name, part.Name)); err != nil {
			return err
		}
	}
	if d.encrypted {
		if err := check(plaintextName(name), true); err != nil {
			return err
		}
	}
	return check(name, true)
}

// namesIn lists a directory.
func namesIn(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// writeSynced writes a file that is on disk when it returns.
func writeSynced(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}
