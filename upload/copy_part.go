package upload

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/minio/minio-go/v7/pkg/s3utils"

	"emikit/manifest"
	"emikit/sign"
)

const (
	// copyMemory is what the parts that go through memory may take together, unless
	// one alone is larger, in bytes.
	copyMemory = 512 << 20
	// maxCopied is the longest part that does, in bytes.
	maxCopied = 1 << 30
	// copyReserve is what is reserved for a part on the word of a store, in bytes; more
	// when more has come.
	copyReserve = 64 << 20
	// opCopy is the Op of a refusal to copy an object within a store.
	opCopy = "copy"
)

// errTooLong is why a part cannot be carried.
var errTooLong = errors.New("too long to be held in memory")

// tooLongError is errTooLong with advice.
type tooLongError struct {
	path string
	size int64
}

func (e *tooLongError) Error() string {
	return fmt.Sprintf("copy %s: %d bytes: %v", e.path, e.size, errTooLong)
}
func (e *tooLongError) Unwrap() error { return errTooLong }

// Hint says how it can be done instead.
func (e *tooLongError) Hint() string { return "download the bundle and upload it" }

// carry brings a part from one store to the other, through memory.
func (c *copier) carry(ctx context.Context, part manifest.Part, size int64) error {
	if size > maxCopied {
		return &tooLongError{c.request.From.Path(part.Name), size}
	}
	room := min(size, copyMemory)
	if err := c.memory.Acquire(ctx, room); err != nil {
		return context.Cause(ctx)
	}
	defer c.memory.Release(room)
	body, err := c.fetch(ctx, part, size)
	if err != nil {
		return err
	}
	if got := manifest.Digest(sha1.Sum(body)); got != part.Digest {
		return digestError(c.request.From.Path(part.Name), part, got)
	}
	return c.uploader.sendPart(ctx, part, bytes.NewReader(body), int64(len(body)), nil)
}

// fetch reads a part into memory.
func (c *copier) fetch(ctx context.Context, part manifest.Part, size int64) ([]byte, error) {
	source := &Source{c.request.Source, c.request.From, c.uploader.teller}
	body, err := source.Open(ctx, part)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	var held bytes.Buffer
	held.Grow(int(min(size, copyReserve)) + bytes.MinRead)
	n, err := io.Copy(&held, io.LimitReader(body, size+1))
	switch {
	case err != nil:
		return nil, err
	case n != size:
		return nil, fmt.Errorf("copy %s: it has changed meanwhile", c.request.From.Path(part.Name))
	}
	return held.Bytes(), nil
}

// ask has the store copy a part, and compares the copy.
func (c *copier) ask(ctx context.Context, part manifest.Part, size int64) error {
	u := c.uploader
	acl := u.acl
	if u.noACL.Load() {
		acl = ""
	}
	sum, err := c.askOnce(ctx, part, acl)
	if acl != "" && mayBeACL(err) {
		refusal := err
		if sum, err = c.askOnce(ctx, part, ""); err == nil && u.noACL.CompareAndSwap(false, true) {
			u.teller.tell(Event{Kind: ACLRefused, Name: part.Name, Err: refusal})
		}
	}
	if err != nil {
		return err
	}
	if sum == nil {
		if sum, err = c.readBack(ctx, part, size); err != nil {
			return err
		}
	}
	if *sum != part.Digest {
		return digestError(c.request.From.Path(part.Name), part, *sum)
	}
	return nil
}

// askOnce asks with one ACL or none. It returns the sum that the store says the copy
// has, if it says it.
func (c *copier) askOnce(ctx context.Context, part manifest.Part, acl string) (sum *manifest.Digest, err error) {
	u, from := c.uploader, c.request.From
	header := http.Header{}
	header.Set("x-amz-copy-source", "/"+s3utils.EncodePath(from.Path(part.Name)))
	header.Set("x-amz-checksum-algorithm", "SHA1")
	if acl != "" {
		header.Set("x-amz-acl", acl)
	}
	err = u.store.retry(ctx, part.Name, u.teller, func() error {
		// When another part fails this request is waited for: the store would go on
		// without it, and be done when the parts have been removed.
		sum, err = u.store.copyOnce(c.ctx, u.to, part.Name, header)
		return err
	})
	return sum, err
}

// copyOnce makes one attempt at copying an object within the store. minio-go's own
// does not ask for a sum.
func (s *Store) copyOnce(ctx context.Context, to Location, name string, header http.Header) (*manifest.Digest, error) {
	path := to.Path(name)
	target := url.URL{Scheme: s.endpoint.Scheme, Host: s.endpoint.Host, Path: "/" + path, RawPath: "/" + s3utils.EncodePath(path)}
	ctx = withPayloadHash(ctx, sign.HashPayload(nil))
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, target.String(), http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header = header.Clone()
	resp, err := s.signer.RoundTrip(req)
	if err != nil {
		return nil, refused(opCopy, path, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %w", opCopy, path, ErrTruncated, err)
	}
	return copied(path, answer)
}

// copied reads the answer to a copy. One that failed after the store had begun to
// answer is a refusal, whatever the status says.
func copied(path string, answer []byte) (*manifest.Digest, error) {
	var result struct {
		XMLName                     xml.Name
		Code, Message, ChecksumSHA1 string
	}
	err := xml.Unmarshal(answer, &result)
	switch {
	case err == nil && result.XMLName.Local == "CopyObjectResult":
		return wholeSHA1(result.ChecksumSHA1), nil
	case err == nil && result.XMLName.Local == "Error":
		return nil, &Error{Op: opCopy, Object: path, Code: result.Code, Message: result.Message, Status: http.StatusOK}
	}
	return nil, &Error{Op: opCopy, Object: path, Code: "the store does not say that it has copied it", Status: http.StatusOK}
}

// readBack reads a copy of which the store does not say the sum.
func (c *copier) readBack(ctx context.Context, part manifest.Part, size int64) (*manifest.Digest, error) {
	source := &Source{c.uploader.store, c.request.To, c.uploader.teller}
	body, err := source.Open(ctx, part)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	sum := sha1.New()
	if _, err := io.Copy(sum, io.LimitReader(body, size+1)); err != nil {
		return nil, err
	}
	digest := manifest.Digest(sum.Sum(nil))
	return &digest, nil
}
