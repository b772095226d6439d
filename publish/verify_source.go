package publish

import (
	"context"
	"fmt"
	"io"
	"sync"

	"emikit/bundle"
	"emikit/manifest"
	"emikit/upload"
)

// lostLimit is the number of parts after which a store that fails is not asked for any
// more: each has been asked for as often as it may be.
const lostLimit = 3

// A verifySource gives parts, several at once, counts what is read of them, and stops
// asking a store that fails. close it in the end.
type verifySource struct {
	bundle.Source
	close    func()
	progress func(done, total int64) // may be nil

	mu          sync.Mutex
	done, total int64 // bytes
	lost        int   // parts
}

// open begins to read the parts that are there. Those in a store are fetched ahead.
func (v *verification) open(ctx context.Context, objects []upload.Object) *verifySource {
	s := &verifySource{close: func() {}, progress: v.Progress, total: v.m.BundledSize}
	if v.Store == nil {
		s.Source = &loggedSource{bundle.OpenDir(v.directory()), logOr(v.Log)}
		return s
	}
	var there []manifest.Part
	for i, part := range v.m.Parts {
		if objects[i].Err == nil {
			there = append(there, part)
		}
	}
	ahead := v.Store.ReadAhead(ctx, v.From, there, v.Events)
	s.Source = &loggedSource{ahead, logOr(v.Log)}
	s.close = func() { _ = ahead.Close() } // it was only read
	return s
}

// Open opens a part.
func (s *verifySource) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	if s.isLost() {
		return nil, fmt.Errorf("%s: %w", part.Name, upload.ErrNotAsked)
	}
	body, err := s.Source.Open(ctx, part)
	if s.note(0, err); err != nil {
		return nil, err
	}
	return &verifyBody{body, s}, nil
}

func (s *verifySource) isLost() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost >= lostLimit
}

// note counts what has been read, and failures of the store.
func (s *verifySource) note(n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if upload.IsLost(err) {
		s.lost++
	}
	if s.done += int64(n); n > 0 && s.progress != nil {
		s.progress(s.done, s.total)
	}
}

type verifyBody struct {
	io.ReadCloser
	source *verifySource
}

func (b *verifyBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.source.note(n, err)
	return n, err
}
