package upload

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"

	"github.com/minio/minio-go/v7/pkg/s3utils"
	"golang.org/x/sync/errgroup"

	"emikit/lockfile"
	"emikit/manifest"
	"emikit/upload/journal"
)

// openJournal opens the journal of an upload. Where none can be kept, in a directory
// that may only be read, there is none.
func (s *Store) openJournal(ctx context.Context, r UploadRequest, document []byte) (*journal.Journal, error) {
	target := journal.Target{Endpoint: s.endpoint.String(), Bucket: r.To.Bucket, Prefix: r.To.Prefix, Manifest: sha256.Sum256(document)}
	path := journal.Path(r.Manifest, target)
	j, err := journal.Open(r.Manifest, target)
	switch {
	case errors.Is(err, lockfile.ErrLocked):
		return nil, &sendingError{r.To.Path(filepath.Base(r.Manifest))}
	case err != nil:
		s.log.DebugContext(ctx, "no journal is kept", "file", path, "error", err)
		return nil, nil
	}
	s.log.DebugContext(ctx, "journal opened", "file", path)
	return j, nil
}

// sendingError: another run sends the same bundle to the same place.
type sendingError struct{ path string }

func (e *sendingError) Error() string { return fmt.Sprintf("%s: %v", e.path, lockfile.ErrLocked) }
func (e *sendingError) Unwrap() error { return lockfile.ErrLocked }

// Hint says what to do.
func (e *sendingError) Hint() string { return "wait until it has ended" }

// note adds a receipt to the journal. That it cannot be added is no failure.
func (u *uploader) note(ctx context.Context, r journal.Receipt) {
	if err := u.journal.Add(r); err != nil {
		u.store.log.DebugContext(ctx, "the journal ends here", "error", err)
	}
}

// leave ends the upload of so many parts: the journal of one that is done goes.
func (u *uploader) leave(ctx context.Context, parts int, done bool) {
	if n := int(u.stored.Load()); !done && n > 0 && u.journal.Len() > 0 {
		u.teller.tell(Event{Kind: Unfinished, Name: u.to.String(), Parts: n, Of: parts})
	}
	if err := u.journal.Close(done); err != nil {
		u.store.log.DebugContext(ctx, "journal not removed", "error", err)
	}
}

// missing finds out which parts of a bundle have to be sent: all but those of which
// it is certain that the bucket holds them.
func (u *uploader) missing(ctx context.Context, b *localBundle, old earlier) ([]bool, error) {
	missing := make([]bool, len(b.parts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(u.store.pace.onDisk())
	for i, part := range b.parts {
		g.Go(func() error {
			held, err := u.holds(ctx, part, b.checked[i].size, old)
			if missing[i] = !held; held {
				u.stored.Add(1)
				u.store.log.DebugContext(ctx, "part is there already", "object", u.to.Path(part.Name), "sha1", part.Digest)
			}
			return err
		})
	}
	return missing, g.Wait()
}

// holds says whether the bucket is certain to hold a part as it would be sent now: its
// bytes, and who may read them. That an object is still the one that was sent, its ETag
// shows, which no two contents share; it is never taken for a checksum. Else a sum must
// show it that the store itself has made of the whole object.
func (u *uploader) holds(ctx context.Context, part manifest.Part, size int64, old earlier) (bool, error) {
	receipt := u.receipt(part, size)
	object, there := old.there[part.Name]
	if old.listed && (!there || object.size != size) || !old.listed && receipt == nil {
		return false, nil
	}
	if there && receipt != nil && object.etag == receipt.ETag {
		return u.readable(ctx, part.Name, receipt)
	}
	asked, err := u.ask(ctx, part.Name, old.listed)
	switch {
	case err != nil || asked.Size != size:
		return false, err
	case receipt != nil && asked.ETag == receipt.ETag:
		return u.readable(ctx, part.Name, receipt)
	case asked.SHA1 != nil && *asked.SHA1 == part.Digest:
		return u.readable(ctx, part.Name, nil)
	}
	return false, nil
}

// receipt is what was noted when these bytes were sent, or nil.
func (u *uploader) receipt(part manifest.Part, size int64) *journal.Receipt {
	r, ok := u.journal.Receipt(part.Name)
	if !ok || r.Digest != part.Digest || r.Size != size {
		return nil
	}
	return &r
}

// ask asks for an object. Where that tells nothing, or no more than the listing did,
// the size is negative, and others are not asked for.
func (u *uploader) ask(ctx context.Context, name string, listed bool) (Object, error) {
	nothing := Object{Name: name, Size: -1}
	if u.silent.Load() {
		return nothing, nil
	}
	object := u.store.stat(ctx, u.to, name, u.teller)
	refusal, refused := errors.AsType[*Error](object.Err)
	switch {
	case object.Err == nil:
		if object.SHA1 == nil && listed {
			u.silent.Store(true)
		}
		return object, nil
	case !refused || IsLost(refusal):
		return nothing, object.Err
	case refusal.Status != http.StatusNotFound:
		u.silent.Store(true)
	}
	return nothing, nil
}

// readable makes sure that those may read an object who could if it was sent now. It
// was sent before, as the receipt says, or else by whoever. False: it has to be sent.
func (u *uploader) readable(ctx context.Context, name string, sent *journal.Receipt) (bool, error) {
	if sent != nil && (sent.ACL == u.acl || sent.ACL == "" && u.noACL.Load()) {
		return true, nil
	}
	err := u.store.setACL(ctx, u.to, name, cmp.Or(u.acl, "private"), u.teller)
	refusal, refused := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return true, nil
	case !refused:
		return false, err
	case refusal.Code == "AccessControlListNotSupported", mayBeACL(err) && sent != nil && sent.ACL == "":
		u.withoutACL(name, err)
		return true, nil
	case refusal.Status == http.StatusNotImplemented:
		return true, nil // what cannot be changed of any object is the bucket's
	}
	return false, nil
}

// setACL gives an object that is there a canned ACL.
func (s *Store) setACL(ctx context.Context, loc Location, name, acl string, t *teller) error {
	return s.retry(ctx, name, t, func() error { return s.setACLOnce(ctx, loc, name, acl) })
}

// setACLOnce makes one attempt at setACL. minio-go has no such request.
func (s *Store) setACLOnce(ctx context.Context, loc Location, name, acl string) error {
	const op = "set the ACL of"
	path := "/" + loc.Path(name)
	target := url.URL{Scheme: s.endpoint.Scheme, Host: s.endpoint.Host, Path: path, RawPath: s3utils.EncodePath(path), RawQuery: "acl"}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, target.String(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("X-Amz-Acl", acl)
	resp, err := s.signer.RoundTrip(req)
	if err != nil {
		return refused(op, loc.Path(name), err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer)); err != nil {
		return fmt.Errorf("%s %s: %w: %w", op, loc.Path(name), ErrTruncated, err)
	}
	return nil // a refusal is an error of RoundTrip's
}
