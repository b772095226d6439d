package volume

import (
	"crypto/rand"
	"io"
	"os"
	"time"

	"emikit/volume/extfs"
)

// BuildOptions say what disk a tree becomes.
type BuildOptions struct {
	Identity            // without a UUID it gets a new one
	Size      int64     // of the image in bytes; 0: so that there is room left
	Partition Partition // "" is none
	// Loader boots the disk, which has a table of its kind; nil is none.
	Loader  *Loader
	Created time.Time

	// Fstab replaces /etc/fstab, if not nil. The old one gets its name with FstabSuffix.
	Fstab       []byte
	FstabSuffix string
	// GrubConfig is for /boot/grub/menu.lst, if not nil. The old one becomes menu.lst.bak.
	GrubConfig []byte
}

// The room that is left in an image whose size was not given: a quarter of what is in
// it, and some, but not more than anyone needs to begin with.
const (
	freeShare = 4
	leastFree = 256 << 20 // bytes
	mostFree  = 4 << 30   // bytes
)

// An Image is a disk with a filesystem on it. It is read by one goroutine at a time.
type Image struct {
	fs         *extfs.Image
	start      int64 // of the filesystem
	size       int64
	head, tail []byte
	changes    *changes
}

// Build lays out the disk. The tree belongs to it from then on, and is to be closed
// when the image is no longer read. A tree that does not fit is an [extfs.SpaceError].
func (t *Tree) Build(o BuildOptions) (*Image, error) {
	now := extfs.Time{Sec: o.Created.Unix(), Nsec: uint32(o.Created.Nanosecond())}
	if o.UUID == ([16]byte{}) {
		o.UUID = newUUID()
	}
	if o.Fstab != nil && !putFile(t.Root, now, o.Fstab, o.FstabSuffix, "etc", "fstab") {
		return nil, &notDirError{"/etc"}
	}
	if o.GrubConfig != nil && !putFile(t.Root, now, o.GrubConfig, ".bak", "boot", "grub", "menu.lst") {
		return nil, &notDirError{"/boot/grub"}
	}
	makeSpecial(t.Root, now)
	before, after := o.Partition.room()
	if o.Size == 0 {
		o.Size = t.size(o.Kind) + before + after
	}
	i := &Image{size: o.Size, start: before, changes: t.changes}
	var err error
	i.fs, err = extfs.New(t.Root, extfs.Options{
		Kind: o.Kind, Size: o.Size - before - after, Label: o.Label, UUID: o.UUID, Created: now,
	})
	if err != nil {
		return nil, err
	}
	i.head, i.tail = o.Partition.table(o.Size, o.UUID)
	if o.Loader != nil {
		i.head = o.Loader.put(i.head)
	}
	return i, nil
}

// size chooses how large a filesystem is.
func (t *Tree) size(kind extfs.Kind) int64 {
	const block = 4096
	u := extfs.Measure(t.Root, kind)
	free := min(leastFree+u.Blocks*block/freeShare, mostFree)
	return extfs.SizeFor(kind, u, free)
}

// newUUID makes a random one, as RFC 9562 has it.
func newUUID() (id [16]byte) {
	_, _ = rand.Read(id[:]) // it never fails
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

// notDirError says that a directory of the image is none.
type notDirError struct{ path string }

func (e *notDirError) Error() string { return e.path + " in the image: not a directory" }

// Size is the length of the disk in bytes.
func (i *Image) Size() int64 { return i.size }

// Used is how much of it is in use, in bytes.
func (i *Image) Used() int64 { return i.fs.Blocks() * 4096 }

// Changed returns the files that were not, when the image was read, what they had been
// when the volume was listed: they are cut or filled up with zeros in it.
func (i *Image) Changed() []string { return i.changes.paths }

// Close closes what is open. The tree stays.
func (i *Image) Close() error { return i.fs.Close() }

// part is what is at off: bytes that are at hand, or the filesystem, and where in it.
func (i *Image) part(off int64) (b []byte, at, end int64) {
	tail := i.size - int64(len(i.tail))
	fs := i.start + i.fs.Size()
	switch {
	case off < i.start:
		return i.head, off, i.start
	case off < fs:
		return nil, off - i.start, fs
	case off < tail:
		return []byte{}, 0, tail
	}
	return i.tail, off - tail, i.size
}

// ReadAt implements [io.ReaderAt].
func (i *Image) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	for done < len(p) && off < i.size {
		b, at, end := i.part(off)
		want := p[done:min(int64(len(p)), int64(done)+end-off)]
		n := len(want)
		if b != nil {
			clear(want)
			copy(want, b[min(at, int64(len(b))):])
		} else if read, err := i.fs.ReadAt(want, at); err != nil && err != io.EOF {
			return done + read, err
		}
		done, off = done+n, off+int64(n)
	}
	if done < len(p) {
		return done, io.EOF
	}
	return done, nil
}

// Hole returns how many bytes from off on are known to be zero.
func (i *Image) Hole(off int64) (int64, error) {
	b, at, end := i.part(off)
	switch {
	case b == nil:
		return i.fs.Hole(at)
	case at >= int64(len(b)):
		return end - off, nil
	}
	return 0, nil
}

// WriteFile writes the disk into a new file; its zeros are holes there. If it fails, or
// each does, which is told how far it is, there is no file.
func (i *Image) WriteFile(path string, each func(done int64) error) (err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			_ = os.Remove(path) // err says what went wrong
		}
	}()
	if err := f.Truncate(i.size); err != nil {
		return err
	}
	return i.copy(f, each)
}

func (i *Image) copy(f *os.File, each func(done int64) error) error {
	buffer := make([]byte, 1<<20)
	for off := int64(0); off < i.size; {
		if n, _ := i.Hole(off); n > 0 {
			off += n
			continue
		}
		n, err := i.ReadAt(buffer, off)
		if err != nil && err != io.EOF {
			return err
		}
		if _, err := f.WriteAt(buffer[:n], off); err != nil {
			return err
		}
		off += int64(n)
		if err := each(off); err != nil {
			return err
		}
	}
	return nil
}

// Filesystem tells where the filesystem is on the disk, in bytes.
func (i *Image) Filesystem() (start, size int64) { return i.start, i.fs.Size() }
