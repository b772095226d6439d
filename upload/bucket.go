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
	"strings"

	"emikit/sign"
)

// EnsureBucket makes the bucket unless it exists. A bucket of one's own that
// exists is success; one that is known to be another's is ErrBucketTaken. With
// a location, a bucket that exists in another one is ErrLocation.
//
// A bucket that may not be looked at is left to the first upload: a key that
// may only store objects is enough then.
func (s *Store) EnsureBucket(ctx context.Context, bucket, location string) (created bool, err error) {
	return s.ensureBucket(ctx, bucket, location, location, nil)
}

// ensureBucket makes the bucket in location; one that exists must be in wanted,
// unless that is empty.
func (s *Store) ensureBucket(ctx context.Context, bucket, location, wanted string, t *teller) (created bool, err error) {
	if err := s.CheckBucket(bucket); err != nil {
		return false, err
	}
	is, err := s.bucketLocation(ctx, bucket, t)
	refusal, _ := errors.AsType[*Error](err)
	switch {
	case err == nil:
		return false, checkLocation(bucket, is, wanted)
	case refusal == nil:
		return false, err
	case refusal.Code == "NoSuchBucket" || refusal.Status == http.StatusNotFound:
		if err := s.checkNew(bucket); err != nil {
			return false, err
		}
		t.tell(Event{Kind: CreatingBucket, Name: bucket})
		return s.createBucket(ctx, bucket, location, t)
	case isForbidden(err):
		s.closed.Store(bucket, true)
		return false, nil
	}
	return false, err
}

// bucketLocation asks where a bucket is. The answer is empty for the region in
// which S3 began.
func (s *Store) bucketLocation(ctx context.Context, bucket string, t *teller) (string, error) {
	answer, err := s.bucketRequest(ctx, "look up bucket", http.MethodGet, bucket, "location", nil, t)
	if err != nil {
		return "", err
	}
	var location struct {
		Text string `xml:",chardata"`
	}
	if err := xml.Unmarshal(answer, &location); err != nil {
		return "", fmt.Errorf("look up bucket %s: the answer is not XML: is %s an object store?", bucket, s.endpoint)
	}
	return strings.TrimSpace(location.Text), nil
}

func (s *Store) createBucket(ctx context.Context, bucket, location string, t *teller) (created bool, err error) {
	_, err = s.bucketRequest(ctx, "create bucket", http.MethodPut, bucket, "", s.constraint(location), t)
	refusal, _ := errors.AsType[*Error](err)
	switch {
	case refusal == nil:
		return err == nil, err
	case refusal.Code == "BucketAlreadyOwnedByYou":
		return false, nil
	case refusal.Code == "BucketAlreadyExists":
		return false, &takenError{refusal}
	}
	return false, err
}

// takenError is a refusal that is also ErrBucketTaken.
type takenError struct{ refusal *Error }

func (e *takenError) Error() string   { return e.refusal.Object + ": " + ErrBucketTaken.Error() }
func (e *takenError) Unwrap() []error { return []error{ErrBucketTaken, e.refusal} }

// Hint is advice on what to do instead.
func (e *takenError) Hint() string { return "choose another bucket name" }

// constraint is the body of a request for a bucket in a location. AWS wants
// one for every region but the first; other services are only told what the
// user asked for.
func (s *Store) constraint(location string) []byte {
	if location == "" && amazonDomain(s.endpoint.Hostname()) != "" {
		location = *s.signer.region.Load()
	}
	if normalLocation(location) == "" {
		return nil
	}
	var escaped bytes.Buffer
	_ = xml.EscapeText(&escaped, []byte(location)) // a Buffer takes everything
	return []byte(`<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>` +
		escaped.String() + `</LocationConstraint></CreateBucketConfiguration>`)
}

// checkLocation compares where a bucket is with where it was wanted.
func checkLocation(bucket, is, want string) error {
	if want == "" || normalLocation(is) == normalLocation(want) {
		return nil
	}
	if is == "" {
		is = "US"
	}
	return &LocationError{Bucket: bucket, Is: is, Want: want}
}

// normalLocation gives the locations that have several names one of them.
func normalLocation(location string) string {
	switch location {
	case "US", "us-east-1":
		return ""
	case "EU":
		return "eu-west-1"
	}
	return location
}

// LocationError says that a bucket exists elsewhere. It is an ErrLocation.
type LocationError struct{ Bucket, Is, Want string }

// Error names the bucket and both locations.
func (e *LocationError) Error() string {
	return fmt.Sprintf("bucket %s: it is in %s, not in %s", e.Bucket, e.Is, e.Want)
}

func (e *LocationError) Unwrap() error { return ErrLocation }

// bucketRequest makes a request that minio-go would not make: it refuses to
// create buckets whose names AWS no longer takes, such as win2k3_bucket.
func (s *Store) bucketRequest(ctx context.Context, op, method, bucket, query string, body []byte, t *teller) (answer []byte, err error) {
	err = s.retry(ctx, bucket, t, func() error {
		answer, err = s.bucketRequestOnce(ctx, op, method, bucket, query, body)
		return err
	})
	return answer, err
}

// bucketRequestOnce makes one attempt at bucketRequest.
func (s *Store) bucketRequestOnce(ctx context.Context, op, method, bucket, query string, body []byte) ([]byte, error) {
	target := url.URL{Scheme: s.endpoint.Scheme, Host: s.endpoint.Host, Path: "/" + bucket, RawQuery: query}
	ctx = withPayloadHash(ctx, sign.HashPayload(body))
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := s.signer.RoundTrip(req)
	if err != nil {
		return nil, refused(op, bucket, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxDocument))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %w", op, bucket, ErrTruncated, err)
	}
	return answer, nil
}

// RemoveBucket removes a bucket, which must be empty.
func (s *Store) RemoveBucket(ctx context.Context, bucket string) error {
	return s.retry(ctx, bucket, nil, func() error { return s.removeBucketOnce(ctx, bucket) })
}

// removeBucketOnce makes one attempt at RemoveBucket.
func (s *Store) removeBucketOnce(ctx context.Context, bucket string) error {
	_, err := s.bucketRequestOnce(ctx, "remove bucket", http.MethodDelete, bucket, "", nil)
	return err
}
