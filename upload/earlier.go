package upload

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"emikit/manifest"
)

// earlier is what is left, where a bundle goes, of one that had its name.
type earlier struct {
	manifests []string // they would describe parts that are about to change
	stale     []string // parts that the new bundle does not have

	there  map[string]stored // the objects that may be of a bundle of that name
	listed bool              // there is nothing besides these
}

// findEarlier picks it out of the names that are there. name is that of the new
// bundle's manifest.
func findEarlier(m *manifest.Manifest, name string, there []string) earlier {
	ours := map[string]bool{}
	for _, part := range m.Parts {
		ours[part.Name] = true
	}
	var e earlier
	for _, n := range there {
		switch {
		case n == name, n == manifest.FileName(m.Name):
			e.manifests = append(e.manifests, n)
		case manifest.IsPartName(m.Name, n) && !ours[n]:
			e.stale = append(e.stale, n)
		}
	}
	return e
}

func (e earlier) any() bool { return len(e.manifests)+len(e.stale) > 0 }

// retire looks for an earlier bundle in the bucket and removes its manifest: a
// bundle without one is none. The stale parts remain to be removed. A bucket that
// may not be listed is taken to hold nothing: a key that may only store objects
// is enough to upload.
func (u *uploader) retire(ctx context.Context, m *manifest.Manifest, name string) (earlier, error) {
	there, err := u.store.objects(ctx, u.to, m.Name+".")
	if !strings.HasPrefix(name, m.Name+".") && err == nil {
		var renamed []stored
		renamed, err = u.store.objects(ctx, u.to, name)
		there = append(there, renamed...)
	}
	if isForbidden(err) {
		return earlier{}, nil
	}
	if err != nil {
		return earlier{}, err
	}
	found := findEarlier(m, name, namesOf(there))
	found.there, found.listed = map[string]stored{}, true
	for _, object := range there {
		found.there[object.name] = object
	}
	if found.any() {
		u.teller.tell(Event{Kind: Replacing, Name: m.Name})
	}
	return found, u.removeAll(ctx, found.manifests)
}

// namesOf returns the names of objects, without repetitions that follow one another.
func namesOf(there []stored) (names []string) {
	for _, object := range there {
		names = append(names, object.name)
	}
	return slices.Compact(names)
}

// removeAll removes objects of an earlier bundle. One that this key may not remove
// stays, and is told: the manifest at least is going to be replaced.
func (u *uploader) removeAll(ctx context.Context, names []string) error {
	for _, name := range names {
		err := u.store.remove(ctx, u.to, name)
		if isForbidden(err) {
			u.teller.tell(Event{Kind: NotRemoved, Name: name, Err: err})
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isForbidden tells a refusal of what this key may not do, or what the store
// cannot do, from other errors.
func isForbidden(err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && (refusal.Code == "AccessDenied" || refusal.Status == http.StatusNotImplemented)
}
