package upload

import (
	"context"
	"io"

	"emikit/manifest"
)

// Source gives the parts of a bundle in a bucket. It may be used from several
// goroutines at once.
type Source struct {
	store *Store
	from  Location
}

// Source returns the bundle's parts under from. Nothing is asked until a part
// is opened.
func (s *Store) Source(from Location) *Source { return &Source{s, from} }

// Open begins to download a part. The caller closes it. A part that is not
// there is fs.ErrNotExist.
func (s *Source) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	body, _, err := s.store.Get(ctx, s.from, part.Name)
	return body, err
}
