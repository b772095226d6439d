package walrus

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"emikit/cloud/objects"
)

// metadataPrefix begins the headers that carry the user's own metadata.
const metadataPrefix = "X-Amz-Meta-"

// defaultType is the content type of objects that were given none, as S3 has it.
const defaultType = "binary/octet-stream"

// storageClass is the only one there is.
const storageClass = "STANDARD"

// keptHeaders are the headers that are kept with an object and given back.
func keptHeaders() []string {
	return []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires"}
}

// etag is the entity tag of an object, in double quotes as it is sent.
func etag(o objects.Object) string { return quoted(o.ETag) }

func quoted(tag string) string { return `"` + tag + `"` }

// getObject answers GET and HEAD, with ranges and conditions.
func (h *handler) getObject(w http.ResponseWriter, r *request) error {
	if r.query.Has("partNumber") {
		return h.getPart(w, r)
	}
	o, body, err := h.Objects.Open(r.Context(), r.who, r.bucket, r.key)
	if err != nil {
		return err
	}
	defer body.Close()
	if wantsChecksum(r) && r.Header.Get("Range") == "" { // it is not that of a range
		showWholeChecksum(w.Header(), o.Checksum)
	}
	h.sendObject(w, r, o, body)
	return nil
}

// wantsChecksum reports whether the answer is to have the object's checksum.
func wantsChecksum(r *request) bool {
	return strings.EqualFold(r.Header.Get("X-Amz-Checksum-Mode"), "ENABLED")
}

// sendObject sends an object or the range of it that the request asks for.
func (h *handler) sendObject(w http.ResponseWriter, r *request, o objects.Object, body io.ReadSeeker) {
	describe(w.Header(), o)
	if !r.who.Anonymous() {
		override(w.Header(), r.query)
	}
	http.ServeContent(&rangeWriter{ResponseWriter: w, h: h, r: r}, r.Request, "", o.Modified, body)
}

func describe(header http.Header, o objects.Object) {
	for name, value := range o.Headers {
		header.Set(name, value)
	}
	for name, value := range o.Metadata {
		// In lower case, as S3 sends it: clients take the name for the user's own.
		header[strings.ToLower(metadataPrefix)+name] = []string{value}
	}
	header.Set("Content-Type", o.ContentType)
	header.Set("ETag", etag(o))
	header.Set("X-Content-Type-Options", "nosniff")
}

// override applies the headers that the query asks for, such as
// response-content-type. S3 allows that in signed requests only, so that a
// public object cannot be linked to as something else.
func override(header http.Header, query url.Values) {
	for _, name := range append(keptHeaders(), "Content-Type") {
		if value := query.Get("response-" + strings.ToLower(name)); value != "" {
			header.Set(name, value)
		}
	}
}

// rangeWriter turns the two refusals of http.ServeContent into those of the
// protocol.
type rangeWriter struct {
	http.ResponseWriter
	h       *handler
	r       *request
	refused bool
}

func (w *rangeWriter) WriteHeader(status int) {
	var f *fault
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		f = &fault{status, "InvalidRange", "The object has no bytes in that range."}
	case http.StatusPreconditionFailed:
		f = &fault{status, "PreconditionFailed", "A condition of the request does not hold."}
	default:
		w.ResponseWriter.WriteHeader(status)
		return
	}
	w.refused = true
	for _, name := range append(keptHeaders(), "ETag", "Last-Modified", "X-Amz-Mp-Parts-Count") {
		w.Header().Del(name) // they tell of the object, not of the error
	}
	w.h.fail(w.ResponseWriter, w.r, f)
}

// Write drops the text that http.ServeContent has for a refusal.
func (w *rangeWriter) Write(p []byte) (int, error) {
	if w.refused {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}

// ReadFrom keeps the kernel's way from a file to a connection open, which only
// the writer inside knows.
func (w *rangeWriter) ReadFrom(from io.Reader) (int64, error) {
	return io.Copy(w.ResponseWriter, from)
}

// refuseWriting refuses what this door cannot keep with an object.
func refuseWriting(header http.Header) error { return refuse(header, unkeptWithObjects()...) }

// unkeptWithObjects are the headers that ask for what objects do not have here.
func unkeptWithObjects() []string {
	return []string{
		"X-Amz-Grant-", "X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-", "X-Amz-Tagging",
		"X-Amz-Object-Lock-", "X-Amz-Website-Redirect-Location", "X-Amz-Write-Offset-Bytes",
	}
}

// demand is what a request to write demands of the object that is there.
type demand struct {
	create bool   // there must be none
	match  string // its ETag must be this, "*" for any; empty: whatever it is
}

func writeDemand(header http.Header) (demand, error) {
	d := demand{match: strings.Trim(header.Get("If-Match"), " \"")}
	switch header.Get("If-None-Match") {
	case "":
	case "*":
		d.create = true
	default:
		return demand{}, errOnlyAny
	}
	return d, nil
}

// putObject makes an object from the body, or copies one.
func (h *handler) putObject(w http.ResponseWriter, r *request) error {
	if err := refuseWriting(r.Header); err != nil {
		return err
	}
	demand, err := writeDemand(r.Header)
	if err != nil {
		return err
	}
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		return h.copyObject(w, r, demand)
	}
	body, declared, err := openBody(r)
	if err != nil {
		return err
	}
	if r.policy != nil {
		body = r.policy.bounded(body)
	}
	o, err := h.Objects.Put(r.Context(), r.who, r.bucket, r.key, body, objects.PutOptions{
		Size: declared.Size, MD5: declared.MD5, SHA256: declared.SHA256, Checksum: declared.Checksum, Expect: declared.Expect,
		ACL: cannedName(r.Header.Get("X-Amz-Acl")), Create: demand.create, Match: demand.match, Attributes: attributes(r.Header),
	})
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(o))
	showWholeChecksum(w.Header(), o.Checksum)
	w.WriteHeader(http.StatusOK)
	return nil
}

// attributes collects what the headers say is to be kept with the object.
func attributes(header http.Header) objects.Attributes {
	a := objects.Attributes{ContentType: header.Get("Content-Type")}
	if a.ContentType == "" {
		a.ContentType = defaultType
	}
	for _, name := range keptHeaders() {
		value := header.Get(name)
		if name == "Content-Encoding" {
			value = withoutChunks(value)
		}
		if value != "" {
			a.Headers = put(a.Headers, name, value)
		}
	}
	for name, values := range header {
		if own, ok := strings.CutPrefix(name, metadataPrefix); ok {
			a.Metadata = put(a.Metadata, strings.ToLower(own), strings.Join(values, ","))
		}
	}
	return a
}

func put(m map[string]string, name, value string) map[string]string {
	if m == nil {
		m = make(map[string]string)
	}
	m[name] = value
	return m
}

// withoutChunks removes aws-chunked, which concerns the transfer only, from the
// encodings of an object.
func withoutChunks(encodings string) string {
	var kept []string
	for encoding := range strings.SplitSeq(encodings, ",") {
		if encoding = strings.TrimSpace(encoding); encoding != "" && encoding != "aws-chunked" {
			kept = append(kept, encoding)
		}
	}
	return strings.Join(kept, ",")
}

func (h *handler) deleteObject(w http.ResponseWriter, r *request) error {
	if err := refuse(r.Header, "If-Match"); err != nil {
		return err
	}
	if err := h.Objects.Delete(r.Context(), r.who, r.bucket, r.key); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

type tagging struct {
	XMLName   struct{} `xml:"Tagging"`
	Namespace string   `xml:"xmlns,attr"`
	TagSet    struct{}
}

// objectTags says that an object has no tags: it cannot have any. awscli asks
// before it copies in parts.
func (h *handler) objectTags(w http.ResponseWriter, r *request) error {
	if _, err := h.Objects.Stat(r.Context(), r.who, r.bucket, r.key); err != nil {
		return err
	}
	writeXML(w, http.StatusOK, tagging{Namespace: namespace})
	return nil
}
