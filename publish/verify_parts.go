package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"emikit/bundle"
	"emikit/manifest"
	"emikit/upload"
)

// checkParts looks at the parts: first whether they are there, and then into them.
func (v *verification) checkParts(ctx context.Context) error {
	objects := v.stat(ctx)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	there := v.checkPresence(objects)
	whole := v.checkTotal(objects, there)
	if v.Store != nil && !v.Deep {
		v.checkSums(objects)
		v.report.skip(CheckImage, "only --deep downloads and decrypts the parts")
		return nil
	}
	src := v.open(ctx, objects)
	defer src.close()
	if whole && v.Deep && v.key != nil && v.possible {
		v.checkImage(ctx, src)
	}
	v.checkDigests(ctx, src, objects)
	v.reportImage(whole)
	return context.Cause(ctx)
}

// stat asks for all parts, in their order, without reading them.
func (v *verification) stat(ctx context.Context) []upload.Object {
	if v.Store != nil {
		names := make([]string, len(v.m.Parts))
		for i, part := range v.m.Parts {
			names[i] = part.Name
		}
		return v.Store.Stat(ctx, v.From, names, v.Events)
	}
	objects := make([]upload.Object, len(v.m.Parts))
	for i, part := range v.m.Parts {
		if objects[i] = statFile(v.directory(), part.Name); context.Cause(ctx) != nil {
			break
		}
	}
	return objects
}

// statFile asks for a part on disk.
func statFile(dir, name string) upload.Object {
	path := filepath.Join(dir, name) // a plain file name, or Parse had refused it
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return upload.Object{Name: name, Err: err}
	case !info.Mode().IsRegular():
		return upload.Object{Name: name, Err: fmt.Errorf("%s: not a regular file", path)}
	}
	return upload.Object{Name: name, Size: info.Size()}
}

// checkPresence says which parts are not there, and whether all are.
func (v *verification) checkPresence(objects []upload.Object) (all bool) {
	absent, unasked := 0, 0
	for _, o := range objects {
		switch {
		case o.Err == nil:
			continue
		case errors.Is(o.Err, upload.ErrNotAsked):
			unasked++
		case errors.Is(o.Err, fs.ErrNotExist):
			v.report.failPart(CheckPresence, o.Name, fmt.Errorf("%s: %w", o.Name, bundle.ErrMissingPart))
		default:
			v.report.failPart(CheckPresence, o.Name, o.Err)
		}
		absent++
	}
	switch {
	case unasked > 0:
		v.report.skip(CheckPresence, "%s: %v", counted(unasked, "more part"), upload.ErrNotAsked)
	case absent == 0:
		v.report.pass(CheckPresence, "%s", counted(len(objects), "part"))
	}
	return absent == 0
}

// checkTotal adds the sizes up, and says whether the parts may be those of the manifest,
// which does not give the sizes of single ones.
func (v *verification) checkTotal(objects []upload.Object, all bool) bool {
	total, untold := totalSize(objects)
	switch {
	case total > v.m.BundledSize, all && untold == 0 && total != v.m.BundledSize:
		v.report.fail(CheckTotal, fmt.Errorf("%s: %w: they hold %d bytes, the manifest says %d", v.m.Name, bundle.ErrBundledSize, total, v.m.BundledSize))
		return false
	case !all:
		v.report.skip(CheckTotal, "not all parts are there")
	case untold > 0:
		v.report.skip(CheckTotal, "the store does not tell the size of %s", counted(untold, "part"))
	default:
		v.report.pass(CheckTotal, "%s", counted(total, "byte"))
	}
	return all
}

// totalSize is that of the objects which are there. It does not overflow. untold is the
// number of those whose size is not known.
func totalSize(objects []upload.Object) (total int64, untold int) {
	for _, o := range objects {
		if o.Size < 0 {
			untold++
			continue
		}
		total += min(o.Size, math.MaxInt64-total)
	}
	return total, untold
}

// checkSums compares digests with the sums that a store keeps of its objects: a SHA-1
// is the manifest's own, other sums cannot be compared with it.
func (v *verification) checkSums(objects []upload.Object) {
	var good, bad, without, absent int
	for i, o := range objects {
		switch part := v.m.Parts[i]; {
		case o.Err != nil:
			absent++
		case o.SHA1 == nil:
			without++
		case *o.SHA1 == part.Digest:
			good++
		default:
			bad++
			v.report.failPart(CheckDigests, part.Name, digestError(part, *o.SHA1))
		}
	}
	switch {
	case without > 0 && good+bad == 0:
		v.report.skip(CheckDigests, "the store keeps no SHA-1 of the parts; only --deep reads them")
	case without > 0:
		v.report.skip(CheckDigests, "the store keeps no SHA-1 of %s; only --deep reads them", counted(without, "part"))
	case absent > 0:
		v.skipAbsent(absent, good)
	case bad == 0:
		v.report.pass(CheckDigests, "%s, by the SHA-1 that the store keeps of each; only --deep reads them", counted(good, "part"))
	}
}

// skipAbsent says of how many parts the digests are right where some are not there.
func (v *verification) skipAbsent(absent, good int) {
	if absent == len(v.m.Parts) {
		v.report.skip(CheckDigests, "no part is there")
		return
	}
	v.report.skip(CheckDigests, "%s not there; %s as the manifest says", counted(absent, "part"), counted(good, "other"))
}

func digestError(part manifest.Part, got manifest.Digest) error {
	return fmt.Errorf("%s: %w (expected SHA-1: %s, the store's: %s)", part.Name, bundle.ErrPartDigest, part.Digest, got)
}

// checkDigests reads the parts that are there and have not been read yet.
func (v *verification) checkDigests(ctx context.Context, src *verifySource, objects []upload.Object) {
	var rest []manifest.Part
	for i, part := range v.m.Parts {
		if _, read := v.read[part.Name]; !read && objects[i].Err == nil {
			rest = append(rest, part)
		}
	}
	limit := v.m.BundledSize
	if !v.possible {
		limit, _ = totalSize(objects)
	}
	for _, p := range bundle.VerifyParts(ctx, src, rest, limit, v.Jobs) {
		v.read[p.Part.Name] = p
	}
	v.reportDigests()
}

// reportDigests says what reading the parts came to.
func (v *verification) reportDigests() {
	good, bad, unasked, size := 0, 0, 0, int64(0)
	for _, part := range v.m.Parts {
		p, read := v.read[part.Name]
		switch {
		case !read:
		case p.Err == nil:
			good, size = good+1, size+p.Size
		case errors.Is(p.Err, upload.ErrNotAsked):
			unasked++
		default:
			bad++
			v.report.failPart(CheckDigests, part.Name, p.Err)
		}
	}
	absent := len(v.m.Parts) - good - bad - unasked
	switch {
	case unasked > 0:
		v.report.skip(CheckDigests, "%s: %v", counted(unasked, "more part"), upload.ErrNotAsked)
	case absent > 0:
		v.skipAbsent(absent, good)
	case bad == 0:
		v.report.pass(CheckDigests, "%s, %s read", counted(good, "part"), counted(size, "byte"))
	}
}
