package ec2

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	// namespacePrefix is followed by the version of the protocol and a slash.
	namespacePrefix = "http://ec2.amazonaws.com/doc/"
	// requestIDSince is the first version whose responses begin with a
	// requestId.
	requestIDSince = "2008-08-08"
	timeFormat     = "2006-01-02T15:04:05.000Z"
)

// FormatTime writes a time as EC2 does, in UTC with milliseconds.
func FormatTime(t time.Time) string { return t.UTC().Format(timeFormat) }

// List is a wrapper element around item elements. An empty list is sent as an
// empty wrapper, as clients expect, never left out.
type List[T any] []T

// MarshalXML writes the wrapper and its items.
func (l List[T]) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return e.EncodeElement(struct {
		Items []T `xml:"item"`
	}{l}, start)
}

// UnmarshalXML reads a wrapper. A second wrapper of the same name adds to it.
func (l *List[T]) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	var wrapper struct {
		Items []T `xml:"item"`
	}
	if err := d.DecodeElement(&wrapper, &start); err != nil {
		return err
	}
	*l = append(*l, wrapper.Items...)
	return nil
}

// MarshalJSON writes an array, also when the list is nil.
func (l List[T]) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return json.Marshal([]T(l))
}

// Base64 is bytes that travel as base64 text.
type Base64 []byte

// MarshalText encodes without line breaks.
func (b Base64) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText decodes; white space is ignored, Eucalyptus sends it.
func (b *Base64) UnmarshalText(text []byte) error {
	compact := bytes.Join(bytes.Fields(text), nil)
	data, err := base64.StdEncoding.AppendDecode(nil, compact)
	if err != nil {
		return fmt.Errorf("base64: %w", err)
	}
	*b = data
	return nil
}

// MarshalResponse writes the document that answers an action. The namespace
// echoes the request's version, which is APIVersion if it named none.
func MarshalResponse(e Envelope, requestID string, response Response) ([]byte, error) {
	version := e.Version
	if version == "" {
		version = APIVersion
	}
	if version >= requestIDSince {
		response.setRequestID(requestID)
	}
	var b bytes.Buffer
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>`)
	root := xml.StartElement{
		Name: xml.Name{Local: e.Action + "Response"},
		Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: namespacePrefix + version + "/"}},
	}
	if err := xml.NewEncoder(&b).EncodeElement(response, root); err != nil {
		return nil, fmt.Errorf("%s response: %w", e.Action, err)
	}
	return b.Bytes(), nil
}

// ErrNotResponse reports a document that does not answer the action: another
// service's XML, a web page, nothing.
var ErrNotResponse = errors.New("not an EC2 response")

// ParseResponse reads the document that answers an action into response.
// Elements that response does not know are skipped. The document is as long as
// data; nothing in it can make the parser allocate more than a multiple of
// that.
func ParseResponse(action string, data []byte, response Response) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	root, err := rootElement(d)
	if err != nil {
		return err
	}
	if root.Name.Local != action+"Response" {
		return fmt.Errorf("%w: it begins with <%s>", ErrNotResponse, shorten(root.Name.Local))
	}
	if err := d.DecodeElement(response, &root); err != nil {
		return fmt.Errorf("%s response: %w", action, err)
	}
	return nil
}

func rootElement(d *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := d.Token()
		if err == io.EOF {
			return xml.StartElement{}, fmt.Errorf("%w: no XML in it", ErrNotResponse)
		}
		if err != nil {
			return xml.StartElement{}, fmt.Errorf("%w: %w", ErrNotResponse, err)
		}
		if start, ok := token.(xml.StartElement); ok {
			return start, nil
		}
	}
}

// shorten keeps a foreign text from flooding a message.
func shorten(s string) string {
	const most = 200
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}
