package walrus

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode"

	"emikit/cloud/objects"
	"emikit/sign"
)

// What may stand in a form before its file, in bytes: the fields (as at AWS),
// all that they are sent in, and the name of the file, which fields may repeat.
const (
	maxFields   = 20 << 10
	maxPreface  = 64 << 10
	maxFileName = 1024
)

// form is what a browser, or a tool that acts as one, sends to upload a file.
type form struct {
	fields map[string]string // by names in lower case; "key" is the whole key
	file   io.Reader
}

// postObject makes an object of the file in a form. Who asks is whoever signed
// the policy among its fields.
func (h *handler) postObject(w http.ResponseWriter, r *request) error {
	boundary, err := formBoundary(r.Header)
	if err != nil {
		return err
	}
	if !r.who.Anonymous() {
		return errSignedTwice
	}
	form, err := readForm(r, boundary)
	if err != nil {
		return err
	}
	if err := h.admit(r, &form); err != nil {
		return err
	}
	header := form.header()
	if err := refuseWriting(header); err != nil {
		return err
	}
	algorithm, expect, err := declaredChecksum(header, noTrailer)
	if err != nil {
		return err
	}
	md5, err := declaredMD5(header)
	if err != nil {
		return err
	}
	o, err := h.Objects.Put(r.Context(), r.who, r.bucket, form.fields["key"], form.file, objects.PutOptions{
		MD5: md5, Checksum: algorithm, Expect: expect, ACL: cannedName(form.fields["acl"]), Attributes: attributes(header),
	})
	if err != nil {
		return err
	}
	return h.answerForm(w, r, form, o)
}

// admit finds out who signed the form, and whether the policy allows it. The
// file may then be read, as far as the policy allows.
func (h *handler) admit(r *request, f *form) error {
	if err := h.identify(r, func(by sign.Verifier) (string, error) {
		return by.Policy(r.Context(), func(name string) string { return f.fields[name] })
	}); err != nil {
		return err
	}
	if f.fields["policy"] == "" {
		return nil
	}
	if r.who.Anonymous() {
		return errUnsignedPolicy
	}
	policy, err := parsePolicy(f.fields["policy"])
	if err != nil {
		return err
	}
	f.fields["bucket"] = r.bucket
	if err := policy.check(f.fields, h.Now()); err != nil {
		return err
	}
	f.file = policy.bounded(f.file)
	return nil
}

// formBoundary is what stands between the fields of a form.
func formBoundary(header http.Header) (string, error) {
	mediaType, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || mediaType != "multipart/form-data" || params["boundary"] == "" {
		return "", errNoForm
	}
	return params["boundary"], nil
}

// readForm reads the fields up to the file, which must be the last that counts.
func readForm(r *request, boundary string) (form, error) {
	preface := &prefaceReader{from: r.Body, left: maxPreface}
	parts := multipart.NewReader(preface, boundary)
	f, size := form{fields: map[string]string{}}, 0
	for {
		part, err := parts.NextRawPart()
		if err != nil {
			return form{}, formError(err)
		}
		name := strings.ToLower(part.FormName())
		if name == "file" {
			preface.lift()
			f.file = formFile{part}
			return f, f.complete(part.FileName())
		}
		value, err := io.ReadAll(io.LimitReader(part, maxFields-int64(size)+1))
		if size += len(value); err == nil && size > maxFields {
			err = errLongForm
		}
		if err != nil {
			return form{}, formError(err)
		}
		if _, twice := f.fields[name]; twice || name == "bucket" || !fitsHeader(name, value) {
			return form{}, errBadField
		}
		f.fields[name] = string(value)
	}
}

// fitsHeader reports whether a field can be given back in a header, as most are.
func fitsHeader(name string, value []byte) bool {
	isToken := name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == ""
	return isToken && !bytes.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\t' })
}

// complete puts the name of the file into the fields, and checks that there is
// what every upload needs.
func (f form) complete(fileName string) error {
	if i := strings.LastIndexByte(fileName, '\\'); i >= 0 { // old browsers send a path
		fileName = fileName[i+1:]
	}
	if fileName = path.Base("/" + fileName); fileName == "/" {
		fileName = ""
	}
	if len(fileName) > maxFileName {
		return errLongForm
	}
	for name, value := range f.fields {
		f.fields[name] = strings.ReplaceAll(value, "${filename}", fileName)
	}
	if f.fields["key"] == "" {
		return errNoKey
	}
	return nil
}

// header holds those fields of a form that a PUT has in its headers.
func (f form) header() http.Header {
	header := http.Header{}
	for name, value := range f.fields {
		canonical := http.CanonicalHeaderKey(name)
		if strings.HasPrefix(name, "x-amz-") || canonical == "Content-Type" || canonical == "Content-Md5" {
			header.Set(name, value)
		}
	}
	for _, name := range keptHeaders() {
		if value := f.fields[strings.ToLower(name)]; value != "" {
			header.Set(name, value)
		}
	}
	if tags := f.fields["tagging"]; tags != "" {
		header.Set("X-Amz-Tagging", tags)
	}
	return header
}

type postResult struct {
	XMLName  struct{} `xml:"PostResponse"`
	Location string
	Bucket   string
	Key      string
	ETag     string
}

// answerForm answers as the form asks: with a redirection, or a status.
func (h *handler) answerForm(w http.ResponseWriter, r *request, f form, o objects.Object) error {
	location := url.URL{Scheme: "http", Host: r.Host, Path: strings.TrimSuffix(r.URL.Path, "/") + "/" + o.Key}
	if r.TLS != nil {
		location.Scheme = "https"
	}
	w.Header().Set("ETag", etag(o))
	w.Header().Set("Location", location.String())
	showWholeChecksum(w.Header(), o.Checksum)
	if to, ok := f.redirection(); ok {
		query := to.Query()
		query.Set("bucket", o.Bucket)
		query.Set("key", o.Key)
		query.Set("etag", etag(o))
		to.RawQuery = query.Encode()
		w.Header().Set("Location", to.String())
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	switch f.fields["success_action_status"] {
	case "200":
		w.WriteHeader(http.StatusOK)
	case "201":
		writeXML(w, http.StatusCreated, postResult{Location: location.String(), Bucket: o.Bucket, Key: o.Key, ETag: etag(o)})
	default:
		w.WriteHeader(http.StatusNoContent)
	}
	return nil
}

// redirection is where the browser is to go, if that is an address of the web.
func (f form) redirection() (*url.URL, bool) {
	to := f.fields["success_action_redirect"]
	if to == "" {
		to = f.fields["redirect"]
	}
	u, err := url.Parse(to)
	return u, err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// prefaceReader ends a form whose file does not come soon enough. That bounds
// the memory that reading the fields and their headers takes.
type prefaceReader struct {
	from io.Reader
	left int64 // negative: no bound any more
}

func (p *prefaceReader) lift() { p.left = -1 }

// Read implements [io.Reader].
func (p *prefaceReader) Read(b []byte) (int, error) {
	if p.left < 0 {
		return p.from.Read(b)
	}
	if p.left == 0 {
		return 0, errLongForm
	}
	n, err := p.from.Read(b[:min(int64(len(b)), p.left)])
	p.left -= int64(n)
	return n, err
}

// formFile is the file in a form. That the form ends inside of it is the
// client's fault.
type formFile struct{ part io.Reader }

// Read implements [io.Reader].
func (f formFile) Read(b []byte) (int, error) {
	n, err := f.part.Read(b)
	if err != nil && err != io.EOF {
		err = formError(err)
	}
	return n, err
}

// formError is what the client is told of an error of reading its form.
func formError(err error) error {
	var own *fault
	var body *bodyError
	if errors.As(err, &own) || errors.As(err, &body) {
		return err
	}
	return errMalformedForm
}

// boundedReader ends with an error when there are not as many bytes as a policy
// allows.
type boundedReader struct {
	from        io.Reader
	least, most int64
	n           int64
}

// Read implements [io.Reader].
func (b *boundedReader) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	b.n += int64(n)
	switch {
	case b.n > b.most:
		return n, errLongFile
	case errors.Is(err, io.EOF) && b.n < b.least:
		return n, errShortFile
	}
	return n, err
}
