package images

import (
	"context"
	"errors"

	"emikit/cloud/caller"
	"emikit/manifest"
)

// Choose decides which images a launch uses and whether the caller may use
// them. kernel and ramdisk are empty when the request names none; then those
// of the machine image are used, or none.
//
// A kernel that the request names comes without the machine image's ramdisk,
// which belongs to another kernel (the rule of Eucalyptus 2.0 and later). An
// image without any kernel boots by itself, as disk images do: that there is
// no boot loader in it shows on the node.
func (s *Service) Choose(ctx context.Context, who caller.Caller, machine, kernel, ramdisk string) (Selection, error) {
	root, err := s.launchable(ctx, who, manifest.KindMachine, machine)
	if err != nil {
		return Selection{}, err
	}
	if kernel == "" {
		kernel, ramdisk = root.KernelID, first(ramdisk, root.RamdiskID)
	}
	if kernel == "" && ramdisk != "" {
		return Selection{}, refuse(ErrNoKernel, "Unable to determine required kernel image.")
	}
	sel := Selection{Machine: root}
	if sel.Kernel, err = s.companion(ctx, who, manifest.KindKernel, kernel); err != nil {
		return Selection{}, err
	}
	if sel.Ramdisk, err = s.companion(ctx, who, manifest.KindRamdisk, ramdisk); err != nil {
		return Selection{}, err
	}
	return sel, nil
}

// companion is the kernel or ramdisk of a launch, nil when there is none.
func (s *Service) companion(ctx context.Context, who caller.Caller, kind manifest.Kind, id string) (*Image, error) {
	if id == "" {
		return nil, nil
	}
	img, err := s.launchable(ctx, who, kind, id)
	if err != nil {
		return nil, err
	}
	return &img, nil
}

// launchable returns the image if the caller may run it as that kind, its
// check has passed and its bundle is still the one that was registered.
func (s *Service) launchable(ctx context.Context, who caller.Caller, kind manifest.Kind, id string) (Image, error) {
	r, err := s.load(ctx, id)
	if err != nil && !isRefusal(err) {
		return Image{}, err
	}
	a, failed := s.audience(ctx, r.Image)
	if failed != nil {
		return Image{}, failed
	}
	if err != nil || !a.visibleTo(who) { // to whom it is not shown, it does not exist
		return Image{}, refuse(ErrNotFound, "Failed to find %s image: %s", kindWord(kind), shorten(id))
	}
	if r.Kind != kind {
		return Image{}, refuse(ErrWrongKind, "Image specified is not a %s: %s", kind, r.ID)
	}
	if err := r.available(); err != nil {
		return Image{}, err
	}
	return r.Image, s.told(ctx, who, r, s.unchanged(ctx, r))
}

// told keeps from strangers how a bundle was changed. What is in a bucket now
// concerns its owner, who need not be the image's any more: the bucket may have
// been deleted, and its name taken by another account.
func (s *Service) told(ctx context.Context, who caller.Caller, r record, err error) error {
	if !blames(err) {
		return err
	}
	loc, failed := parseLocation(r.Location)
	if failed != nil {
		return failed
	}
	owner, failed := s.config.Objects.BucketOwner(ctx, loc.bucket)
	switch {
	case errors.Is(failed, ErrNoBucket), failed == nil && who.Owns(owner):
		return err
	case failed != nil:
		return failed
	}
	return refuse(ErrChanged, "The bundle of %s was changed after registration; its owner must register it again.", r.ID)
}

// kindWord is what messages of Eucalyptus 1.4 call a kind.
func kindWord(kind manifest.Kind) string {
	if kind == manifest.KindMachine {
		return "disk"
	}
	return string(kind)
}

// available refuses an image that cannot be run, with the reason.
func (r record) available() error {
	switch r.State {
	case StatePending:
		return refuse(ErrUnavailable, "Image %s is pending: its bundle is still being checked.", r.ID)
	case StateFailed:
		return refuse(ErrUnavailable, "Image %s cannot be run: %s", r.ID, r.Reason)
	case StateDeregistered:
		return refuse(ErrUnavailable, "The requested image is deregistered: %s", r.ID)
	}
	return nil
}

// unchanged compares the bundle with what was registered. Parts that were
// uploaded again are fine as long as their digests are.
func (s *Service) unchanged(ctx context.Context, r record) error {
	b, err := r.bundle()
	if err != nil {
		return err
	}
	document, err := s.readManifest(ctx, b.location)
	if err != nil {
		return changed(r, err)
	}
	if hashDocument(document) != r.key.manifest {
		return refuse(ErrChanged, "Image manifest was changed after registration for: %s; register %s again.", r.ID, r.Location)
	}
	if b.parts, err = s.statParts(ctx, b.location, b.manifest); err != nil {
		return changed(r, err)
	}
	hash := hashParts(b.parts)
	if hash == r.key.parts {
		return nil
	}
	if err := s.verifyParts(ctx, r.Owner, b); err != nil {
		return changed(r, err)
	}
	return s.replaceParts(ctx, r.ID, b.parts, hash)
}

// changed says of which image a bundle is not what it was.
func changed(r record, err error) error {
	if !blames(err) {
		return err
	}
	return refuse(ErrChanged, "The bundle of %s was changed after registration: %v", r.ID, err)
}

// blames says whether an error is about the bundle: that too many checks wait is not.
func blames(err error) bool { return isRefusal(err) && !errors.Is(err, ErrTooManyChecks) }
