package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"emikit/cloud/identity"
)

// maxRequest bounds a request's body, in bytes: a certificate fits, quoted.
const maxRequest = 2*identity.MaxCertificateText + 4<<10

// handler answers the socket's requests. It is safe for concurrent use.
type handler struct {
	methods map[string]method
	log     *slog.Logger
}

// fault is the answer in the place of one that an error prevented.
type fault struct {
	Error string `json:"error"`
	Hint  string `json:"hint,omitempty"`
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	do, ok := h.methods[name]
	if !ok || r.Method != http.MethodPost {
		send(w, http.StatusNotFound, fault{Error: "this cloud knows no such request", Hint: "is it of another version?"})
		return
	}
	q, err := readRequest(w, r)
	if err != nil {
		send(w, http.StatusBadRequest, fault{Error: err.Error()})
		return
	}
	answer, err := do(r.Context(), q)
	if err != nil {
		h.refuse(r.Context(), w, name, err)
		return
	}
	h.log.DebugContext(r.Context(), "admin request", "name", name)
	send(w, http.StatusOK, answer)
}

// readRequest takes one JSON value of known fields.
func readRequest(w http.ResponseWriter, r *http.Request) (q request, err error) {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	d.DisallowUnknownFields()
	if err = d.Decode(&q); err == nil {
		if _, err = d.Token(); errors.Is(err, io.EOF) {
			return q, nil
		}
		err = errors.New("more than one value")
	}
	if tooLong, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return request{}, fmt.Errorf("the request is longer than %d bytes", tooLong.Limit)
	}
	// What was read may be a password: the decoder's error is not told.
	return request{}, errors.New("the request is not one JSON value of known fields")
}

// refuse answers with an error. Who asks owns the cloud, so it is told as it is.
func (h *handler) refuse(ctx context.Context, w http.ResponseWriter, name string, err error) {
	status := statusOf(err)
	if status == http.StatusInternalServerError && ctx.Err() == nil {
		h.log.ErrorContext(ctx, "admin request failed", "name", name, "error", err)
	} else {
		h.log.DebugContext(ctx, "admin request refused", "name", name, "cause", err)
	}
	f := fault{Error: err.Error()}
	if advice, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		f.Hint = advice.Hint()
	}
	send(w, status, f)
}

// statusOf tells mistakes of who asks from faults of the cloud.
func statusOf(err error) int {
	for _, e := range []error{identity.ErrNoSuchAccount, identity.ErrNoSuchKey, identity.ErrNoSuchCertificate} {
		if errors.Is(err, e) {
			return http.StatusNotFound
		}
	}
	for _, e := range []error{
		identity.ErrAccountExists, identity.ErrBuiltIn, identity.ErrLastKey, identity.ErrCertificateTaken,
		identity.ErrTooManyCertificates, ErrInUse,
	} {
		if errors.Is(err, e) {
			return http.StatusConflict
		}
	}
	for _, e := range []error{identity.ErrBadAccountName, identity.ErrBadCertificate, identity.ErrBadPassword} {
		if errors.Is(err, e) {
			return http.StatusBadRequest
		}
	}
	return http.StatusInternalServerError
}

// ErrInUse is why a user who owns something cannot be removed.
var ErrInUse = errors.New("still owns what would be left without an owner")

func send(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a client that went away cannot be told
}
