package upload

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/minio/minio-go/v7"
	"golang.org/x/sync/errgroup"

	"emikit/manifest"
)

// ErrNotAsked: the store was not asked for an object, because it had failed too often
// before.
var ErrNotAsked = errors.New("the store fails, and was not asked")

// lostLimit is the number of requests after which a store that fails, each of them
// having been made again as often as it may be, is not asked any more.
const lostLimit = 3

// Object is what a store says of an object without sending it.
type Object struct {
	Name string
	Size int64 // bytes; negative where the store has not told it
	// ETag is what the store calls this content, without quotes; not a checksum.
	ETag string
	// SHA1 is the store's own sum of the whole object; nil where it keeps none, which
	// is the rule. It is the only one of the sums that stores keep that can be compared
	// with a manifest's.
	SHA1 *manifest.Digest
	// Err says why nothing is known of it: it is fs.ErrNotExist where it is not there,
	// ErrNotAsked, or another.
	Err error
}

// Stat asks for the objects called names, several at once, without their content. It
// answers in their order. progress, which may be nil, is told of requests that are made
// again, from one goroutine at a time.
func (s *Store) Stat(ctx context.Context, from Location, names []string, progress func(Event)) []Object {
	var (
		objects = make([]Object, len(names))
		teller  = &teller{fn: progress}
		lost    atomic.Int32
		group   errgroup.Group
	)
	group.SetLimit(s.pace.onDisk())
	for i, name := range names {
		group.Go(func() error {
			if lost.Load() >= lostLimit {
				objects[i] = Object{Name: name, Err: fmt.Errorf("%s: %w", name, ErrNotAsked)}
				return nil
			}
			if objects[i] = s.stat(ctx, from, name, teller); IsLost(objects[i].Err) {
				lost.Add(1)
			}
			return nil
		})
	}
	_ = group.Wait()
	return objects
}

// stat asks for one.
func (s *Store) stat(ctx context.Context, from Location, name string, t *teller) Object {
	object := Object{Name: name}
	object.Err = s.retry(ctx, name, t, func() error {
		info, err := s.client.StatObject(ctx, from.Bucket, from.Key(name), minio.StatObjectOptions{Checksum: true})
		if err != nil {
			return refused("look up", from.Path(name), err)
		}
		object.Size, object.ETag, object.SHA1 = info.Size, info.ETag, wholeSHA1(info.ChecksumSHA1)
		return nil
	})
	return object
}

// wholeSHA1 reads the sum of a whole object. That of one that came in parts is the sum
// of the parts' sums, with their number behind it.
func wholeSHA1(text string) *manifest.Digest {
	sum, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(sum) != len(manifest.Digest{}) {
		return nil
	}
	digest := manifest.Digest(sum)
	return &digest
}

// IsLost tells an error of a store that could not be reached or fails from one that it
// has given on purpose, and from success.
func IsLost(err error) bool {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal.Status >= http.StatusInternalServerError
	}
	_, connect := errors.AsType[*ConnectError](err)
	return connect || errors.Is(err, ErrTruncated)
}
