package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/ec2"
	"emikit/sign"
)

const (
	// maxBody bounds a request's body, in bytes: 16 KiB of user data and a
	// thousand ids fit well.
	maxBody = 1 << 20

	formContentType = "application/x-www-form-urlencoded"
	contentType     = "application/xml;charset=UTF-8"
)

// handler answers EC2 Query requests. It is safe for concurrent use.
type handler struct {
	Config
	actions map[string]action
}

// call is a request whose sender is known.
type call struct {
	ec2.Envelope
	who caller.Caller
	// url is the address at which the client reached this door.
	url string
	log *slog.Logger
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start, id := time.Now(), newRequestID()
	c, response, err := h.answer(w, r)
	if err == nil {
		var body []byte
		if body, err = ec2.MarshalResponse(c.Envelope, id, response); err == nil {
			send(w, http.StatusOK, body)
		}
	}
	status, code := http.StatusOK, ""
	if err != nil {
		status, code = h.refuse(r.Context(), w, id, c, err)
	}
	h.Log.DebugContext(r.Context(), "ec2 request", "from", r.RemoteAddr, "action", c.Action, "account", c.who.Account,
		"status", status, "code", code, "took", time.Since(start), "request", id)
}

// answer finds out what is asked by whom, and does it.
func (h *handler) answer(w http.ResponseWriter, r *http.Request) (c call, response ec2.Response, err error) {
	form, body, err := readForm(w, r)
	if err != nil {
		return c, nil, err
	}
	if c, err = h.authenticate(r, form, body); err != nil {
		return c, nil, err
	}
	act, ok := h.actions[c.Action]
	if !ok {
		c.Action = "" // a stranger's text does not go into the log
		return c, nil, fail(codeInvalidAction, "The action %.100q is not valid for this web service.", ec2.ParseEnvelope(form).Action)
	}
	response, err = act(r.Context(), c, form)
	return c, response, err
}

// readForm reads the parameters of the URL and of the body together, and the
// body as it was received, which signatures cover.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, []byte, error) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return nil, nil, &ec2.Error{Code: codeInvalidRequest, Message: "Use POST or GET.", Status: http.StatusMethodNotAllowed}
	}
	form, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, nil, fail(codeMalformedQuery, "The query string is malformed.")
	}
	body, err := readBody(w, r)
	if err != nil || len(body) == 0 {
		return form, body, err
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != formContentType {
		return nil, nil, fail(codeInvalidRequest, "The body must be of type %s; only the Query protocol is spoken here.", formContentType)
	}
	fields, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, nil, fail(codeMalformedQuery, "The body is not a form.")
	}
	for name, values := range fields {
		form[name] = append(form[name], values...)
	}
	return form, body, nil
}

// readBody takes at most maxBody bytes.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return nil, &ec2.Error{
			Code:    codeInvalidRequest,
			Message: fmt.Sprintf("The request is longer than %d bytes.", maxBody),
			Status:  http.StatusRequestEntityTooLarge,
		}
	}
	if err != nil {
		return nil, fail(codeInvalidRequest, "The body could not be read.")
	}
	return body, nil
}

// bootstrapVersion is what euca2ools send as the version of a cloud's bootstrap service.
const bootstrapVersion = "eucalyptus"

// isVersion keeps a stranger's text out of the response's namespace: a version looks
// like a date.
func isVersion(s string) bool {
	const form = "0000-00-00"
	zeros := strings.Map(func(r rune) rune {
		if r >= '1' && r <= '9' {
			return '0'
		}
		return r
	}, s)
	return zeros == form
}

// authenticate checks the signature and the protocol's version.
func (h *handler) authenticate(r *http.Request, form url.Values, body []byte) (call, error) {
	var who caller.Caller
	lookup := func(ctx context.Context, accessKey string) (string, error) {
		secret, found, err := h.Identity.SecretKey(ctx, accessKey)
		if errors.Is(err, identity.ErrUnknownKey) {
			return "", sign.ErrUnknownKey
		}
		if err == nil && found.Account == "" { // the cloud's own key is for its object store
			return "", sign.ErrUnknownKey
		}
		who = found
		return secret, err
	}
	by := sign.Verifier{Lookup: lookup, Now: h.Now(), RefuseV2: h.AllowV2 != nil && !h.AllowV2(r)}
	if _, err := by.Query(r.Context(), r, form, body); err != nil {
		return call{}, err
	}
	c := call{Envelope: ec2.ParseEnvelope(form), who: who, url: addressOf(r), log: h.Log}
	if c.Version != "" && !isVersion(c.Version) && c.Version != bootstrapVersion {
		c.Envelope = ec2.Envelope{}
		return c, fail(codeNoSuchVersion, "Version must be a date such as %s.", ec2.APIVersion)
	}
	return c, nil
}

func addressOf(r *http.Request) string {
	u := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path}
	if r.TLS != nil {
		u.Scheme = "https"
	}
	return u.String()
}

// refuse answers with the error document for err and returns its status and
// code.
func (h *handler) refuse(ctx context.Context, w http.ResponseWriter, id string, c call, err error) (status int, code string) {
	e := errorFor(err)
	e.RequestID = id
	if e.Status >= http.StatusInternalServerError && ctx.Err() == nil {
		h.Log.ErrorContext(ctx, "ec2 request failed", "action", c.Action, "account", c.who.Account, "error", err, "request", id)
	}
	body, err := ec2.MarshalError(e)
	if err != nil {
		h.Log.ErrorContext(ctx, "write error document", "error", err, "request", id)
	}
	send(w, e.Status, body)
	return e.Status, e.Code
}

func send(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Cache-Control", "no-store") // a private key may be in it
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that went away cannot be told
}

// newRequestID makes a random UUID (RFC 9562, version 4).
func newRequestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
