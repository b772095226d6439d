package walrus

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/cloud/objects"
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
	Log      *slog.Logger
}

func New(c Config) http.Handler { return http.NotFoundHandler() }

// Serves reports whether a request for the path is for this door. Whoever
// mounts the door asks this first and does not use http.ServeMux for it, which
// would redirect away the empty and dotted segments that keys may have.
func Serves(path string) bool {
	for _, prefix := range []string{"/services/Walrus", "/services/objectstorage"} {
		if rest, ok := strings.CutPrefix(path, prefix); ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}
