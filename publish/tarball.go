package publish

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"emikit/imagefile"
)

// TarballRequest says which archive to unpack: a tar file, as Ubuntu publishes cloud
// images, that may be compressed with gzip, xz or zstd.
type TarballRequest struct {
	Path string
	// Dir is an existing directory, in which files are made under names of our own:
	// nothing that the archive says becomes a path. Whoever made it removes it.
	Dir string
	// MaxSize bounds what is unpacked, in bytes.
	MaxSize int64
	// Counting and Progress, if not nil, are told how many bytes, of how many, have
	// been unpacked: first to find out how much there is, then to write it.
	Counting, Progress func(done, total int64)
}

// Member is a file that was in an archive. The zero value is none.
type Member struct {
	Name string // as it is called, without folders
	Path string // where it is now
}

// Tarball is what an archive holds.
type Tarball struct {
	Image, Kernel, Ramdisk, Loader Member
	// Notes are whole lines that the user should see.
	Notes []string
}

// Errors of archives.
var (
	ErrNoImage     = errors.New("no image in it: nothing is called *.img")
	ErrTarTooLarge = errors.New("more in it than is unpacked")
	errNotTar      = errors.New("not a tar archive")
	errTarDamaged  = errors.New("the archive is damaged")
)

// maxMembers is how many files an archive may have. Those of cloud images have ten.
const maxMembers = 10000

// UnpackTarball writes the files of a cloud image that are in an archive. By their
// names, as with cloud-publish-tarball: *vmlinuz* is the kernel, *initrd* the ramdisk,
// the first of each; *.img else is the image, the last one; *-loader is a loader that
// can stand for the kernel. What is no ordinary file is never taken for one of them.
func UnpackTarball(ctx context.Context, r TarballRequest) (Tarball, error) {
	archive, err := imagefile.Open(ctx, r.Path, imagefile.Options{Counting: r.Counting})
	if err != nil {
		return Tarball{}, err
	}
	defer archive.Close() // it was only read
	if archive.Size() > r.MaxSize {
		return Tarball{}, fmt.Errorf("%s: %w: %d bytes, of at most %d", r.Path, ErrTarTooLarge, archive.Size(), r.MaxSize)
	}
	watched := &watchedImage{Image: archive, progress: r.Progress}
	u := &unpacking{ctx: ctx, dir: r.Dir, left: r.MaxSize, files: tar.NewReader(watched)}
	if err := u.all(); err != nil {
		return Tarball{}, fmt.Errorf("%s: %w", r.Path, err)
	}
	if u.found.Image.Path == "" {
		return Tarball{}, fmt.Errorf("%s: %w", r.Path, ErrNoImage)
	}
	return u.found, nil
}

// unpacking is an archive of which some files are taken.
type unpacking struct {
	ctx   context.Context
	dir   string
	left  int64 // bytes that may still be written
	files *tar.Reader
	found Tarball
}

func (u *unpacking) all() error {
	for n := range maxMembers {
		header, err := u.files.Next()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = u.take(header)
		}
		if err != nil {
			return damaged(err, n == 0)
		}
	}
	return fmt.Errorf("%w: more than %d files", ErrTarTooLarge, maxMembers)
}

// damaged words what is wrong with an archive.
func damaged(err error, first bool) error {
	switch broken := errors.Is(err, tar.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF); {
	case broken && first:
		return errNotTar
	case broken:
		return errTarDamaged
	}
	return err
}

// take writes a file if it is one of those that are looked for.
func (u *unpacking) take(header *tar.Header) error {
	name := path.Base(path.Clean("/" + header.Name))
	role, member := u.role(name)
	switch {
	case member == nil:
		return nil
	case header.Typeflag != tar.TypeReg && header.Typeflag != tar.TypeGNUSparse:
		u.found.Notes = append(u.found.Notes, fmt.Sprintf("%q in the archive is not an ordinary file: ignored", header.Name))
		return nil
	case member.Path != "" && role != roleImage:
		return nil // the first one is taken
	case header.Size > u.left:
		return fmt.Errorf("%w: %q has %d bytes", ErrTarTooLarge, header.Name, header.Size)
	case member.Path != "":
		u.found.Notes = append(u.found.Notes, fmt.Sprintf("there is more than one image in the archive: %q is ignored", member.Name))
		if err := os.Remove(member.Path); err != nil {
			return err
		}
	}
	u.left -= header.Size
	*member = Member{Name: name, Path: filepath.Join(u.dir, role)}
	return u.write(member.Path, header.Size)
}

const roleImage = "image"

// role tells what a file is by its name. The role is the name of the file that is
// written.
func (u *unpacking) role(name string) (role string, member *Member) {
	switch {
	case strings.Contains(name, "vmlinuz"):
		return "kernel", &u.found.Kernel
	case strings.Contains(name, "initrd"):
		return "ramdisk", &u.found.Ramdisk
	case strings.HasSuffix(name, ".img"):
		return roleImage, &u.found.Image
	case strings.HasSuffix(name, "-loader"):
		return "loader", &u.found.Loader
	}
	return "", nil
}

// write makes a new file of what is next in the archive, with holes for zeros.
func (u *unpacking) write(file string, size int64) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = u.copy(f, size)
	return errors.Join(err, f.Close())
}

// copy goes on in pieces, so that it can be interrupted.
func (u *unpacking) copy(f *os.File, size int64) error {
	piece, zeros := make([]byte, copyBuffer), make([]byte, copyBuffer)
	for at := int64(0); at < size; {
		if err := context.Cause(u.ctx); err != nil {
			return err
		}
		n, err := io.ReadFull(u.files, piece[:min(size-at, copyBuffer)])
		if err != nil {
			return err
		}
		if !bytes.Equal(piece[:n], zeros[:n]) {
			if _, err := f.WriteAt(piece[:n], at); err != nil {
				return err
			}
		}
		at += int64(n)
	}
	return f.Truncate(size)
}
