package images

import (
	"errors"
	"testing"

	"emikit/cloud/caller"
)

// How a bundle was changed, only those are told who may look into its bucket: not
// who may run the image, and not its owner when the bucket is another's by now.
func TestStrangersAreNotToldHowABundleChanged(t *testing.T) {
	for _, c := range []struct {
		name, bucketOwner string
		who               caller.Caller
	}{
		{"public image", alice.Account, mallory},
		{"own image, in a bucket that another has taken", mallory.Account, alice},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			location := w.upload(alice, "disk.img")
			img := w.register(alice, location)
			document := w.objects.get(location)
			w.objects.owners["alice"] = c.bucketOwner
			want := "The bundle of " + img.ID + " was changed after registration; its owner must register it again."
			for what, change := range map[string]func(){
				"no manifest":      func() { w.objects.remove(location) },
				"another manifest": func() { w.objects.put(location, []byte("private")) },
				"a part too short": func() { w.objects.put(location, document); w.objects.put(part(location, 1), []byte("private")) },
				"no part":          func() { w.objects.put(location, document); w.objects.remove(part(location, 1)) },
			} {
				change()
				if _, err := w.Choose(t.Context(), c.who, img.ID, "", ""); !errors.Is(err, ErrChanged) || err.Error() != want {
					t.Errorf("%s: got %v, want %v", what, err, want)
				}
			}
		})
	}
}
