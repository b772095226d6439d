package sample

import (
	"errors"
	"fmt"
	"os"
	"path"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/ext4"
)

// MinFilesystemSize is the smallest filesystem, in bytes, that
// [WriteFilesystem] makes.
const MinFilesystemSize = 8 << 20

// WriteFilesystem makes a new file at path that holds an ext4 filesystem of
// size bytes, without a partition table, with the given label and files. On
// error no file is left.
func WriteFilesystem(target string, size int64, label string, files []File) error {
	if size < MinFilesystemSize {
		return fmt.Errorf("%s: a filesystem of %d bytes is too small, at least %d are needed",
			target, size, MinFilesystemSize)
	}
	f, err := os.OpenFile(target, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = errors.Join(fillFilesystem(f, size, label, files), f.Close())
	if err != nil {
		err = errors.Join(fmt.Errorf("%s: %w", target, err), os.Remove(target))
	}
	return err
}

func fillFilesystem(f *os.File, size int64, label string, files []File) error {
	if err := f.Truncate(size); err != nil {
		return err
	}
	fs, err := ext4.Create(file.New(f, false), size, 0, sectorSize, &ext4.Params{
		VolumeName: label,
		Features: []ext4.FeatureOpt{
			// So small a filesystem has no room for what growing needs.
			ext4.WithFeatureReservedGDTBlocksForExpansion(false),
			ext4.WithFeatureHasJournal(false),
		},
	})
	if err != nil {
		return fmt.Errorf("make ext4: %w", err)
	}
	for _, member := range files {
		if err := addFile(fs, member); err != nil {
			return fmt.Errorf("add %s: %w", member.Name, err)
		}
	}
	return fs.Close()
}

func addFile(fs *ext4.FileSystem, member File) error {
	name := member.Name
	if dir := path.Dir(name); dir != "." {
		if err := fs.Mkdir(dir); err != nil {
			return err
		}
	}
	f, err := fs.OpenFile(name, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return err
	}
	if _, err := f.Write([]byte(member.Content)); err != nil {
		return errors.Join(err, f.Close())
	}
	if err := f.Close(); err != nil {
		return err
	}
	return fs.Chmod(name, os.FileMode(member.Mode))
}
