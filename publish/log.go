package publish

import (
	"context"
	"io"
	"log/slog"

	"emikit/bundle"
	"emikit/manifest"
)

// logOr returns log, or one that writes nothing.
func logOr(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// A loggedSink tells of the parts that are made.
type loggedSink struct {
	bundle.Sink
	log *slog.Logger
}

func (s *loggedSink) Put(ctx context.Context, part manifest.Part, body []byte, done func()) error {
	s.log.DebugContext(ctx, "part made", "part", part.Name, "size", len(body), "sha1", part.Digest)
	return s.Sink.Put(ctx, part, body, done)
}

// A loggedSource tells of the parts that are opened.
type loggedSource struct {
	bundle.Source
	log *slog.Logger
}

func (s *loggedSource) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	s.log.DebugContext(ctx, "part read", "part", part.Name, "sha1", part.Digest)
	return s.Source.Open(ctx, part)
}
