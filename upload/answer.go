package upload

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"emikit/reach"
)

const (
	// maxAnswer bounds what is read of a refusal, or of an answer about a bucket, in bytes.
	maxAnswer = 64 << 10
	// maxDocument bounds a page of a listing, in bytes: 1000 keys of 1 KiB, escaped, are
	// about 6 MiB.
	maxDocument = 16 << 20
	// maxRetryAfter bounds what is believed of a server that asks to be left alone.
	maxRetryAfter = time.Hour
)

// carried takes an error through minio-go, which drops those in whose text it finds
// "EOF".
type carried struct{ err error }

func (*carried) Error() string   { return "no success" }
func (c *carried) Unwrap() error { return c.err }

// judge tells an object store's answer from a refusal, and both from what something
// else answers. r is the request as it was before its address was completed. The body
// of a refusal is read.
func (t *signer) judge(r *http.Request, resp *http.Response, at place) error {
	if resp.StatusCode/100 == 2 {
		return t.checkAnswer(r, resp, at)
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // the status is known anyway
	refusal, ours := readRefusal(r, resp, body)
	if !ours && isForeign(r, resp, body) {
		return t.foreign(at, resp, body)
	}
	refusal.sent = at
	return refusal
}

// foreign is the answer of something that is no object store.
func (t *signer) foreign(at place, resp *http.Response, body []byte) error {
	return &ConnectError{Endpoint: at.url() + t.endpoint.Path, Err: &reach.ForeignError{
		Service: service(), Status: resp.StatusCode, Host: at.host,
		Location: resp.Header.Get("Location"), Body: body}}
}

// isForeign reports whether a refusal that is not worded as an object store words it
// comes from something else. Without a body it may be one's answer to HEAD; what fails
// may be a server in front of it.
func isForeign(r *http.Request, resp *http.Response, body []byte) bool {
	switch {
	case isAmazonHeader(resp.Header):
		return false
	case resp.StatusCode/100 == 3:
		return resp.Header.Get("Location") != ""
	case r.Method == http.MethodHead:
		return false
	case len(bytes.TrimSpace(body)) == 0: // no store says so little of a bucket that is to be made
		return r.Method == http.MethodPut && !hasKey(r.URL.Path) && reach.Foreign(resp.StatusCode)
	}
	return reach.Foreign(resp.StatusCode) || reach.IsPage(body) && (resp.StatusCode/100 == 4 || resp.StatusCode == http.StatusNotImplemented) &&
		!transientStatus(resp.StatusCode)
}

// isAmazonHeader reports whether an answer has one of the headers that object stores
// have.
func isAmazonHeader(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-Amz-") {
			return true
		}
	}
	return h.Get("ETag") != ""
}

// readRefusal reads a refusal. ours is false when it is not in an object store's words.
func readRefusal(r *http.Request, resp *http.Response, body []byte) (e *Error, ours bool) {
	var doc struct {
		XMLName                         xml.Name
		Code, Message, Region, Endpoint string
	}
	_ = xml.Unmarshal(body, &doc) // what cannot be read is not said
	ours = doc.XMLName.Local == "Error" || rootOf(body) == "Error"
	e = &Error{Code: strings.TrimSpace(doc.Code), Message: doc.Message, Status: resp.StatusCode,
		Region: regionOf(strings.TrimSpace(doc.Region), resp.Header), Endpoint: endpointOf(doc.Endpoint, resp.Header),
		RetryAfter: retryAfter(resp.Header)}
	e.Date, e.skew = reach.DateOf(resp.Header)
	if e.Code == "" {
		e.Code = resp.Header.Get("X-Minio-Error-Code") // to HEAD
	}
	if e.Code == "" {
		e.Code = codeOf(resp.StatusCode, hasKey(r.URL.Path))
	}
	return e, ours
}

// rootOf is the name of a document's first element, which may be all that came of it.
func rootOf(document []byte) string {
	for tokens := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := tokens.Token()
		if err != nil {
			return ""
		}
		if root, ok := token.(xml.StartElement); ok {
			return root.Name.Local
		}
	}
}

// codeOf is the code of a refusal without one, such as the answer to a HEAD request.
func codeOf(status int, object bool) string {
	switch {
	case status == http.StatusNotFound && object:
		return "NoSuchKey"
	case status == http.StatusNotFound:
		return "NoSuchBucket"
	case status == http.StatusForbidden:
		return "AccessDenied"
	case status == http.StatusMovedPermanently:
		return "PermanentRedirect"
	case status == http.StatusTemporaryRedirect:
		return "TemporaryRedirect"
	case status == http.StatusPreconditionFailed:
		return "PreconditionFailed"
	}
	if text := http.StatusText(status); text != "" {
		return text
	}
	return strconv.Itoa(status)
}

// endpointOf is the host that a refusal sends to.
func endpointOf(body string, h http.Header) string {
	if body = strings.TrimSpace(body); body != "" {
		return body
	}
	to, err := url.Parse(h.Get("Location"))
	if err != nil {
		return ""
	}
	return to.Host
}

// retryAfter is how long a server asks to be left alone: seconds, or until a date
// (RFC 9110, 10.2.3). The date is compared with the server's own clock where it shows it.
func retryAfter(h http.Header) time.Duration {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(0, min(until.Sub(now), maxRetryAfter))
}

// checkAnswer looks at an answer of success. One about a bucket is read, and is then
// known to be complete and a document; whoever answers an upload with a page has not
// stored it. The content of objects is nobody's business here.
func (t *signer) checkAnswer(r *http.Request, resp *http.Response, at place) error {
	switch {
	case r.Method == http.MethodGet && !hasKey(r.URL.Path):
		return t.readDocument(resp, at)
	case r.Method == http.MethodGet || r.Method == http.MethodHead || isAmazonHeader(resp.Header) || !isHTML(resp.Header):
		return nil
	}
	peeked := bufio.NewReaderSize(resp.Body, 1024)
	start, _ := peeked.Peek(1024)
	if reach.IsPage(start) {
		return t.foreign(at, resp, start)
	}
	resp.Body = peekedBody{peeked, resp.Body}
	return nil
}

// peekedBody is a body of which something was looked at.
type peekedBody struct {
	io.Reader
	io.Closer
}

func isHTML(h http.Header) bool { return strings.HasPrefix(h.Get("Content-Type"), "text/html") }

// readDocument reads an answer's body, and leaves a copy of it.
func (t *signer) readDocument(resp *http.Response, at place) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument+1))
	if err == nil && len(body) > maxDocument {
		return fmt.Errorf("%s: the answer is longer than %d bytes", at.url(), maxDocument)
	}
	if err == nil {
		err = checkDocument(body)
	}
	switch {
	case errors.Is(err, errNoDocument):
		return t.foreign(at, resp, body)
	case err != nil:
		return &ConnectError{Endpoint: at.url(), Err: err}
	}
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// errNoDocument: a body is not what an object store answers with.
var errNoDocument = errors.New("not a document")

// checkDocument makes sure that an XML document has come to its end.
func checkDocument(body []byte) error {
	tokens := xml.NewDecoder(bytes.NewReader(body))
	for root := ""; ; {
		token, err := tokens.Token()
		syntax, _ := errors.AsType[*xml.SyntaxError](err)
		switch {
		case root == "" && err != nil, strings.EqualFold(root, "html"):
			return errNoDocument
		case syntax != nil && syntax.Msg == "unexpected EOF":
			return fmt.Errorf("the answer %w", ErrTruncated)
		case err != nil:
			return nil // its end, or what its reader is going to complain of
		}
		if start, ok := token.(xml.StartElement); ok && root == "" {
			root = start.Name.Local
		}
	}
}
