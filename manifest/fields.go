package manifest

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxText bounds a text field, in bytes; maxName a file name, as Linux does.
const (
	maxText = 1024
	maxName = 255
)

// maxHex bounds the hexadecimal text of an envelope or signature: RSA of 16384
// bits.
const maxHex = 2 * 16384 / 8

// child returns e's only child called name, nil if there is none.
func (r *fieldReader) child(e *element, name string) *element {
	found := r.children(e, name)
	if len(found) > 1 {
		r.fail("%s/%s: %w", e.name, name, ErrDuplicate)
	}
	if len(found) == 0 || r.err != nil {
		return nil
	}
	return found[0]
}

// children returns e's children called name, none after an error.
func (r *fieldReader) children(e *element, name string) []*element {
	if e == nil || r.err != nil {
		return nil
	}
	var found []*element
	for _, c := range e.children {
		if c.name == name {
			found = append(found, c)
		}
	}
	return found
}

// content returns the text of e, which must hold no elements.
func (r *fieldReader) content(e *element) string {
	if e == nil {
		return ""
	}
	if len(e.children) > 0 {
		r.fail("%s: %w: elements in a text", e.name, ErrField)
	}
	return e.text
}

// text returns the text of e's child called name, without surrounding spaces;
// "" if there is no such child.
func (r *fieldReader) text(e *element, name string) string {
	c := r.child(e, name)
	s := strings.TrimSpace(r.content(c))
	if name != signatureElement {
		r.check(name, checkText(s))
	}
	return s
}

// list returns the texts of the elements called item inside e's child called
// name.
func (r *fieldReader) list(e *element, name, item string) []string {
	var texts []string
	for _, c := range r.children(r.child(e, name), item) {
		s := strings.TrimSpace(r.content(c))
		r.check(item, checkText(s))
		texts = append(texts, s)
	}
	return texts
}

// fileName returns the text of e's child called name, which must be a plain
// file name; its spaces are kept.
func (r *fieldReader) fileName(e *element, name string) string {
	s := r.content(r.child(e, name))
	r.check(e.name+"/"+name, CheckFileName(s))
	return s
}

func (r *fieldReader) check(field string, err error) {
	if err != nil {
		r.fail("%s: %w", field, err)
	}
}

func (r *fieldReader) kind(image *element) Kind {
	switch k := Kind(r.text(image, "type")); k {
	case "":
		return KindMachine
	case KindMachine, KindKernel, KindRamdisk:
		return k
	default:
		r.fail("image/type: %w: %q", ErrField, string(k))
		return ""
	}
}

func (r *fieldReader) digest(e *element) Digest {
	c := r.child(e, "digest")
	r.algorithm(c, "SHA1")
	d, err := ParseDigest(strings.TrimSpace(r.content(c)))
	r.check(e.name, err)
	return d
}

// algorithm refuses an element whose attribute says something other than
// want. Without the attribute there is only one algorithm it can be.
func (r *fieldReader) algorithm(e *element, want string) {
	if e == nil {
		return
	}
	if got, ok := e.attribute("algorithm"); ok && !strings.EqualFold(got, want) {
		r.fail("%s: %w: algorithm %q, not %s", e.name, ErrField, got, want)
	}
}

func (r *fieldReader) envelope(image *element, name string) []byte {
	c := r.child(image, name)
	r.algorithm(c, "AES-128-CBC")
	return r.hex("image/"+name, strings.TrimSpace(r.content(c)))
}

// size reads a number of bytes.
func (r *fieldReader) size(e *element, name string) int64 {
	return r.number(e.name+"/"+name, strings.TrimSpace(r.content(r.child(e, name))))
}

func (r *fieldReader) index(part *element) int {
	s, _ := part.attribute("index")
	n := r.number("part/index", s)
	if n > math.MaxInt32 {
		r.fail("%w: index %d", ErrParts, n)
		return 0
	}
	return int(n)
}

// number reads decimal digits, without a sign.
func (r *fieldReader) number(field, s string) int64 {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil {
		r.fail("%s: %w: %.40q is not a number of bytes or parts", field, ErrField, s)
	}
	return int64(n)
}

// checkText refuses what a field cannot hold: control characters, text that is
// not UTF-8, characters that XML does not have, and more than maxText bytes.
func checkText(s string) error {
	if len(s) > maxText {
		return fmt.Errorf("%w: longer than %d bytes", ErrField, maxText)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: not UTF-8", ErrField)
	}
	for _, c := range s {
		if unicode.IsControl(c) || c == '\ufffe' || c == '\uffff' {
			return fmt.Errorf("%w: control character %U", ErrField, c)
		}
	}
	return nil
}

// CheckFileName refuses, with ErrName, what is not the name of a file in a
// directory, and hidden files' names, because many a directory has some that mean
// something. Names come from strangers: whoever makes a path of one asks this first.
func CheckFileName(name string) error {
	switch {
	case name == "" || name[0] == '.',
		len(name) > maxName,
		strings.Contains(name, "/"),
		filepath.Base(name) != name || !filepath.IsLocal(name), // where more names than these lead elsewhere
		checkText(name) != nil:
		return fmt.Errorf("%w: %.60q", ErrName, name)
	}
	return nil
}
