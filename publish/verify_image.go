package publish

import (
	"context"
	"errors"

	"emikit/bundle"
)

// checkImage decrypts and unpacks the bundle. What is wrong with a part, and ends it,
// shows among the digests of the parts.
func (v *verification) checkImage(ctx context.Context, src *verifySource) {
	report, err := bundle.Verify(ctx, v.m, src, bundle.VerifyOptions{Key: v.key})
	for _, p := range report.Parts {
		v.read[p.Part.Name] = p
		if p.Err != nil {
			v.badPart = p.Part.Name
		}
	}
	v.imageErr = err
}

// imageCheck is one of those of the image, with the error of one that fails, and what is
// said of one that does not.
type imageCheck struct {
	check Check
	err   error
	good  string
}

// imageChecks are all of them, in their order.
func (v *verification) imageChecks() []imageCheck {
	return []imageCheck{
		{CheckDecryption, bundle.ErrPadding, "AES-128-CBC, with the padding that it must have"},
		{CheckGzip, bundle.ErrGzip, "unpacked to its end, with the sums that it carries"},
		{CheckTar, bundle.ErrTar, "one regular file"},
		{CheckImageSize, bundle.ErrUnbundledSize, counted(v.m.Size, "byte")},
		{CheckImageDigest, bundle.ErrImageDigest, v.m.Digest.String() + " of the tar stream"},
	}
}

// reportImage says what unpacking came to, or why it was not done. whole: all parts are
// there, with the right total size.
func (v *verification) reportImage(whole bool) {
	switch {
	case !v.Deep:
		v.report.skip(CheckImage, "only --deep decrypts the parts")
	case !v.possible || !whole:
		v.report.skip(CheckImage, "the parts cannot be joined")
	case v.key == nil:
		v.report.skip(CheckImage, "the bundling key could not be opened")
	case v.badPart != "":
		v.report.skip(CheckImage, "%s is not as it should be", v.badPart)
	case v.imageErr != nil && !errors.Is(v.imageErr, bundle.ErrKeyDependent):
		v.report.fail(CheckImage, v.imageErr)
	default:
		v.reportUnpacked()
	}
}

// reportUnpacked says which of the checks of the image failed. Blocks of it are in all
// stages at once, so that a failure says nothing of the other stages, unless it is the
// digest, which is compared when all else is done.
func (v *verification) reportUnpacked() {
	for _, c := range v.imageChecks() {
		switch {
		case v.imageErr == nil, !errors.Is(v.imageErr, c.err) && errors.Is(v.imageErr, bundle.ErrImageDigest):
			v.report.pass(c.check, "%s", c.good)
		case errors.Is(v.imageErr, c.err):
			v.report.fail(c.check, v.imageErr)
		default:
			v.report.skip(c.check, "the image could not be read to its end")
		}
	}
}
