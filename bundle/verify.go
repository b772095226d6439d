package bundle

import (
	"context"
	"crypto/sha1"
	"fmt"
	"io"
	"runtime"

	"emikit/manifest"

	"golang.org/x/sync/errgroup"
)

// VerifyOptions say how far Verify goes.
type VerifyOptions struct {
	// Key, when not nil, has Verify also decrypt the bundle and compare the image
	// with its digest, writing nothing. The parts are then read one after the other,
	// and the first bad one ends it. When nil, only presence, sizes and digests of
	// the parts are checked, all of them, several at once.
	Key *manifest.Key
	// Workers is the number of parts read at once; 0 means GOMAXPROCS.
	Workers int
}

// PartReport is what Verify found out about one part.
type PartReport struct {
	Part manifest.Part
	Size int64 // bytes read
	Err  error // nil if the part is there and matches its digest
}

// Report is what Verify found out.
type Report struct {
	Parts     []PartReport // those looked at, in the order of the manifest
	Size      int64        // of those parts together, in bytes
	Decrypted bool         // the image was unbundled and matches its digest
}

// Verify checks a bundle against its manifest without writing anything. The error
// is that of the first part, in the manifest's order, that is not as it should be,
// or else of the whole. Whether the manifest's signature is good is for the caller
// to ask.
func Verify(ctx context.Context, m *manifest.Manifest, src Source, o VerifyOptions) (Report, error) {
	if o.Key != nil {
		return verifyImage(ctx, m, src, *o.Key)
	}
	return verifyParts(ctx, m, src, o.Workers)
}

func verifyImage(ctx context.Context, m *manifest.Manifest, src Source, key manifest.Key) (report Report, err error) {
	parts, err := newPartReader(ctx, m, src)
	if err != nil {
		return report, err
	}
	parts.report = report.add
	err = unbundle(ctx, m, key, parts, io.Discard)
	report.Decrypted = err == nil
	return report, err
}

func (r *Report) add(p PartReport) {
	r.Parts = append(r.Parts, p)
	r.Size += p.Size
}

func verifyParts(ctx context.Context, m *manifest.Manifest, src Source, workers int) (report Report, err error) {
	if err := checkSizes(m); err != nil {
		return report, err
	}
	for _, p := range VerifyParts(ctx, src, m.Parts, m.BundledSize, workers) {
		report.add(p)
		if err == nil {
			err = p.Err
		}
	}
	if err == nil && report.Size != m.BundledSize {
		err = fmt.Errorf("%s: %w: they hold %d bytes, the manifest says %d", m.Name, ErrBundledSize, report.Size, m.BundledSize)
	}
	return report, err
}

// VerifyParts compares parts with their digests, workers at once, or GOMAXPROCS if
// that is 0. Each may have limit bytes at most. It reports on all of them, in their
// order.
func VerifyParts(ctx context.Context, src Source, parts []manifest.Part, limit int64, workers int) []PartReport {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	checked := make([]PartReport, len(parts))
	var group errgroup.Group
	group.SetLimit(workers)
	for i, part := range parts {
		group.Go(func() error {
			checked[i] = verifyPart(ctx, src, part, limit)
			return nil
		})
	}
	_ = group.Wait()
	return checked
}

// CheckSizes refuses a manifest whose sizes no bundle can have.
func CheckSizes(m *manifest.Manifest) error { return checkSizes(m) }

// verifyPart reads a part, at most one byte more than the limit.
func verifyPart(ctx context.Context, src Source, part manifest.Part, limit int64) PartReport {
	report := PartReport{Part: part}
	if report.Err = context.Cause(ctx); report.Err != nil {
		return report
	}
	body, err := openPart(ctx, src, part)
	if err != nil {
		report.Err = err
		return report
	}
	defer body.Close()
	sum := sha1.New()
	report.Size, err = io.Copy(sum, io.LimitReader(ctxReader{ctx, body}, limit+1))
	switch {
	case err != nil:
		report.Err = fmt.Errorf("read %s: %w", part.Name, err)
	case report.Size > limit:
		report.Err = fmt.Errorf("%s: %w: it goes on past %d bytes", part.Name, ErrBundledSize, limit)
	default:
		report.Err = checkDigest(part, sum)
	}
	return report
}

// A ctxReader stops reading when its context ends.
type ctxReader struct {
	ctx context.Context // of the one copy that the reader is made for
	r   io.Reader
}

func (r ctxReader) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
