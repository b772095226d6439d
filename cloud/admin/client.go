package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// Limits of a client: something else than a cloud may have the socket.
const (
	callTimeout = 2 * time.Minute
	maxAnswer   = 16 << 20 // bytes; some ten thousand users
)

// Client asks the cloud that runs on a data directory. It implements [Users] and
// is safe for concurrent use.
type Client struct {
	dir  string
	http *http.Client
}

var _ Users = (*Client)(nil)

// NewClient returns a client for the cloud on dir. Whether one runs shows with the
// first call. Nothing has to be closed.
func NewClient(dir string) *Client {
	c := &Client{dir: dir}
	c.http = &http.Client{
		Timeout:       callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: c.dial, DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeaderBytes},
	}
	return c
}

func (c *Client) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	return withShortPath(filepath.Join(c.dir, SocketName), func(short string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", short)
	})
}

// Error is a refusal of the cloud, in its words.
type Error struct{ message, hint string }

func (e *Error) Error() string { return e.message }

// Hint is the cloud's advice; empty without any.
func (e *Error) Hint() string { return e.hint }

// call asks for path and reads the answer into to, which is nil for none.
func (c *Client) call(ctx context.Context, path string, q request, to any) error {
	body, err := json.Marshal(q)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://cloud/"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return c.unreachable(ctx, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return c.unreachable(ctx, err)
	}
	var f fault
	if resp.StatusCode != http.StatusOK && json.Unmarshal(answer, &f) == nil && f.Error != "" {
		return &Error{f.Error, f.Hint}
	}
	if to == nil {
		to = new(any)
	}
	if resp.StatusCode != http.StatusOK || json.Unmarshal(answer, to) != nil {
		return c.foreign(fmt.Errorf("it answers %s with %d bytes", resp.Status, len(answer)))
	}
	return nil
}

// unreachable says what kept a call from the cloud, and what to do about it.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if long, ok := errors.AsType[*errLongPath](err); ok {
		return long
	}
	_, statErr := os.Stat(c.dir)
	switch {
	case errors.Is(statErr, fs.ErrNotExist):
		return &Error{c.dir + ": no such data directory", "say with --data where the running cloud keeps its state"}
	case errors.Is(err, fs.ErrPermission):
		return &Error{c.socket() + ": permission denied", "only the user who runs the cloud may administer it"}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTDIR):
		return &Error{c.dir + ": no cloud runs on this data directory", "start it with 'emikit cloud --data " + c.dir + "'"}
	case os.IsTimeout(err):
		return &Error{c.socket() + ": no answer in time", "is the cloud stopped, or very busy?"}
	}
	if request, ok := errors.AsType[*url.Error](err); ok {
		err = request.Err // the rest is an address that means nothing to anybody
	}
	return c.foreign(err)
}

// foreign is the error for an answer that no cloud gives. Its text is not shown
// whole: it is a stranger's.
func (c *Client) foreign(err error) error {
	return &Error{fmt.Sprintf("%s: not the answer of a cloud (%.100q)", c.socket(), err.Error()),
		"is another program listening there, or a cloud of another version?"}
}

func (c *Client) socket() string { return filepath.Join(c.dir, SocketName) }

// Users implements [Users], as all that follow do.
func (c *Client) Users(ctx context.Context) (all []User, err error) {
	err = c.call(ctx, pathUsers, request{}, &all)
	return all, err
}

func (c *Client) AddUser(ctx context.Context, name string, admin bool) (u User, err error) {
	err = c.call(ctx, pathAddUser, request{User: name, Admin: admin}, &u)
	return u, err
}

func (c *Client) RemoveUser(ctx context.Context, name string) (u User, err error) {
	err = c.call(ctx, pathRemoveUser, request{User: name}, &u)
	return u, err
}

func (c *Client) SetPassword(ctx context.Context, name, password string) (u User, err error) {
	err = c.call(ctx, pathSetPassword, request{User: name, Password: password}, &u)
	return u, err
}

func (c *Client) Keys(ctx context.Context, name string) (all []Key, err error) {
	err = c.call(ctx, pathKeys, request{User: name}, &all)
	return all, err
}

func (c *Client) AddKey(ctx context.Context, name string) (k Key, err error) {
	err = c.call(ctx, pathAddKey, request{User: name}, &k)
	return k, err
}

func (c *Client) RevokeKey(ctx context.Context, name, id string) error {
	return c.call(ctx, pathRevokeKey, request{User: name, Key: id}, nil)
}

func (c *Client) Certificates(ctx context.Context, name string) (all []Certificate, err error) {
	err = c.call(ctx, pathCertificates, request{User: name}, &all)
	return all, err
}

func (c *Client) AddCertificate(ctx context.Context, name, pem string) (cert Certificate, err error) {
	err = c.call(ctx, pathAddCertificate, request{User: name, PEM: pem}, &cert)
	return cert, err
}

func (c *Client) NewCertificate(ctx context.Context, name string) (cert Certificate, err error) {
	err = c.call(ctx, pathNewCertificate, request{User: name}, &cert)
	return cert, err
}

func (c *Client) RevokeCertificate(ctx context.Context, name, fingerprint string) error {
	return c.call(ctx, pathRevokeCertificate, request{User: name, Fingerprint: fingerprint}, nil)
}
