package metadata

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
)

// ErrNotFound is what a [Source] returns when no instance has the address.
var ErrNotFound = errors.New("no instance has this address")

// Source finds the instance that asks. It is safe for concurrent use.
type Source interface {
	// ByAddress returns the live instance that has addr as its private or
	// public address, or an error that is [ErrNotFound].
	ByAddress(ctx context.Context, addr netip.Addr) (Instance, error)
}

// NewHandler serves the metadata of src's instances. Who asks is told by the
// connection's source address alone; a header that names another is ignored.
// Only GET and HEAD are allowed: session tokens, which clients ask for with
// PUT, are refused in the way that makes them go on without.
func NewHandler(src Source) http.Handler {
	return &handler{src: src}
}

type handler struct{ src Source }

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		reply(w, http.StatusMethodNotAllowed, []byte("method not allowed"))
		return
	}
	in, err := h.caller(r)
	if errors.Is(err, ErrNotFound) {
		reply(w, http.StatusNotFound, []byte("no instance has this address"))
		return
	}
	if err != nil {
		reply(w, http.StatusInternalServerError, []byte("metadata are not available"))
		return
	}
	body, ok := Get(in, r.URL.Path)
	if !ok {
		reply(w, http.StatusNotFound, []byte("not found"))
		return
	}
	reply(w, http.StatusOK, body)
}

// caller finds the instance at the other end of the connection.
func (h *handler) caller(r *http.Request) (Instance, error) {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return Instance{}, ErrNotFound
	}
	return h.src.ByAddress(r.Context(), from.Addr().Unmap().WithZone(""))
}

// reply sends a body as it is. Its type is text even for user data, so that
// no client guesses one from content.
func reply(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: there is no one to tell
}
