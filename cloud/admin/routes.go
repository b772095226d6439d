package admin

import "context"

// request is what any of the methods may be asked with. It is never logged: a
// password may be in it.
type request struct {
	User        string `json:"user,omitempty"`
	Admin       bool   `json:"admin,omitempty"`
	Password    string `json:"password,omitempty"`
	Key         string `json:"key,omitempty"`
	PEM         string `json:"pem,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
}

// The paths, without the slash.
const (
	pathUsers             = "users"
	pathAddUser           = "add-user"
	pathRemoveUser        = "remove-user"
	pathSetPassword       = "set-password"
	pathKeys              = "keys"
	pathAddKey            = "add-key"
	pathRevokeKey         = "revoke-key"
	pathCertificates      = "certificates"
	pathAddCertificate    = "add-certificate"
	pathNewCertificate    = "new-certificate"
	pathRevokeCertificate = "revoke-certificate"
)

// method answers one path.
type method = func(ctx context.Context, q request) (answer any, err error)

// methods are those of u by their paths.
func methods(u Users) map[string]method {
	return map[string]method{
		pathUsers:      func(ctx context.Context, _ request) (any, error) { return u.Users(ctx) },
		pathAddUser:    func(ctx context.Context, q request) (any, error) { return u.AddUser(ctx, q.User, q.Admin) },
		pathRemoveUser: func(ctx context.Context, q request) (any, error) { return u.RemoveUser(ctx, q.User) },
		pathSetPassword: func(ctx context.Context, q request) (any, error) {
			return u.SetPassword(ctx, q.User, q.Password)
		},
		pathKeys:      func(ctx context.Context, q request) (any, error) { return u.Keys(ctx, q.User) },
		pathAddKey:    func(ctx context.Context, q request) (any, error) { return u.AddKey(ctx, q.User) },
		pathRevokeKey: func(ctx context.Context, q request) (any, error) { return nil, u.RevokeKey(ctx, q.User, q.Key) },
		pathCertificates: func(ctx context.Context, q request) (any, error) {
			return u.Certificates(ctx, q.User)
		},
		pathAddCertificate: func(ctx context.Context, q request) (any, error) {
			return u.AddCertificate(ctx, q.User, q.PEM)
		},
		pathNewCertificate: func(ctx context.Context, q request) (any, error) { return u.NewCertificate(ctx, q.User) },
		pathRevokeCertificate: func(ctx context.Context, q request) (any, error) {
			return nil, u.RevokeCertificate(ctx, q.User, q.Fingerprint)
		},
	}
}
