package walrus

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/cloud/objects"
	"emikit/sign"
)

// Identity finds out who is asking. *identity.Service is one.
type Identity interface {
	SecretKey(ctx context.Context, accessKey string) (string, caller.Caller, error)
	Account(ctx context.Context, id string) (identity.Account, error)
}

// Config is what the door needs.
type Config struct {
	Objects  *objects.Service
	Identity Identity
	// AllowV2 says for each request whether Signature Version 2 may have signed
	// it; nil allows that.
	AllowV2 func(*http.Request) bool
	Log     *slog.Logger     // nil: nothing is logged
	Now     func() time.Time // nil: time.Now; signatures are compared with it
	// Names are those of the cloud, below which each bucket has a host.
	Names Names
}

type handler struct {
	Config
	operations map[string]operation
}

// New makes the handler of the S3 protocol, for requests that Names serves. It
// bounds the size of what it reads; how long a client may take is for the
// http.Server to say.
func New(c Config) http.Handler {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	h := &handler{Config: c}
	h.operations = h.table()
	return h
}

// request is one request of the protocol: who asks what about which object.
type request struct {
	*http.Request
	target
	id    string // names the request in the answer and in the log
	query url.Values
	who   caller.Caller
	// payload is what the request says of its body: the SHA-256 in hex, or one
	// of the words that AWS has instead; empty when it says nothing.
	payload string
	// chunks checks the chunks of the body, if they are signed.
	chunks *sign.Chunks
	// policy is what allows the request, when headers bring one.
	policy *uploadPolicy
}

// ServeHTTP answers one request.
func (h *handler) ServeHTTP(w http.ResponseWriter, in *http.Request) {
	r := &request{Request: in.WithContext(in.Context()), id: rand.Text()}
	r.Body = clientBody{in.Body}
	w.Header().Set("X-Amz-Request-Id", r.id)
	start, code := h.Now(), ""
	if err := h.serve(w, r); err != nil {
		code = h.fail(w, r, err)
	}
	h.Log.Debug("s3 request", "from", r.RemoteAddr, "account", r.who.Account, "method", r.Method,
		"path", r.URL.Path, "code", code, "took", h.Now().Sub(start), "request", r.id)
}

func (h *handler) serve(w http.ResponseWriter, r *request) error {
	at := h.Names.place(r.Host)
	if err := h.authenticate(r, at.bucket); err != nil {
		return err
	}
	var err error
	if r.query, err = url.ParseQuery(r.URL.RawQuery); err != nil {
		return errBadQuery
	}
	if r.target, err = parseTarget(r.URL.Path, at); err != nil {
		return err
	}
	op, err := h.operation(r)
	if err != nil {
		return err
	}
	if err := h.admitByPolicy(r); err != nil {
		return err
	}
	if err := h.expectOwner(r); err != nil {
		return err
	}
	return op(w, r)
}

// authenticate finds out who sent the request; nobody, when it is not signed.
// bucket is the one that the Host names.
func (h *handler) authenticate(r *request, bucket string) error {
	err := h.identify(r, func(by sign.Verifier) (string, error) {
		id, err := by.S3(r.Context(), r.Request, bucket)
		r.chunks, r.payload = id.Chunks, id.PayloadHash
		return id.AccessKey, err
	})
	if r.payload == "" {
		r.payload = r.Header.Get("X-Amz-Content-Sha256") // unsigned, but still worth checking
	}
	return err
}

// identify sets who asks, whose access key verify returns; that may be empty.
func (h *handler) identify(r *request, verify func(by sign.Verifier) (accessKey string, err error)) error {
	var owner caller.Caller
	lookup := func(ctx context.Context, accessKey string) (string, error) {
		secret, who, err := h.Identity.SecretKey(ctx, accessKey)
		if errors.Is(err, identity.ErrUnknownKey) {
			return "", sign.ErrUnknownKey
		}
		owner = who
		return secret, err
	}
	accessKey, err := verify(sign.Verifier{
		Lookup: lookup, Now: h.Now(), RefuseV2: h.AllowV2 != nil && !h.AllowV2(r.Request),
	})
	if err == nil && accessKey != "" {
		r.who = owner
	}
	return err
}
