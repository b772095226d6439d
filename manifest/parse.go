package manifest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Names of the elements below the root. The signature covers the exact bytes
// of the first two.
const (
	configurationElement = "machine_configuration"
	imageElement         = "image"
	signatureElement     = "signature"
)

// Parse reads a manifest of version 2007-10-10, 2007-08-29 (also written
// 20070829) or 3. It takes either kind of quotes, spaces between elements and
// upper-case digits, and keeps data's signed bytes for VerifySignature. It
// does not verify the signature. An encrypted manifest is ErrEncrypted; see
// Plaintext.
//
// A hostile document cannot make it use more than a small multiple of MaxSize,
// nor return a field that the signature does not cover, other than Version,
// Bundler and Signature themselves.
func Parse(data []byte) (*Manifest, error) {
	if len(data) > MaxSize {
		return nil, fmt.Errorf("%w: over %d bytes", ErrTooLarge, MaxSize)
	}
	if IsEncrypted(data) {
		return nil, ErrEncrypted
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	root, err := readTree(data, "manifest")
	if err != nil {
		return nil, err
	}
	if err := checkSections(root); err != nil {
		return nil, err
	}
	m := new(Manifest)
	r := &fieldReader{data: data}
	r.readUnsigned(m, root)
	r.readSigned(m, root)
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

// checkSections refuses a document in which a reader that looks for a section
// by name alone, anywhere, would not find the same one as we do.
func checkSections(root *element) error {
	for _, name := range []string{configurationElement, imageElement, signatureElement} {
		if n := countBelow(root, name); n > 1 {
			return fmt.Errorf("%s: %w", name, ErrDuplicate)
		} else if n == 1 && !slices.ContainsFunc(root.children, func(e *element) bool { return e.name == name }) {
			return fmt.Errorf("%s: nested %w", name, ErrForbidden)
		}
	}
	return nil
}

// countBelow counts the elements called name below e.
func countBelow(e *element, name string) int {
	n := 0
	for _, c := range e.children {
		if c.name == name {
			n++
		}
		n += countBelow(c, name)
	}
	return n
}

// fieldReader reads a manifest's fields out of elements. After the first error
// it reads nothing more.
type fieldReader struct {
	data []byte
	err  error
}

func (r *fieldReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// readUnsigned reads what stands outside the signed bytes.
func (r *fieldReader) readUnsigned(m *Manifest, root *element) {
	m.Version = r.text(root, "version")
	switch m.Version {
	case Version, "2007-08-29", "20070829", "3":
	default:
		r.fail("%w", &VersionError{m.Version})
	}
	if b := r.child(root, "bundler"); b != nil {
		m.Bundler = Bundler{r.text(b, "name"), r.text(b, "version"), r.text(b, "release")}
	}
	if s := r.text(root, signatureElement); s != "UNSIGNED" {
		m.Signature = r.hex(signatureElement, s)
	}
}

// readSigned cuts the signed bytes out of the document and reads the fields
// from those slices alone. Version 3 has no machine_configuration.
func (r *fieldReader) readSigned(m *Manifest, root *element) {
	image := r.section(root, imageElement)
	if m.Version == "3" {
		m.signed = slices.Clone(image)
	} else {
		configuration := r.section(root, configurationElement)
		m.signed = slices.Concat(configuration, image)
		r.readConfiguration(m, r.reread(configuration, configurationElement))
	}
	r.readImage(m, r.reread(image, imageElement))
}

// section returns the bytes of the section called name, tags included. The
// tags must be bare, and the section what a plain text search finds (which is
// how Eucalyptus cuts): then every reader agrees on what was signed.
func (r *fieldReader) section(root *element, name string) []byte {
	e := r.child(root, name)
	if e == nil {
		r.fail("%s: %w", name, ErrField)
	}
	if r.err != nil {
		return nil
	}
	first, last := []byte("<"+name+">"), []byte("</"+name+">")
	start := bytes.Index(r.data, first)
	end := bytes.Index(r.data, last) + len(last)
	if int64(start) != e.start || int64(end) != e.end {
		r.fail("%s: tag with spaces or attributes %w", name, ErrForbidden)
		return nil
	}
	return r.data[start:end]
}

func (r *fieldReader) reread(section []byte, name string) *element {
	if r.err != nil {
		return &element{}
	}
	e, err := readTree(section, name)
	if err != nil {
		r.err = err
		return &element{}
	}
	return e
}

func (r *fieldReader) readConfiguration(m *Manifest, e *element) {
	m.Arch = r.text(e, "architecture")
	m.KernelID = r.text(e, "kernel_id")
	m.RamdiskID = r.text(e, "ramdisk_id")
	m.ProductCodes = r.list(e, "product_codes", "product_code")
	mappings := r.child(e, "block_device_mapping")
	for _, c := range r.children(mappings, "mapping") {
		m.Mappings = append(m.Mappings, Mapping{r.text(c, "virtual"), r.text(c, "device")})
	}
}

func (r *fieldReader) readImage(m *Manifest, e *element) {
	m.Name = r.fileName(e, "name")
	m.User = r.text(e, "user")
	m.Kind = r.kind(e)
	m.KernelName = r.text(e, "kernel_name")
	m.Ancestors = r.list(e, "ancestry", "ancestor_ami_id")
	m.Digest = r.digest(e)
	m.Size = r.size(e, "size")
	m.BundledSize = r.size(e, "bundled_size")
	m.CloudKey = r.envelope(e, "ec2_encrypted_key")
	m.CloudIV = r.envelope(e, "ec2_encrypted_iv")
	m.UserKey = r.envelope(e, "user_encrypted_key")
	m.UserIV = r.envelope(e, "user_encrypted_iv")
	m.Parts = r.parts(e)
}

// parts reads the parts and puts them in index order, whatever order they
// stand in.
func (r *fieldReader) parts(image *element) []Part {
	list := r.child(image, "parts")
	if list == nil {
		r.fail("parts: %w", ErrField)
		return nil
	}
	var parts []Part
	for _, e := range r.children(list, "part") {
		parts = append(parts, Part{Index: r.index(e), Name: r.fileName(e, "filename"), Digest: r.digest(e)})
	}
	slices.SortFunc(parts, func(a, b Part) int { return a.Index - b.Index })
	r.checkCount(list, len(parts))
	if r.err == nil {
		r.err = checkParts(parts)
	}
	return parts
}

func (r *fieldReader) checkCount(list *element, n int) {
	count, ok := list.attribute("count")
	if ok && r.number("parts/count", count) != int64(n) {
		r.fail("%w: count is %s, %d are listed", ErrParts, count, n)
	}
}

// checkParts demands at least one part, the indexes 0 to n-1 in order, and
// names that differ.
func checkParts(parts []Part) error {
	if len(parts) == 0 {
		return fmt.Errorf("%w: there are none", ErrParts)
	}
	seen := make(map[string]bool, len(parts))
	for i, p := range parts {
		if p.Index != i {
			return fmt.Errorf("%w: index %d where %d belongs", ErrParts, p.Index, i)
		}
		if seen[p.Name] {
			return fmt.Errorf("%w: two are named %q", ErrParts, p.Name)
		}
		seen[p.Name] = true
	}
	return nil
}

// hex decodes what RSA made, digits in either case; none give nil.
func (r *fieldReader) hex(name, digits string) []byte {
	if digits == "" {
		return nil
	}
	if len(digits) > maxHex {
		r.fail("%s: %w: %d digits", name, ErrField, len(digits))
		return nil
	}
	b, err := hex.DecodeString(strings.ToLower(digits))
	if err != nil {
		r.fail("%s: %w: %v", name, ErrField, err)
	}
	return b
}
