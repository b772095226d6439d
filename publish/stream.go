package publish

import (
	"context"
	"io"
	"os"

	"emikit/bundle"
	"emikit/manifest"
)

// StreamRequest says which parts, one after the other as one stream, to turn back
// into an image.
type StreamRequest struct {
	// UnbundleRequest's Manifest may be "": then Key opens the stream, and
	// PrivateKey and the certificates are of no account. Source and Destination never
	// are of any.
	UnbundleRequest
	Key manifest.Key
	// Input is the path of the stream, or "-" for Stdin.
	Input string
	Stdin io.Reader
	// Size of the image in bytes, and Digest, are to be right; nil means those of the
	// manifest, or any.
	Size   *int64
	Digest *manifest.Digest
	// File is the path of the image; if it is "", Output takes it.
	File   string
	Output io.Writer
}

// UnbundleStream turns the parts of a bundle, joined to one stream, back into the
// image. A file appears only when all that could be checked has been; what Output was
// given is worth nothing unless the error is nil. Manifest of the result is nil if
// there was none.
func UnbundleStream(ctx context.Context, r StreamRequest) (UnbundleResult, error) {
	stream, m, err := r.stream(ctx)
	if err != nil {
		return UnbundleResult{}, err
	}
	in, err := r.openInput(ctx)
	if err != nil {
		return UnbundleResult{}, err
	}
	defer in.stop()
	stream.In = r.watch(in, m)
	if err := r.write(ctx, stream); err != nil {
		return UnbundleResult{}, err
	}
	result := UnbundleResult{ImagePath: r.File, Manifest: m}
	if m != nil {
		result.Notes = r.notes(m, r.Manifest)
	}
	return result, nil
}

// stream is what is known of the stream, from the manifest if there is one.
func (r StreamRequest) stream(ctx context.Context) (bundle.Stream, *manifest.Manifest, error) {
	s := bundle.Stream{Key: r.Key, Size: r.Size, Digest: r.Digest}
	if r.Manifest == "" {
		return s, nil, nil
	}
	opened, err := await(ctx, r.open)
	if err != nil {
		return s, nil, err
	}
	m := opened.manifest
	s.Key = opened.key
	if s.Size == nil {
		s.Size = &m.Size
	}
	if s.Digest == nil {
		s.Digest = &m.Digest
	}
	return s, m, nil
}

// A streamInput is an opened stream.
type streamInput struct {
	io.Reader
	size int64  // bytes; 0 if nobody knows
	stop func() // closes it
}

// openInput opens the stream. What is no regular file may block in a Read, also for
// good.
func (r StreamRequest) openInput(ctx context.Context) (streamInput, error) {
	if r.Input == "-" {
		reader, stop := interruptible(ctx, r.Stdin)
		return streamInput{reader, 0, stop}, nil
	}
	f, err := await(ctx, func() (*os.File, error) { return os.Open(r.Input) })
	if err != nil {
		return streamInput{}, err
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		return streamInput{f, info.Size(), func() { f.Close() }}, nil
	}
	reader, stop := interruptible(ctx, f)
	return streamInput{reader, 0, func() { stop(); f.Close() }}, nil
}

// write unbundles to where the image is to go.
func (r StreamRequest) write(ctx context.Context, s bundle.Stream) error {
	if r.File != "" {
		return s.UnbundleFile(ctx, r.File, r.Input, r.Manifest, r.PrivateKey, r.Certificate, r.OwnCertificate)
	}
	output, finish := interruptibleWriter(ctx, r.Output)
	return finish(s.Unbundle(ctx, output))
}

// watch tells Progress how far a stream has been read whose length is known.
func (r StreamRequest) watch(in streamInput, m *manifest.Manifest) io.Reader {
	total := in.size
	if m != nil {
		total = m.BundledSize
	}
	if r.Progress == nil || total == 0 {
		return in
	}
	return &watchedPart{io.NopCloser(in), &watchedSource{total: total, progress: r.Progress}}
}
