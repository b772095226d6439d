package walrus

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// namespace is that of every document of the protocol but errors.
const namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// maxXML bounds the XML that a request may carry, in bytes.
const maxXML = 64 << 10

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
// leaves v as it is.
func readXML(w http.ResponseWriter, r *request, v any) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxXML))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	if isSHA256(r.payload) && !strings.EqualFold(r.payload, hex.EncodeToString(sum[:])) {
		return errSHA256
	}
	if len(body) == 0 {
		return nil
	}
	if err := xml.Unmarshal(body, v); err != nil {
		return errMalformedXML
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
