package walrus

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"

	"emikit/cloud/objects"
)

type copyResult struct {
	XMLName      xml.Name // CopyObjectResult or CopyPartResult
	Namespace    string   `xml:"xmlns,attr"`
	LastModified string
	ETag         string
	wholeChecksum
}

func (h *handler) copyObject(w http.ResponseWriter, r *request, demand demand) error {
	from, err := h.copySource(r)
	if err != nil {
		return err
	}
	algorithm, err := parseAlgorithm(r.Header.Get("X-Amz-Checksum-Algorithm"))
	if err != nil {
		return err
	}
	options := objects.CopyOptions{
		ACL: cannedName(r.Header.Get("X-Amz-Acl")), Create: demand.create, Match: demand.match,
		Checksum: algorithm, Accept: copyCondition(r.Header),
	}
	switch r.Header.Get("X-Amz-Metadata-Directive") {
	case "REPLACE":
		a := attributes(r.Header)
		options.Replace = &a
	case "", "COPY":
	default:
		return errDirective
	}
	o, err := h.Objects.Copy(r.Context(), r.who, from, objects.Name{Bucket: r.bucket, Key: r.key}, options)
	if err != nil {
		return err
	}
	writeXML(w, http.StatusOK, copyResult{
		XMLName: xml.Name{Local: "CopyObjectResult"}, Namespace: namespace,
		LastModified: formatTime(o.Modified), ETag: etag(o), wholeChecksum: wholeElements(o.Checksum),
	})
	return nil
}

// copySource is the object to copy, whose bucket has the owner whom the request
// expects.
func (h *handler) copySource(r *request) (objects.Name, error) {
	if err := refuse(r.Header, "X-Amz-Copy-Source-Server-Side-Encryption-"); err != nil {
		return objects.Name{}, err
	}
	from, err := parseCopySource(r.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return objects.Name{}, err
	}
	return from, h.ownerIs(r, from.Bucket, r.Header.Get("X-Amz-Source-Expected-Bucket-Owner"))
}

// copyCondition checks the conditions that a request makes to the original, as
// those of a GET are checked: an ETag that matches goes before a time.
func copyCondition(header http.Header) func(objects.Object) error {
	const prefix = "X-Amz-Copy-Source-If-"
	match, noneMatch := header.Get(prefix+"Match"), header.Get(prefix+"None-Match")
	since, sinceOK := condTime(header.Get(prefix + "Modified-Since"))
	until, untilOK := condTime(header.Get(prefix + "Unmodified-Since"))
	return func(o objects.Object) error {
		changed := o.Modified.Truncate(time.Second)
		switch {
		case match != "" && !lists(match, o.ETag),
			match == "" && untilOK && changed.After(until),
			noneMatch != "" && lists(noneMatch, o.ETag),
			noneMatch == "" && sinceOK && !changed.After(since):
			return errCondition
		}
		return nil
	}
}

func condTime(text string) (time.Time, bool) {
	t, err := http.ParseTime(text)
	return t, err == nil
}

// lists reports whether a condition lists a tag, in quotes or not.
func lists(condition, tag string) bool {
	for listed := range strings.SplitSeq(condition, ",") {
		if listed = strings.Trim(listed, " \""); listed == "*" || listed == tag {
			return true
		}
	}
	return false
}

// parseCopySource reads BUCKET/KEY, URL-encoded, with or without a slash before
// it.
func parseCopySource(source string) (objects.Name, error) {
	path, query, _ := strings.Cut(source, "?")
	if query != "" && query != "versionId="+noVersion { // an older version of the source
		return objects.Name{}, errNotImplemented
	}
	path, err := url.PathUnescape(path)
	if err != nil {
		return objects.Name{}, errCopySource
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if bucket == "" || key == "" {
		return objects.Name{}, errCopySource
	}
	return objects.Name{Bucket: bucket, Key: key}, nil
}
