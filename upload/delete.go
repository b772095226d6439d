package upload

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"emikit/manifest"
)

// ErrNotOfBundle: a manifest calls something a part that is not named as one of its
// bundle is. Nobody's other objects are removed or replaced on its word.
var ErrNotOfBundle = errors.New("not named as a part of this bundle")

// BundleRequest says which bundle in a bucket is meant, by one of ManifestName, Path
// and Name.
type BundleRequest struct {
	// From is where it is.
	From Location
	// ManifestName is the name of its manifest there, which must exist.
	ManifestName string
	// Path is its manifest on disk.
	Path string
	// Name is its own: what is named after it there is meant, with a manifest or
	// without.
	Name string
	// PrivateKey finds the user's key if a manifest is encrypted; nil: such a manifest is
	// an error.
	PrivateKey manifest.KeyFinder
	// Progress is told of requests that are made again, and of a manifest that cannot be
	// read (Unreadable). nil is allowed.
	Progress func(Event)
}

// BundleObjects returns the names under r.From of the objects of a bundle, its
// manifest first. Those that a manifest names may be missing. By name there may be
// none.
func (s *Store) BundleObjects(ctx context.Context, r BundleRequest) ([]string, error) {
	switch {
	case r.Path != "":
		m, _, err := readManifest(r.Path, r.PrivateKey)
		if err != nil {
			return nil, err
		}
		return objectsOf(m, filepath.Base(r.Path))
	case r.ManifestName != "":
		m, err := s.Manifest(ctx, r.From, r.ManifestName, r.PrivateKey, r.Progress)
		if err != nil {
			return nil, err
		}
		return objectsOf(m, r.ManifestName)
	}
	return s.objectsCalled(ctx, r)
}

// objectsOf is the manifest called name and its parts.
func objectsOf(m *manifest.Manifest, name string) ([]string, error) {
	if err := checkNamed(m, name); err != nil {
		return nil, fmt.Errorf("%w, nothing was removed", err)
	}
	objects := []string{name}
	for _, part := range m.Parts {
		objects = append(objects, part.Name)
	}
	return objects, nil
}

// checkNamed makes sure that what the manifest called name calls parts are named as
// those of its bundle are.
func checkNamed(m *manifest.Manifest, name string) error {
	bundle := strings.TrimSuffix(name, manifestSuffix)
	for _, part := range m.Parts {
		if !manifest.IsPartName(m.Name, part.Name) && !manifest.IsPartName(bundle, part.Name) {
			return fmt.Errorf("manifest %s: part %.80q: %w", name, part.Name, ErrNotOfBundle)
		}
	}
	return nil
}

// objectsCalled finds what is named after a bundle, and what its manifest names if it
// has one.
func (s *Store) objectsCalled(ctx context.Context, r BundleRequest) ([]string, error) {
	there, err := s.list(ctx, r.From, r.Name+".")
	if err != nil {
		return nil, err
	}
	var manifests, parts []string
	for _, name := range there {
		switch {
		case name == manifest.FileName(r.Name), name == r.Name+".manifest": // ec2-ami-tools' old name, too
			manifests = append(manifests, name)
		case manifest.IsPartName(r.Name, name):
			parts = append(parts, name)
		}
	}
	for _, name := range manifests {
		m, err := s.Manifest(ctx, r.From, name, r.PrivateKey, r.Progress)
		if err != nil {
			(&teller{fn: r.Progress}).tell(Event{Kind: Unreadable, Name: name, Err: err})
			continue
		}
		named, err := objectsOf(m, name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, without(named[1:], parts)...)
	}
	return slices.Concat(manifests, parts), nil
}

// RemoveObjects removes objects, the manifests among them before all others: without
// one there is no bundle. The others are removed several at once. progress is told of
// each; nil is allowed.
func (s *Store) RemoveObjects(ctx context.Context, from Location, names []string, progress func(Event)) error {
	teller := &teller{fn: progress}
	remove := func(ctx context.Context, i int) error {
		err := s.removeTelling(ctx, from, names[i], teller)
		if err == nil {
			teller.tell(Event{Kind: Removed, Name: names[i], Index: i})
		}
		return err
	}
	var parts []int
	for i, name := range names {
		if strings.HasSuffix(name, manifestSuffix) || strings.HasSuffix(name, ".manifest") {
			if err := remove(ctx, i); err != nil {
				return err
			}
			continue
		}
		parts = append(parts, i)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(removeJobs)
	for _, i := range parts {
		group.Go(func() error {
			if err := context.Cause(ctx); err != nil {
				return err // one failed while this one waited
			}
			return remove(ctx, i)
		})
	}
	return group.Wait()
}

// ManifestNames lists the manifests directly under from. None is ErrNoManifest.
func (s *Store) ManifestNames(ctx context.Context, from Location) ([]string, error) {
	return s.listManifests(ctx, from)
}
