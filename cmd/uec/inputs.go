package uec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/fetch"
	"emikit/imagefile/probe"
	"emikit/manifest"
)

// defaultMaxSize is how large an input, or what is in a tarball, may be: 64 GiB.
const defaultMaxSize = "64g"

// inputFlags say where inputs lie that have to be fetched or unpacked.
type inputFlags struct {
	workingDir     string
	saveDownloaded bool
	maxSize        string

	limit int64 // bytes
	made  string
}

func (f *inputFlags) addFlags(fl *pflag.FlagSet) {
	fl.StringVar(&f.workingDir, "working-dir", "", "put what is fetched into `DIR`, and leave it there; unpack there, too")
	fl.BoolVar(&f.saveDownloaded, "save-downloaded", false, "put what is fetched into the current directory, and leave it there")
	fl.StringVar(&f.maxSize, "max-size", defaultMaxSize, "fetch, and unpack, no more than `BYTES`; k, m, g may follow")
}

func (f *inputFlags) check(app *cli.App) (err error) {
	if f.limit, err = byteCount(f.maxSize); err != nil {
		return err
	}
	if f.workingDir != "" {
		return app.Directory("--working-dir", f.workingDir)
	}
	return nil
}

// byteCount reads a number of bytes.
func byteCount(text string) (int64, error) {
	digits, shift := text, 0
	if n := len(text) - 1; n > 0 {
		if unit := strings.IndexByte("kmgt", text[n]|0x20); unit >= 0 { // |0x20: lower case
			digits, shift = text[:n], 10*(unit+1)
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 || n > 1<<62>>shift {
		return 0, cli.Usagef("argument --max-size: invalid filesize value: '%s'", text)
	}
	return n << shift, nil
}

// temporary is a directory that clean removes.
func (f *inputFlags) temporary(app *cli.App) (dir string, err error) {
	if f.made == "" {
		f.made, err = os.MkdirTemp(cmp.Or(f.workingDir, app.Getenv("TMPDIR")), ".emikit-publish-*")
	}
	return f.made, err
}

// clean removes what is not to stay.
func (f *inputFlags) clean() error {
	if f.made == "" {
		return nil
	}
	return os.RemoveAll(f.made)
}

// fetched returns the file of an input, which may be at a URL.
func (f *inputFlags) fetched(ctx context.Context, app *cli.App, conn *cli.Connection, input string) (path string, err error) {
	if !fetch.IsURL(input) {
		return input, isFile(input)
	}
	dir := "."
	if !f.saveDownloaded {
		if dir, err = f.dir(app); err != nil {
			return "", err
		}
	}
	progress := app.NewProgress()
	defer progress.End()
	return fetch.File(ctx, fetch.Request{
		URL: input, Dir: dir, MaxSize: f.limit, UserAgent: "emikit/" + app.Version,
		InsecureSkipVerify: conn.NoVerifySSL, Progress: progress.Of("fetching"),
	})
}

// dir is where inputs are put.
func (f *inputFlags) dir(app *cli.App) (string, error) {
	if f.workingDir != "" {
		return f.workingDir, nil
	}
	return f.temporary(app)
}

// isFile refuses what is not a file before any work.
func isFile(path string) error {
	info, err := os.Stat(path)
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", path, pathErr.Err)
	}
	if err == nil && !info.Mode().IsRegular() && info.Mode()&fs.ModeDevice == 0 {
		return fmt.Errorf("%s: not a file", path)
	}
	return err
}

// nameOf is what an input is called.
func nameOf(input string) (string, error) {
	if fetch.IsURL(input) {
		return fetch.Name(input)
	}
	return baseName(input), nil
}

func baseName(path string) string { return path[strings.LastIndexByte(path, os.PathSeparator)+1:] }

// kindOf tells what a file is. A filesystem may once have been a ramdisk; here it
// is an image.
func kindOf(path string) (manifest.Kind, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	report, err := probe.Probe(f, info.Size())
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", path, err)
	case report.Kind == probe.Kernel:
		return manifest.KindKernel, nil
	case report.Kind == probe.Ramdisk && report.RamdiskFormat == "cpio":
		return manifest.KindRamdisk, nil
	}
	return manifest.KindMachine, nil
}
