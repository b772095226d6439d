package images

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"emikit/cloud/caller"
	"emikit/manifest"
)

// maxDescription is the longest description of an image, in bytes, as with
// AWS.
const maxDescription = 255

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// isName is the rule of Eucalyptus 3.x and later for names that a request gives.
func isName(name string) bool {
	const shortest, longest = 3, 128
	return len(name) >= shortest && len(name) <= longest && strings.Trim(name, alphanumeric+"()./_-") == ""
}

// Register makes a new image of the bundle at a location. It returns the image
// available when the check ends within the budget, and pending when it does
// not; a bundle found unusable is refused. Each registration of a location
// makes an image of its own.
func (s *Service) Register(ctx context.Context, who caller.Caller, req Request) (Image, error) {
	img, err := s.register(ctx, who, req)
	log := s.config.Log.With("location", req.Location, "account", who.Account)
	if err != nil {
		log.Info("image not registered", "cause", err)
		return Image{}, err
	}
	log.Info("image registered", "image", img.ID, "state", img.State, "unverified", img.Unverified)
	return img, nil
}

func (s *Service) register(ctx context.Context, who caller.Caller, req Request) (Image, error) {
	loc, err := parseLocation(req.Location)
	if err != nil {
		return Image{}, err
	}
	if err := checkWords(req); err != nil {
		return Image{}, err
	}
	if err := s.checkOwner(ctx, who, loc); err != nil {
		return Image{}, notRegistered(err)
	}
	if err := s.checkName(ctx, who, req.Name); err != nil {
		return Image{}, err
	}
	b, err := s.findBundle(ctx, who, loc)
	if err != nil {
		return Image{}, notRegistered(err)
	}
	img, err := s.describe(ctx, who, req, b)
	if err != nil {
		return Image{}, err
	}
	return s.admit(ctx, who, img, b, req.Name != "")
}

// checkWords refuses a name or description that breaks the rules, before any
// work is done.
func checkWords(req Request) error {
	if req.Name != "" && !isName(req.Name) {
		return refuse(ErrNameMalformed, "AMI names must be between 3 and 128 characters long, "+
			"and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'")
	}
	return checkDescription(req.Description)
}

func checkDescription(text string) error {
	if len(text) > maxDescription || !utf8.ValidString(text) ||
		strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
		return refuse(ErrParameter, "The description must be at most %d bytes of text on one line", maxDescription)
	}
	return nil
}

// checkName refuses a name that is in use before any work is done; when the
// image is stored it is looked for again.
func (s *Service) checkName(ctx context.Context, who caller.Caller, name string) error {
	if name == "" {
		return nil
	}
	return s.config.DB.View(ctx, func(tx *sql.Tx) error { return nameIsFree(ctx, tx, who.Account, name) })
}

func (s *Service) checkOwner(ctx context.Context, who caller.Caller, loc location) error {
	owner, err := s.config.Objects.BucketOwner(ctx, loc.bucket)
	switch {
	case errors.Is(err, ErrNoBucket):
		return refuse(ErrManifest, "there is no bucket %s.", loc.bucket)
	case err != nil:
		return err
	case !who.Owns(owner):
		return refuse(ErrNotBucketOwner, "you must own the bucket containing the image.")
	}
	return nil
}

// describe makes the image of what the manifest and the request say.
func (s *Service) describe(ctx context.Context, who caller.Caller, req Request, b *storedBundle) (Image, error) {
	m, name := b.manifest, b.location.manifestName()
	img := Image{
		Location: b.location.String(), Owner: who.Account, OwnerName: who.Name,
		Kind: kindOf(m, name), Name: first(req.Name, m.Name), Description: req.Description,
		Public: true, Size: m.Size, Mappings: m.Mappings, ProductCodes: m.ProductCodes,
		Ancestors: m.Ancestors, Registered: time.Now().UTC(), Unverified: b.unverified,
	}
	var err error
	if img.Arch, err = architecture(req.Arch, m.Arch); err != nil {
		return Image{}, err
	}
	if img.Kind != manifest.KindMachine {
		if !who.Admin && !s.config.UserKernels {
			return Image{}, refuse(ErrAdminOnly, "Only administrators can register %s images.", img.Kind)
		}
		return img, nil
	}
	img.Platform = platformOf(m, name)
	if img.KernelID, err = s.reference(ctx, who, manifest.KindKernel, first(req.KernelID, m.KernelID)); err != nil {
		return Image{}, err
	}
	img.RamdiskID, err = s.reference(ctx, who, manifest.KindRamdisk, first(req.RamdiskID, m.RamdiskID))
	return img, err
}

// reference checks a kernel or ramdisk id that a machine image names and
// returns it as it was given out.
func (s *Service) reference(ctx context.Context, who caller.Caller, kind manifest.Kind, id string) (string, error) {
	if id == "" || kind == manifest.KindKernel && strings.EqualFold(id, PlatformWindows) {
		return "", nil
	}
	r, err := s.load(ctx, id)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", err
	}
	a, failed := s.audience(ctx, r.Image)
	if failed != nil {
		return "", failed
	}
	usable := err == nil && r.Kind == kind && a.visibleTo(who) &&
		(r.State == StateAvailable || r.State == StatePending)
	if !usable {
		return "", refuse(ErrReference, "Referenced %s id is invalid: %s", kind, shorten(id))
	}
	return r.ID, nil
}

// admit has the bundle checked and stores the image in the state that the
// check has come to.
func (s *Service) admit(ctx context.Context, who caller.Caller, img Image, b *storedBundle, unique bool) (Image, error) {
	var stored error
	err := s.examine(ctx, who, b, func(st State) error {
		img.State = st
		img.ID, stored = s.insert(ctx, record{Image: img, document: b.document, parts: b.parts, key: b.key()}, unique)
		return stored
	})
	switch {
	case stored != nil:
		return Image{}, stored
	case err != nil:
		return Image{}, notRegistered(err)
	}
	return img, nil
}
