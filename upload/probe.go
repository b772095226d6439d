package upload

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"emikit/reach"
	"emikit/sign"
)

// maxBuckets bounds what is read of a list of buckets, in bytes: about 20,000 of them.
const maxBuckets = 4 << 20

// Probe is what one cheap request shows of a store.
type Probe struct {
	// Date is the store's clock, in whole seconds; zero when it told none.
	Date time.Time
	// Region is what requests are signed for: the configured one, or that of the store
	// if it named another.
	Region string
	// Buckets are the names of the asker's own buckets, if he may list them.
	Buckets []string
}

// Probe asks for the list of buckets, once: it does not ask again where the store is
// unwell, as every other method does. What is known of the store comes with an error,
// too.
func (s *Store) Probe(ctx context.Context) (Probe, error) {
	p, err := s.probe(ctx)
	if err != nil && s.adoptRegion(ctx, err) {
		p, err = s.probe(ctx)
	}
	p.Region = *s.signer.region.Load()
	return p, err
}

func (s *Store) probe(ctx context.Context) (p Probe, err error) {
	const op, object = "list", "buckets"
	target := url.URL{Scheme: s.endpoint.Scheme, Host: s.endpoint.Host, Path: "/"}
	req, err := http.NewRequestWithContext(withPayloadHash(ctx, sign.HashPayload(nil)), http.MethodGet, target.String(), nil)
	if err != nil {
		return p, err
	}
	resp, err := s.signer.RoundTrip(req)
	if refusal, ok := errors.AsType[*Error](err); ok {
		p.Date = refusal.Date
		if reach.Foreign(refusal.Status) && refusal.Message == "" { // stores give a reason for these
			foreign := &reach.ForeignError{Service: service(), Status: refusal.Status}
			return p, &ConnectError{Endpoint: s.endpoint.String(), Err: foreign}
		}
	}
	if err != nil {
		return p, refused(op, object, err)
	}
	defer resp.Body.Close()
	p.Date, _ = http.ParseTime(resp.Header.Get("Date"))
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBuckets))
	if err != nil {
		return p, fmt.Errorf("%s %s: %w: %w", op, object, ErrTruncated, err)
	}
	p.Buckets, err = bucketNames(answer)
	return p, err
}

// bucketNames reads a list of buckets.
func bucketNames(answer []byte) ([]string, error) {
	var list struct {
		XMLName xml.Name
		Names   []string `xml:"Buckets>Bucket>Name"`
	}
	err := xml.NewDecoder(bytes.NewReader(answer)).Decode(&list)
	if err != nil || list.XMLName.Local != "ListAllMyBucketsResult" {
		return nil, errors.New("list buckets: what answers there is not an object store")
	}
	return list.Names, nil
}

// BucketLocation tells where a bucket is; "" is the region in which S3 began.
func (s *Store) BucketLocation(ctx context.Context, bucket string) (string, error) {
	return s.bucketLocation(ctx, bucket, nil)
}

// MayList asks for the first name of a listing, and so whether there may be one.
func (s *Store) MayList(ctx context.Context, loc Location) error {
	query := url.Values{"prefix": {loc.Key("")}, "max-keys": {"1"}}
	_, err := s.bucketRequest(ctx, "list", http.MethodGet, loc.Bucket, query.Encode(), nil, nil)
	return err
}

// ACLsDisabled reports whether a bucket says that its objects have no ACLs, which is
// how AWS makes buckets since April 2023. Stores that do not know the question answer
// it with an error.
func (s *Store) ACLsDisabled(ctx context.Context, bucket string) (bool, error) {
	answer, err := s.bucketRequest(ctx, "look up bucket", http.MethodGet, bucket, "ownershipControls", nil, nil)
	if err != nil {
		return false, err
	}
	var controls struct {
		Ownership []string `xml:"Rule>ObjectOwnership"`
	}
	if err := xml.Unmarshal(answer, &controls); err != nil {
		return false, fmt.Errorf("look up bucket %s: its ownership controls are not XML", bucket)
	}
	return len(controls.Ownership) > 0 && controls.Ownership[0] == "BucketOwnerEnforced", nil
}

// RefusesACL reports whether an object was, or may have been, refused for its canned
// ACL: UploadBundle then leaves the ACL out.
func RefusesACL(err error) bool { return mayBeACL(err) }
