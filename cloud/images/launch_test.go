package images

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"emikit/bundle"
	"emikit/cloud/caller"
	"emikit/manifest"
)

func TestChooseKernelAndRamdisk(t *testing.T) {
	w := newWorld(t)
	kernel, ramdisk := w.kernelAndRamdisk()
	other := w.register(admin, w.upload(admin, "vmlinuz-2"))
	both := w.register(alice, w.upload(alice, "both.img", flags(kernel.ID, ramdisk.ID)))
	none := w.register(alice, w.upload(alice, "none.img"))
	for _, c := range []struct{ machine, kernel, ramdisk, wantKernel, wantRamdisk string }{
		{both.ID, "", "", kernel.ID, ramdisk.ID},
		{both.ID, other.ID, "", other.ID, ""},
		{both.ID, other.ID, ramdisk.ID, other.ID, ramdisk.ID},
		{both.ID, "", ramdisk.ID, kernel.ID, ramdisk.ID},
		{none.ID, "", "", "", ""},
		{none.ID, strings.ToLower(kernel.ID), "", kernel.ID, ""},
	} {
		got, err := w.Choose(t.Context(), alice, c.machine, c.kernel, c.ramdisk)
		if err != nil {
			t.Errorf("choose %+v: %v", c, err)
			continue
		}
		if idOf(got.Kernel) != c.wantKernel || idOf(got.Ramdisk) != c.wantRamdisk || got.Machine.ID != c.machine {
			t.Errorf("choose %+v: got %s, %q, %q", c, got.Machine.ID, idOf(got.Kernel), idOf(got.Ramdisk))
		}
	}
}

func idOf(i *Image) string {
	if i == nil {
		return ""
	}
	return i.ID
}

func TestChooseRefuses(t *testing.T) {
	w := newWorld(t)
	kernel, ramdisk := w.kernelAndRamdisk()
	machine := w.register(alice, w.upload(alice, "disk.img"))
	private := w.register(alice, w.upload(alice, "private.img"))
	w.exec(`UPDATE images SET public = 0 WHERE id = ?`, private.ID)
	gone := w.register(alice, w.upload(alice, "gone.img"))
	if err := w.Deregister(t.Context(), alice, gone.ID); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who                      caller.Caller
		machine, kernel, ramdisk string
		want                     error
		text                     string
	}{
		{alice, "emi-00000000", "", "", ErrNotFound, "Failed to find disk image: emi-00000000"},
		{alice, machine.ID, "eki-00000000", "", ErrNotFound, "Failed to find kernel image: eki-00000000"},
		{alice, machine.ID, kernel.ID, "eri-00000000", ErrNotFound, "Failed to find ramdisk image: eri-00000000"},
		{alice, kernel.ID, "", "", ErrWrongKind, "Image specified is not a machine: " + kernel.ID},
		{alice, machine.ID, ramdisk.ID, "", ErrWrongKind, "Image specified is not a kernel: " + ramdisk.ID},
		{alice, machine.ID, kernel.ID, kernel.ID, ErrWrongKind, "Image specified is not a ramdisk: " + kernel.ID},
		{alice, machine.ID, "", ramdisk.ID, ErrNoKernel, "Unable to determine required kernel image."},
		{mallory, private.ID, "", "", ErrNotFound, "Failed to find disk image: " + private.ID},
		{alice, gone.ID, "", "", ErrUnavailable, "The requested image is deregistered: " + gone.ID},
	} {
		_, err := w.Choose(t.Context(), c.who, c.machine, c.kernel, c.ramdisk)
		if !errors.Is(err, c.want) || err.Error() != c.text {
			t.Errorf("choose %s %q %q as %s: got %v, want %s", c.machine, c.kernel, c.ramdisk, c.who.Name, err, c.text)
		}
	}
	for _, who := range []caller.Caller{alice, admin} {
		if _, err := w.Choose(t.Context(), who, private.ID, "", ""); err != nil {
			t.Errorf("a private image as %s: %v", who.Name, err)
		}
	}
}

func TestChangedAfterRegistration(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(w *world, location string)
		want   error
		saying string
	}{
		{"nothing", func(*world, string) {}, nil, ""},
		{"same parts uploaded again", func(w *world, l string) {
			w.objects.put(part(l, 0), w.objects.get(part(l, 0)))
		}, nil, ""},
		{"bundled again", func(w *world, l string) { w.upload(alice, "disk.img") }, ErrChanged,
			"Image manifest was changed after registration for: emi-"},
		{"manifest deleted", func(w *world, l string) { w.objects.remove(l) }, ErrChanged, "there is no manifest alice/disk.img.manifest.xml"},
		{"part deleted", func(w *world, l string) { w.objects.remove(part(l, 2)) }, ErrChanged, "part disk.img.part.02 is missing"},
		{"part replaced", func(w *world, l string) { w.objects.put(part(l, 0), w.objects.get(part(l, 1))) }, ErrChanged, "does not match its digest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			location := w.upload(alice, "disk.img")
			img := w.register(alice, location)
			c.change(w, location)
			for range 2 {
				_, err := w.Choose(t.Context(), alice, img.ID, "", "")
				if !errors.Is(err, c.want) || err != nil && !strings.Contains(err.Error(), c.saying) {
					t.Errorf("got %v, want %v with %q", err, c.want, c.saying)
				}
			}
			if n := w.objects.opens(part(location, 1)); c.want == nil && n > 3 {
				t.Errorf("part 1 was read %d times: the new parts were not noted", n)
			}
		})
	}
}

func TestArtifact(t *testing.T) {
	w := newWorld(t)
	key := manifest.Key{Key: [16]byte{1, 2, 3}, IV: [16]byte{4, 5, 6}}
	location := w.upload(alice, "disk.img", func(o *bundle.Options) { o.Key = &key })
	img := w.register(alice, location)
	node := pairs()["node"]
	got, err := w.Artifact(t.Context(), img.ID, node.cert)
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(w.objects.get(location))
	if err != nil {
		t.Fatal(err)
	}
	if got.ImageID != img.ID || got.Location != location || got.Name != "disk.img" || got.Digest != m.Digest ||
		got.Size != 10000 || got.BundledSize != m.BundledSize || got.CacheKey != hashDocument(w.objects.get(location)) {
		t.Errorf("got %+v, want what the manifest says: %+v", got, m)
	}
	var total int64
	for i, p := range got.Parts {
		total += p.Size
		want := fmt.Sprintf("http://walrus/%s?for=%s", part(location, i), 3*time.Hour)
		if p.Name != m.Parts[i].Name || p.Digest != m.Parts[i].Digest || p.URL != want {
			t.Errorf("part %d: got %+v, want %+v at %s", i, p, m.Parts[i], want)
		}
	}
	if total != m.BundledSize {
		t.Errorf("sizes of the parts: got %d together, want %d", total, m.BundledSize)
	}
	gotKey, err := manifest.Open(got.Key, node.key)
	if err != nil || gotKey != key.Key {
		t.Errorf("key: got %x, %v; want %x", gotKey, err, key.Key)
	}
	gotIV, err := manifest.Open(got.IV, node.key)
	if err != nil || gotIV != key.IV {
		t.Errorf("iv: got %x, %v; want %x", gotIV, err, key.IV)
	}
	if err := w.Deregister(t.Context(), alice, img.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Artifact(t.Context(), img.ID, node.cert); !errors.Is(err, ErrUnavailable) {
		t.Errorf("of a deregistered image: got %v, want %v", err, ErrUnavailable)
	}
}

// exec changes the database behind the service's back.
func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	err := w.db.Update(w.t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec(statement, args...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}
