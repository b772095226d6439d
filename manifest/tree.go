package manifest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds on a document's shape. A real manifest is five elements deep; one of
// MaxSize lists about 40 000 parts of three elements each.
const (
	maxDepth      = 8
	maxElements   = 128 << 10
	maxAttributes = 8
)

// element is one XML element of the subset that manifests use: it holds either
// text or other elements.
type element struct {
	name       string
	attributes []xml.Attr // those that a reader asks for
	text       string
	children   []*element
	start, end int64 // its first byte and the byte after its last
}

// attribute returns the value of the attribute called name.
func (e *element) attribute(name string) (string, bool) {
	for _, a := range e.attributes {
		if a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// treeReader builds the tree of one document.
type treeReader struct {
	data  []byte
	dec   *xml.Decoder
	root  *element
	open  []*element // from the root to where the reader stands
	count int
}

// readTree reads a document whose root element is called root. It refuses
// whatever could make two readers of the same bytes see different documents.
func readTree(data []byte, root string) (*element, error) {
	r := &treeReader{data: data, dec: xml.NewDecoder(bytes.NewReader(data))}
	r.dec.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		return input, r.checkCharset(charset)
	}
	for {
		start := r.dec.InputOffset()
		token, err := r.dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, syntaxError(err)
		}
		if err := r.add(token, start); err != nil {
			return nil, err
		}
	}
	if r.root == nil || r.root.name != root {
		return nil, fmt.Errorf("%w: no <%s> element", ErrSyntax, root)
	}
	return r.root, nil
}

// syntaxError keeps the sentinel that a charset check put inside err.
func syntaxError(err error) error {
	if errors.Is(err, ErrForbidden) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrSyntax, err)
}

// checkCharset accepts the declarations under which the bytes mean the same as
// in UTF-8. (euca2ools declares ASCII.)
func (r *treeReader) checkCharset(charset string) error {
	for _, b := range r.data {
		if b >= 0x80 {
			return fmt.Errorf("encoding %q %w", charset, ErrForbidden)
		}
	}
	switch strings.ToLower(charset) {
	case "ascii", "us-ascii", "iso-8859-1", "latin1", "windows-1252":
		return nil
	}
	return fmt.Errorf("encoding %q %w", charset, ErrForbidden)
}

// add puts the token that began at byte start into the tree.
func (r *treeReader) add(token xml.Token, start int64) error {
	switch t := token.(type) {
	case xml.StartElement:
		return r.startElement(t, start)
	case xml.EndElement:
		r.open[len(r.open)-1].end = r.dec.InputOffset()
		r.open = r.open[:len(r.open)-1]
		return nil
	case xml.CharData:
		return r.addText(t, start)
	case xml.ProcInst:
		if t.Target == "xml" && start == 0 {
			return nil
		}
		return fmt.Errorf("processing instruction %q %w", t.Target, ErrForbidden)
	case xml.Comment:
		return fmt.Errorf("comment %w", ErrForbidden)
	default:
		return fmt.Errorf("DOCTYPE %w", ErrForbidden)
	}
}

func (r *treeReader) startElement(t xml.StartElement, start int64) error {
	r.count++
	if r.count > maxElements {
		return fmt.Errorf("more than %d elements %w", maxElements, ErrForbidden)
	}
	if len(r.open) == maxDepth {
		return fmt.Errorf("more than %d nested elements %w", maxDepth, ErrForbidden)
	}
	if err := checkNames(t); err != nil {
		return err
	}
	e := &element{name: t.Name.Local, attributes: knownAttributes(t.Attr), start: start}
	if err := r.attach(e); err != nil {
		return err
	}
	r.open = append(r.open, e)
	return nil
}

// attach hangs e below the element that is open, or makes it the root.
func (r *treeReader) attach(e *element) error {
	if len(r.open) == 0 {
		if r.root != nil {
			return fmt.Errorf("%w: a second root element, <%s>", ErrSyntax, e.name)
		}
		r.root = e
		return nil
	}
	parent := r.open[len(r.open)-1]
	if !isBlank(parent.text) {
		return fmt.Errorf("%s: text beside elements %w", parent.name, ErrForbidden)
	}
	parent.text = ""
	parent.children = append(parent.children, e)
	return nil
}

func (r *treeReader) addText(text xml.CharData, start int64) error {
	if r.data[start] == '<' {
		return fmt.Errorf("CDATA %w", ErrForbidden)
	}
	if len(r.open) == 0 {
		if !isBlank(string(text)) {
			return fmt.Errorf("%w: text outside the root element", ErrSyntax)
		}
		return nil
	}
	e := r.open[len(r.open)-1]
	if len(e.children) == 0 {
		e.text += string(text)
		return nil
	}
	if !isBlank(string(text)) {
		return fmt.Errorf("%s: text beside elements %w", e.name, ErrForbidden)
	}
	return nil
}

// checkNames refuses namespaces and repeated attributes.
func checkNames(t xml.StartElement) error {
	if isQualified(t.Name) {
		return fmt.Errorf("%s: namespace %w", t.Name.Local, ErrForbidden)
	}
	if len(t.Attr) > maxAttributes {
		return fmt.Errorf("%s: more than %d attributes %w", t.Name.Local, maxAttributes, ErrForbidden)
	}
	for i, a := range t.Attr {
		if isQualified(a.Name) || a.Name.Local == "xmlns" {
			return fmt.Errorf("%s: namespace %w", t.Name.Local, ErrForbidden)
		}
		for _, b := range t.Attr[:i] {
			if a.Name == b.Name {
				return fmt.Errorf("%w: %s: attribute %s twice", ErrSyntax, t.Name.Local, a.Name.Local)
			}
		}
	}
	return nil
}

// knownAttributes keeps the attributes that mean something in a manifest, so
// that a hostile one cannot fill the memory with others.
func knownAttributes(attributes []xml.Attr) []xml.Attr {
	var known []xml.Attr
	for _, a := range attributes {
		switch a.Name.Local {
		case "algorithm", "count", "index":
			known = append(known, a)
		}
	}
	return known
}

func isQualified(n xml.Name) bool { return n.Space != "" || strings.Contains(n.Local, ":") }

func isBlank(s string) bool { return strings.Trim(s, " \t\r\n") == "" }
