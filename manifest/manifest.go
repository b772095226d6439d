package manifest

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Version is the manifest version that Sign writes.
const Version = "2007-10-10"

// MaxSize is the largest manifest that Parse accepts, in bytes. Eucalyptus
// 4.x and 5.x refuse larger ones too.
const MaxSize = 5 << 20

// Kind says what a bundle holds.
type Kind string

// The kinds of image, as the manifest's type element spells them.
const (
	KindMachine Kind = "machine"
	KindKernel  Kind = "kernel"
	KindRamdisk Kind = "ramdisk"
)

// Part is one piece of a bundle. Name is one that CheckFileName takes.
type Part struct {
	Index  int
	Name   string
	Digest Digest
}

// Bundler names the program that wrote a manifest.
type Bundler struct{ Name, Version, Release string }

// Mapping gives a virtual device name (ami, root, swap, ephemeral0 …) the
// device that an instance sees.
type Mapping struct{ Virtual, Device string }

// Manifest describes a bundle. It is a plain value: whoever holds it may change
// its fields, but not while another goroutine reads it. Changing fields of a
// parsed manifest does not change what VerifySignature checks.
type Manifest struct {
	Version string // as read; Sign always writes Version
	Bundler Bundler

	Arch         string // empty in version 3
	Mappings     []Mapping
	ProductCodes []string
	KernelID     string // "true" marks a kernel
	RamdiskID    string // "true" marks a ramdisk

	Name       string // of the image, and of the tar member; a plain file name
	User       string // account number, without dashes
	Kind       Kind   // KindMachine when the document names none
	KernelName string
	Ancestors  []string

	Digest      Digest // of the tar stream
	Size        int64  // of the raw image, bytes
	BundledSize int64  // of all parts together, bytes

	// The envelopes: RSA ciphertext, nil when absent.
	CloudKey, CloudIV []byte
	UserKey, UserIV   []byte

	Parts []Part // in index order

	Signature []byte // nil when the document says UNSIGNED or nothing

	signed []byte // the bytes that Signature covers, as they stood in the document
}

// Load reads and parses the manifest at path, which may not be encrypted.
func Load(path string) (*Manifest, error) { return LoadWithKey(path, nil) }

// LoadWithKey is Load for a manifest that may be encrypted: find is then asked for
// the private key.
func LoadWithKey(path string, find KeyFinder) (*Manifest, error) {
	data, err := ReadFile(path)
	if err != nil {
		return nil, err
	}
	m, err := parseWithKey(data, find)
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", path, err)
	}
	return m, nil
}

func parseWithKey(data []byte, find KeyFinder) (*Manifest, error) {
	document, err := Plaintext(data, find)
	if err != nil {
		return nil, err
	}
	return Parse(document)
}

// ReadFile returns the bytes of the manifest at path, as they are. One of more than
// MaxSize is ErrTooLarge; no more than that of it is read.
func ReadFile(path string) ([]byte, error) {
	data, err := readFile(path, MaxSize+1)
	if err == nil && len(data) > MaxSize {
		err = fmt.Errorf("%w: over %d bytes", ErrTooLarge, MaxSize)
	}
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", path, err)
	}
	return data, nil
}

// FileName returns the file name of the manifest of the bundle called name.
func FileName(name string) string { return name + ".manifest.xml" }

// PartName returns the file name of a part, numbered as euca2ools number them:
// two digits at least.
func PartName(name string, index int) string { return fmt.Sprintf("%s.part.%02d", name, index) }

// CountedPartName returns the file name of a part, numbered as ec2-ami-tools number
// them: with as many digits as the count of the parts has.
func CountedPartName(name string, index, count int) string {
	return fmt.Sprintf("%s.part.%0*d", name, len(strconv.Itoa(count)), index)
}

// IsPartName says whether file is the name of a part of the bundle called name: of
// any index, with any number of digits, as all known tools number them.
func IsPartName(name, file string) bool {
	digits, ok := strings.CutPrefix(file, name+".part.")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// readFile reads at most max bytes of the file at path. A pipe will do, so that
// shells can substitute a command's output. The error does not repeat the path.
func readFile(path string, max int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, max))
	return data, cause(err)
}

// cause takes the operation and path off an error of package os.
func cause(err error) error {
	if perr, ok := err.(*os.PathError); ok {
		return perr.Err
	}
	return err
}
