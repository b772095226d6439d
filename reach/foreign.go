package reach

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ForeignError is an answer that is not the service's: a web server's page, a
// proxy's, or another service's.
type ForeignError struct {
	Service  Service
	Status   int    // HTTP
	Host     string // that was asked; needed with Location only
	Location string // where the answer redirects to; empty where it does not
	Body     []byte // as far as it was read
	Err      error  // how the service's client understood it; may be nil
}

// Error says that something else answers.
func (e *ForeignError) Error() string {
	if e.isTLS() {
		return spokenTLS
	}
	text := fmt.Sprintf("no %s service answers there: %d %s", e.Service.Name, e.Status, http.StatusText(e.Status))
	switch kind := kindOf(e.Body); {
	case e.Status == http.StatusOK && len(bytes.TrimSpace(e.Body)) == 0:
		text += ", an empty answer"
	case e.Location != "":
		text += ", redirected to " + where(e.Location)
	case kind != "":
		text += ", " + kind
	}
	return text
}

// Unwrap gives what the client made of the answer.
func (e *ForeignError) Unwrap() error { return e.Err }

// isTLS recognises what TLS servers (Go's, nginx, Apache) answer in plain HTTP to
// a client that speaks it.
func (e *ForeignError) isTLS() bool {
	for _, text := range []string{"to an HTTPS server", "to HTTPS port", "to an SSL-enabled server port"} {
		if strings.Contains(string(e.Body), text) {
			return true
		}
	}
	return false
}

// upgrades reports whether a web server wants the same over TLS.
func (e *ForeignError) upgrades() bool {
	to, err := url.Parse(e.Location)
	asked := url.URL{Host: e.Host}
	return err == nil && to.Scheme == "https" && to.Hostname() == asked.Hostname()
}

// Foreign reports whether a status is one with which servers refuse requests that
// they do not know at all.
func Foreign(status int) bool {
	return status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusMethodNotAllowed
}

// IsPage reports whether a body is one that no service of ours answers with, whatever
// the status: a page for people, or the JSON of a gateway.
func IsPage(body []byte) bool { return kindOf(body) == aPage || kindOf(body) == aJSON }

const (
	aPage = "an HTML page"
	aJSON = "JSON"
)

// kindOf words what a body is that is not the service's; empty for text and for what
// has no name here.
func kindOf(body []byte) string {
	start := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 1024)]))
	switch {
	case bytes.HasPrefix(start, []byte("<h1>")):
		return aPage
	case bytes.HasPrefix(start, []byte("<")) && (bytes.Contains(start, []byte("<html")) || bytes.Contains(start, []byte("<!doctype html"))):
		return aPage
	case bytes.HasPrefix(start, []byte("{")), bytes.HasPrefix(start, []byte("[")):
		return aJSON
	}
	return ""
}

// where is a URL for people: without what may be secret in it.
func where(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "what is no address"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return fmt.Sprintf("%.200s", shown.String())
}

// isTLS recognises also a server that answers with a TLS alert.
func isTLS(err error) bool {
	foreign, ok := errors.AsType[*ForeignError](err)
	return ok && foreign.isTLS() || strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`)
}
