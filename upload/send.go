package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"emikit/manifest"
	"emikit/upload/journal"
)

// uploader sends the objects of one bundle.
type uploader struct {
	store   *Store
	to      Location
	acl     string
	teller  *teller
	journal *journal.Journal // nil: none is kept

	noACL  atomic.Bool  // the bucket refuses ACLs
	noSums atomic.Bool  // it refuses checksums that it is to keep
	silent atomic.Bool  // it does not tell more of objects than a listing does
	stored atomic.Int64 // parts that are there
}

// sendParts sends the parts that the bucket does not hold yet.
func (u *uploader) sendParts(ctx context.Context, b *localBundle, old earlier) error {
	missing, err := u.missing(ctx, b, old)
	if err != nil {
		return err
	}
	u.tellParts(b, missing)
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(u.store.pace.onDisk())
	for i, part := range b.parts {
		if !missing[i] {
			continue
		}
		g.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err // a part failed while this one waited
			}
			return u.sendFile(ctx, b.dir, part, b.checked[i])
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	u.teller.tell(Event{Kind: PartsDone, Name: u.to.Bucket})
	return nil
}

// tellParts tells which parts are not sent, and how much is.
func (u *uploader) tellParts(b *localBundle, missing []bool) {
	left := b.size()
	for i := range b.parts {
		if !missing[i] {
			left -= b.checked[i].size
		}
	}
	if n := u.stored.Load(); n > 0 {
		u.teller.tell(Event{Kind: Resuming, Name: u.to.String(), Size: b.size() - left, Parts: int(n), Of: len(b.parts)})
	}
	u.teller.tell(Event{Kind: Begin, Name: u.to.Bucket, Size: left})
	for _, part := range b.skipped {
		u.teller.tell(Event{Kind: PartSkipped, Name: part.Name, Index: part.Index})
	}
	for i, part := range b.parts {
		if !missing[i] {
			u.teller.tell(Event{Kind: PartPresent, Name: part.Name, Index: part.Index, Size: b.checked[i].size})
		}
	}
}

// sendFile sends a part on disk that was checked.
func (u *uploader) sendFile(ctx context.Context, dir string, part manifest.Part, was checked) error {
	f, err := openPart(dir, part)
	if err != nil {
		return err
	}
	defer f.Close()
	return u.sendPart(ctx, part, f, was.size, func() error { return was.unchanged(f) })
}

// sendPart sends a part that has its digest, and notes that it is stored. check is
// called when it has been sent; nil is allowed.
func (u *uploader) sendPart(ctx context.Context, part manifest.Part, body io.ReadSeeker, size int64, check func() error) error {
	u.teller.tell(Event{Kind: PartBegin, Name: part.Name, Index: part.Index, Size: size})
	etag, acl, err := u.sendDigested(ctx, part.Name, body, size, part.Digest)
	if err == nil && check != nil {
		err = check()
	}
	if err != nil {
		return err
	}
	u.note(ctx, journal.Receipt{Part: part.Name, Digest: part.Digest, Size: size, ETag: etag, ACL: acl})
	u.stored.Add(1)
	u.teller.tell(Event{Kind: PartDone, Name: part.Name, Index: part.Index, Size: size})
	return nil
}

// sendDigested sends a body that the manifest has the digest of. What the store compares
// with that needs no other checksum; but there may be rules for a bucket that ask for
// one.
func (u *uploader) sendDigested(ctx context.Context, name string, body io.ReadSeeker, size int64, digest manifest.Digest) (etag, acl string, err error) {
	if u.store.compares.sufficient() {
		etag, acl, err = u.send(ctx, name, body, sums{size: size, keep: kept(digest)})
		if !isRefused(err) {
			return etag, acl, err
		}
		u.store.compares.insist()
	}
	protected, err := u.store.protect(ctx, body)
	if err != nil {
		return "", "", fmt.Errorf("read %s: %w", name, err)
	}
	protected.keep = kept(digest)
	return u.send(ctx, name, body, protected)
}

func (u *uploader) sendManifest(ctx context.Context, name string, document []byte) error {
	u.teller.tell(Event{Kind: ManifestBegin, Name: name, Size: int64(len(document))})
	body := bytes.NewReader(document)
	sums, err := u.store.sum(ctx, body)
	if err != nil {
		return err
	}
	sums.keep = kept(sums.sha1)
	if _, _, err := u.send(ctx, name, body, sums); err != nil {
		return err
	}
	u.teller.tell(Event{Kind: ManifestDone, Name: name, Size: sums.size})
	return nil
}

// send stores an object and returns its ETag and the ACL that it was sent with. A
// bucket may take no ACL: without one the owner reads what is in his bucket anyway. A
// store may not know the checksum: the body is protected without it.
func (u *uploader) send(ctx context.Context, name string, body io.ReadSeeker, sums sums) (etag, acl string, err error) {
	acl = u.acl
	if u.noACL.Load() {
		acl = ""
	}
	if u.noSums.Load() && sums.protected() {
		sums.keep = ""
	}
	etag, refusal := u.store.put(ctx, u.to, name, body, sums, acl, u.teller)
	if sums.keep != "" && sums.protected() && mayBeChecksum(refusal) {
		sums.keep = ""
		if etag, err = u.store.put(ctx, u.to, name, body, sums, acl, u.teller); err == nil {
			u.noSums.Store(true)
			return etag, acl, nil
		}
		refusal = err
	}
	if acl == "" || !mayBeACL(refusal) {
		return etag, acl, refusal
	}
	etag, err = u.store.put(ctx, u.to, name, body, sums, "", u.teller)
	if err == nil {
		u.withoutACL(name, refusal)
	}
	return etag, "", err
}

// withoutACL notes that ACLs are refused, and tells it once.
func (u *uploader) withoutACL(name string, refusal error) {
	if u.noACL.CompareAndSwap(false, true) && u.acl != "" {
		u.teller.tell(Event{Kind: ACLRefused, Name: name, Err: refusal})
	}
}

// mayBeChecksum reports whether an object may have been refused for the checksum that
// the store was to keep: some know no such header, and say so in these ways.
func mayBeChecksum(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch refusal.Code {
	case "InvalidArgument", "InvalidRequest":
		return true
	}
	return refusal.Status == http.StatusNotImplemented
}
