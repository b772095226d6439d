package walrus

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"emikit/cloud/objects"
)

// namespace is that of every document of the protocol but errors.
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// How large the XML that a request carries may be, in bytes: documents of one
// value, and lists of a thousand keys or ten thousand parts.
const (
	maxXML  = 64 << 10
	maxList = 4 << 20
)

// timeFormat is how documents give times, in UTC.
const timeFormat = "2006-01-02T15:04:05.000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeFormat) }

// writeXML answers with a document. It is complete in memory before anything is
// sent, so that its length is known and an answer is never half a document.
func writeXML(w http.ResponseWriter, status int, document any) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	if err := xml.NewEncoder(&b).Encode(document); err != nil {
		http.Error(w, "cannot write the answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/xml")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	w.Write(b.Bytes()) // the client may have gone; nothing is left to do then
}

// readXML reads the document that a request carries into v; an empty body
// leaves v as it is. It may have limit bytes.
func readXML(r *request, limit int64, v any) error {
	in, declared, err := openBody(r)
	if err != nil {
		return err
	}
	return parseXML(in, declared, limit, v)
}

// parseXML reads a document into v if it is what was declared.
func parseXML(in io.Reader, declared objects.PartOptions, limit int64, v any) error {
	body, err := io.ReadAll(io.LimitReader(in, limit+1))
	switch {
	case err != nil:
		return err
	case int64(len(body)) > limit:
		return errXMLTooLarge
	}
	if err := checkDeclared(body, declared); err != nil || len(body) == 0 {
		return err
	}
	if err := xml.Unmarshal(body, v); err != nil {
		return errMalformedXML
	}
	return nil
}

// checkDeclared checks what a client declares of a small body.
func checkDeclared(body []byte, declared objects.PartOptions) error {
	if sum := sha256.Sum256(body); declared.SHA256 != "" && !strings.EqualFold(declared.SHA256, hex.EncodeToString(sum[:])) {
		return objects.ErrWrongSHA256
	}
	if sum := md5.Sum(body); declared.MD5 != "" && declared.MD5 != hex.EncodeToString(sum[:]) {
		return objects.ErrWrongMD5
	}
	if declared.Expect != nil {
		if sum, err := declared.Checksum.Of(body); err != nil || sum.Value != declared.Expect() {
			return errChecksum
		}
	}
	return nil
}

// owner is an account in a document.
type owner struct {
	ID          string
	DisplayName string
}

// owner names an account. An account that is gone has its number for a name.
func (h *handler) owner(r *request, account string) owner {
	a, err := h.Identity.Account(r.Context(), account)
	if err != nil {
		return owner{account, account}
	}
	return owner{account, a.Name}
}
