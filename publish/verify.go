package publish

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"

	"emikit/bundle"
	"emikit/manifest"
)

// VerifyRequest says which bundle to check, and with what. Paths are the user's own.
type VerifyRequest struct {
	// ManifestRequest's FindKey is of no account: PrivateKey opens an encrypted
	// manifest. Where its Store is not nil the parts are under From there, also those of
	// a manifest on disk.
	ManifestRequest
	// Source is the directory of parts that are not in a store; "" means the manifest's
	// own.
	Source string
	// Deep has the parts in a store downloaded, and all that can be decrypted and
	// unpacked. Otherwise a store is only asked about its objects.
	Deep bool
	// PrivateKey, if not "", is the PEM file of the key at hand: the user's, or the
	// cloud's.
	PrivateKey string
	// Certificate, if not "", is the PEM file of the certificate that the signature must
	// verify against. Otherwise that is OwnCertificate, if not "", the one that the user
	// signs with.
	Certificate, OwnCertificate string
	// AnySignature has a manifest pass that is not signed, or by somebody else.
	AnySignature bool
	// Jobs is the number of parts that are read at once; 0 means GOMAXPROCS.
	Jobs int
	// Progress, if not nil, is told how many bytes of the parts, of how many, have been
	// read. It is called from one goroutine at a time and must return quickly.
	Progress func(done, total int64)
	// Log receives debug lines about what is read; never a key. nil means no log.
	Log *slog.Logger
}

// Verify checks a bundle in every way that it can, and goes on when something is not
// as it should be. The error is for what keeps it from checking at all: a key that
// cannot be read, no manifest, the end of ctx. It writes nothing.
func Verify(ctx context.Context, r VerifyRequest) (VerifyReport, error) {
	hand, err := await(ctx, r.load)
	if err != nil {
		return VerifyReport{}, err
	}
	r.FindKey = hand.findKey()
	info, err := ReadManifest(ctx, r.ManifestRequest)
	if err != nil {
		return VerifyReport{}, err
	}
	v := &verification{VerifyRequest: r, hand: hand, m: info.Manifest, read: map[string]bundle.PartReport{}}
	logOr(r.Log).DebugContext(ctx, "manifest read", "file", r.Path(), "parts", len(v.m.Parts), "size", v.m.Size, "bundled", v.m.BundledSize)
	v.describe(info)
	v.checkSignature()
	v.checkEnvelope()
	v.checkSizes()
	if err := v.checkParts(ctx); err != nil {
		return VerifyReport{}, err
	}
	return v.report, nil
}

// verification is a check of one bundle.
type verification struct {
	VerifyRequest
	hand   atHand
	m      *manifest.Manifest
	report VerifyReport

	key      *manifest.Key                // the bundling key; nil if it could not be had
	possible bool                         // the sizes that the manifest gives
	read     map[string]bundle.PartReport // the parts that were, by name
	imageErr error                        // what it came to
	badPart  string                       // that ended it; "": none
}

// describe says what was read.
func (v *verification) describe(info ManifestInfo) {
	was := ""
	if info.Encrypted {
		was = ", encrypted"
	}
	v.report.pass(CheckManifest, "version %s%s, %s image %s, %s", v.m.Version, was, v.m.Kind, v.m.Name, counted(len(v.m.Parts), "part"))
}

// checkSizes asks whether any bundle can have the sizes that the manifest gives.
func (v *verification) checkSizes() {
	if err := bundle.CheckSizes(v.m); err != nil {
		v.report.fail(CheckSizes, err)
		return
	}
	v.possible = true
	v.report.pass(CheckSizes, "an image of %s in %s of parts", counted(v.m.Size, "byte"), counted(v.m.BundledSize, "byte"))
}

// directory is where parts that are not in a store are.
func (r VerifyRequest) directory() string {
	switch {
	case r.Source != "":
		return r.Source
	case r.Manifest == "-":
		return "."
	}
	return filepath.Dir(r.Manifest)
}

// counted is a number of things.
func counted[N int | int64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
