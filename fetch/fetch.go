package fetch

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"emikit/reach"
)

// Request says what to fetch, and where to.
type Request struct {
	URL string
	// Dir is where the file is made, under the name that the URL ends with. A file
	// of that name is replaced.
	Dir string
	// MaxSize is how large the file may be, in bytes.
	MaxSize int64
	// StallAfter is how long the server may send nothing; 0 means a minute.
	StallAfter time.Duration
	UserAgent  string
	// RootCAs are who signs servers' certificates; nil: those whom the system trusts.
	RootCAs *x509.CertPool
	// InsecureSkipVerify takes whatever certificate the server shows.
	InsecureSkipVerify bool
	// Progress, if not nil, is told how many bytes, of how many, are there. It is
	// not called where the server does not say how many.
	Progress func(done, total int64)
}

// Errors of servers that do not send what was asked for.
var (
	ErrTooLarge = errors.New("larger than is taken")
	ErrStalled  = errors.New("the server sends nothing any more")
	errPage     = errors.New("the server answers with a web page, not with a file")
)

// StatusError is an answer without a file.
type StatusError struct{ Status int }

func (e *StatusError) Error() string {
	return fmt.Sprintf("the server answers %d %s", e.Status, http.StatusText(e.Status))
}

// File fetches a file, and says where it is: that of a file: URL stays where it is,
// any other is in r.Dir. If it fails or is cancelled, nothing of it is left.
func File(ctx context.Context, r Request) (file string, err error) {
	name, err := Name(r.URL)
	if err != nil {
		return "", err
	}
	u, err := parse(r.URL)
	if err != nil {
		return "", err
	}
	if u.Scheme == "file" {
		return filepath.FromSlash(u.Path), nil
	}
	file = filepath.Join(r.Dir, name)
	if err := r.download(ctx, u, file); err != nil {
		return "", fmt.Errorf("%s: %w", u.Redacted(), err)
	}
	return file, nil
}

// download makes the file.
func (r Request) download(ctx context.Context, u *url.URL, file string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(r.stallAfter(), func() { cancel(ErrStalled) })
	defer stall.Stop()
	transport := reach.NewTransport(reach.Options{RootCAs: r.RootCAs, InsecureSkipVerify: r.InsecureSkipVerify})
	transport.DisableCompression = true // the file as it lies there
	defer transport.CloseIdleConnections()
	resp, err := r.ask(ctx, &http.Client{Transport: transport, CheckRedirect: redirect}, u)
	if err != nil {
		return cause(ctx, err)
	}
	defer resp.Body.Close()
	body := &watched{r: resp.Body, alive: func() { stall.Reset(r.stallAfter()) }, total: resp.ContentLength, progress: r.Progress}
	return cause(ctx, r.save(body, file))
}

func (r Request) stallAfter() time.Duration {
	if r.StallAfter > 0 {
		return r.StallAfter
	}
	return time.Minute
}

// ask makes the request, and refuses an answer that is not a file.
func (r Request) ask(ctx context.Context, client *http.Client, u *url.URL) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", r.UserAgent)
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	switch {
	case resp.StatusCode != http.StatusOK:
		err = &StatusError{resp.StatusCode}
	case kind == "text/html":
		err = errPage
	case resp.ContentLength > r.MaxSize:
		err = tooLarge(r.MaxSize)
	default:
		return resp, nil
	}
	resp.Body.Close()
	return nil, err
}

// errDowngrade refuses to go on without TLS.
var errDowngrade = errors.New("redirected from https to http")

// redirect is net/http's rule, but what is asked for over TLS stays there.
func redirect(req *http.Request, via []*http.Request) error {
	const most = 10
	switch {
	case len(via) >= most:
		return fmt.Errorf("redirected more than %d times", most)
	case via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https":
		return errDowngrade
	}
	return nil
}

// save writes body beside the file, and gives it the name when all is there.
func (r Request) save(body io.Reader, file string) (err error) {
	hidden := filepath.Join(r.Dir, ".fetch-"+rand.Text()) // os.CreateTemp's is nobody else's to read
	f, err := os.OpenFile(hidden, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(hidden))
		}
	}()
	n, err := io.Copy(f, io.LimitReader(body, r.MaxSize+1))
	err = errors.Join(err, f.Close())
	switch {
	case err != nil:
		return err
	case n > r.MaxSize:
		return tooLarge(r.MaxSize)
	}
	return os.Rename(hidden, file)
}

func tooLarge(most int64) error { return fmt.Errorf("%w: more than %d bytes", ErrTooLarge, most) }

// cause words what kept a file from coming.
func cause(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ended := context.Cause(ctx); ended != nil {
		return ended
	}
	if _, ok := errors.AsType[*url.Error](err); ok || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New(reach.Cause(err))
	}
	return err
}

// watched tells of what is read, and that something is.
type watched struct {
	r           io.Reader
	alive       func()
	done, total int64
	progress    func(done, total int64)
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	w.alive()
	if w.done += int64(n); w.progress != nil && w.total > 0 && n > 0 {
		w.progress(w.done, w.total)
	}
	return n, err
}
