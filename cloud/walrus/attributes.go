package walrus

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"emikit/cloud/objects"
)

// readAttempts is how often an object is looked at again that was replaced
// between two looks.
const readAttempts = 10

var errReplaced = errors.New("the object was replaced again and again while it was read")

// partRange is a part of an object: which bytes, and their checksum.
type partRange struct {
	objects.Range
	checksum objects.Checksum
}

// getPart answers GET and HEAD of one part, by its place among the parts, as S3
// counts them. An object of one body has one part, of all its bytes.
func (h *handler) getPart(w http.ResponseWriter, r *request) error {
	number, err := strconv.Atoi(r.query.Get("partNumber"))
	switch {
	case err != nil || number < 1 || number > objects.MaxParts:
		return errPartNumber
	case r.Header.Get("Range") != "":
		return errRangeAndPart
	}
	o, part, body, err := h.openPart(r, number)
	if err != nil {
		return err
	}
	defer body.Close()
	header := w.Header()
	if o.Parts > 0 {
		header.Set("X-Amz-Mp-Parts-Count", strconv.Itoa(o.Parts))
	}
	if wantsChecksum(r) {
		showChecksum(header, part.checksum)
	}
	if o.Size > 0 {
		r.Request.Header = r.Header.Clone()
		r.Header.Del("If-Range")
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", part.First, part.Last))
	}
	h.sendObject(w, r, o, body)
	return nil
}

// openPart opens an object and finds a part of this very version.
func (h *handler) openPart(r *request, number int) (objects.Object, partRange, io.ReadSeekCloser, error) {
	for range readAttempts {
		o, part, err := h.findPart(r, number)
		if errors.Is(err, errReplaced) {
			continue
		}
		if err != nil {
			return o, part, nil, err
		}
		opened, body, err := h.Objects.Open(r.Context(), r.who, r.bucket, r.key)
		if err != nil || opened.Version == o.Version {
			return o, part, body, err
		}
		if err := body.Close(); err != nil {
			return o, part, nil, err
		}
	}
	return objects.Object{}, partRange{}, nil, errReplaced
}

// findPart adds up the parts, page by page, until it comes to the one that is
// asked for. The error is errReplaced when the pages are of different versions.
func (h *handler) findPart(r *request, number int) (objects.Object, partRange, error) {
	version, begin, after := "", int64(0), 0
	for {
		o, page, _, err := h.Objects.ObjectParts(r.Context(), r.who, objects.Name{Bucket: r.bucket, Key: r.key}, after, 0)
		switch {
		case err != nil:
			return o, partRange{}, err
		case version != "" && version != o.Version:
			return o, partRange{}, errReplaced
		case o.Parts == 0 && number == 1:
			return o, partRange{objects.Range{First: 0, Last: o.Size - 1}, o.Checksum}, nil
		case len(page) == 0:
			return o, partRange{}, errNoSuchPart
		}
		version = o.Version
		for _, p := range page {
			if number--; number == 0 {
				return o, partRange{objects.Range{First: begin, Last: begin + p.Size - 1}, p.Checksum}, nil
			}
			begin, after = begin+p.Size, p.Number
		}
	}
}

type objectAttributes struct {
	XMLName      struct{} `xml:"GetObjectAttributesResponse"`
	Namespace    string   `xml:"xmlns,attr"`
	ETag         string   `xml:",omitempty"`
	Checksum     *wholeChecksum
	Parts        *attributeParts `xml:"ObjectParts"`
	StorageClass string          `xml:",omitempty"`
	Size         *int64          `xml:"ObjectSize"`
}

type attributeParts struct {
	IsTruncated bool
	MaxParts    int
	NextMarker  int             `xml:"NextPartNumberMarker"`
	Marker      int             `xml:"PartNumberMarker"`
	Total       int             `xml:"PartsCount"`
	Parts       []attributePart `xml:"Part"`
}

type attributePart struct {
	PartNumber int
	Size       int64
	checksumFields
}

// objectAttributes answers with what the client asks for of an object.
func (h *handler) objectAttributes(w http.ResponseWriter, r *request) error {
	parts := attributeParts{}
	var err error
	if parts.MaxParts, err = number(r.Header.Get("X-Amz-Max-Parts")); err != nil {
		return err
	}
	if parts.Marker, err = number(r.Header.Get("X-Amz-Part-Number-Marker")); err != nil {
		return err
	}
	if parts.MaxParts = min(parts.MaxParts, objects.MaxList); parts.MaxParts == 0 {
		parts.MaxParts = objects.MaxList
	}
	name := objects.Name{Bucket: r.bucket, Key: r.key}
	o, page, more, err := h.Objects.ObjectParts(r.Context(), r.who, name, parts.Marker, parts.MaxParts)
	if err != nil {
		return err
	}
	parts.IsTruncated, parts.Total, parts.NextMarker = more, o.Parts, parts.Marker
	for _, p := range page {
		parts.Parts = append(parts.Parts, attributePart{p.Number, p.Size, checksumElements(p.Checksum)})
		parts.NextMarker = p.Number
	}
	document := objectAttributes{Namespace: namespace}
	if err := document.fill(r.Header.Values("X-Amz-Object-Attributes"), o, parts); err != nil {
		return err
	}
	w.Header().Set("Last-Modified", o.Modified.UTC().Format(http.TimeFormat))
	writeXML(w, http.StatusOK, document)
	return nil
}

// fill puts in what is asked for.
func (d *objectAttributes) fill(asked []string, o objects.Object, parts attributeParts) error {
	if len(asked) == 0 {
		return errNoAttributes
	}
	for name := range strings.SplitSeq(strings.Join(asked, ","), ",") {
		switch strings.TrimSpace(name) {
		case "ETag":
			d.ETag = o.ETag // without the quotes that it has elsewhere
		case "Checksum":
			if sum := wholeElements(o.Checksum); sum != (wholeChecksum{}) {
				d.Checksum = &sum
			}
		case "ObjectParts":
			if o.Parts > 0 {
				d.Parts = &parts
			}
		case "StorageClass":
			d.StorageClass = storageClass
		case "ObjectSize":
			d.Size = &o.Size
		default:
			return errNoAttributes
		}
	}
	return nil
}
