package images

import (
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/caller"
)

func to(accounts ...string) Permissions { return Permissions{Accounts: accounts} }

// permit changes permissions, which must be accepted.
func (w *world) permit(who caller.Caller, id string, add, remove Permissions) {
	w.t.Helper()
	if err := w.Permit(w.t.Context(), who, id, PermissionChange{Add: add, Remove: remove}); err != nil {
		w.t.Fatalf("permit %+v, not %+v: %v", add, remove, err)
	}
}

func TestPermissions(t *testing.T) {
	w := newWorld(t)
	id := w.register(alice, w.upload(alice, "disk.img")).ID
	everyone := Permissions{Public: true}
	for _, step := range []struct {
		name        string
		add, remove Permissions
		want        Permissions
	}{
		{"new", Permissions{}, Permissions{}, everyone},
		{"private", Permissions{}, everyone, Permissions{}},
		{"two accounts", to(mallory.Account, admin.Account, mallory.Account), Permissions{}, to(admin.Account, mallory.Account)},
		{"one of them again", to(mallory.Account), Permissions{}, to(admin.Account, mallory.Account)},
		{"one less", Permissions{}, to(admin.Account), to(mallory.Account)},
		{"one that was not there", Permissions{}, to(admin.Account), to(mallory.Account)},
		{"added and removed", to(admin.Account), to(admin.Account, mallory.Account), Permissions{}},
		{"public again", everyone, Permissions{}, everyone},
		{"owner", to(alice.Account), everyone, to(alice.Account)},
	} {
		w.permit(alice, strings.ToLower(id), step.add, step.remove)
		got, err := w.Attributes(t.Context(), alice, id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, got.Permissions); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if got.ID != id || got.Public != step.want.Public {
			t.Errorf("%s: got image %+v", step.name, got.Image)
		}
	}
	if err := w.ResetPermissions(t.Context(), alice, id); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Attributes(t.Context(), alice, id); err != nil || !cmp.Equal(got.Permissions, everyone) {
		t.Errorf("reset: got %+v, %v; want what a new image has", got.Permissions, err)
	}
}

// TestPermittedImage is seen and run by whom it is permitted to, as long as it
// is, and by nobody else.
func TestPermittedImage(t *testing.T) {
	w := newWorld(t)
	id := w.register(alice, w.upload(alice, "disk.img")).ID
	w.permit(alice, id, Permissions{}, Permissions{Public: true})
	bob := caller.Caller{Account: "000000000004", Name: "bob"}
	check := func(step string, who caller.Caller, may bool, queries ...Query) {
		t.Helper()
		_, err := w.Choose(t.Context(), who, id, "", "")
		if want := "Failed to find disk image: " + id; may != (err == nil) || err != nil && (!errors.Is(err, ErrNotFound) || err.Error() != want) {
			t.Errorf("%s: run as %s: got %v, want it: %t", step, who.Name, err, may)
		}
		for _, q := range queries {
			found, err := w.Describe(t.Context(), who, q)
			if got := slices.ContainsFunc(found, func(i Image) bool { return i.ID == id }); err != nil || got != may {
				t.Errorf("%s: as %s, %+v: got %t, %v; want %t", step, who.Name, q, got, err, may)
			}
		}
	}
	all, mine := Query{}, Query{ExecutableBy: []string{"self"}}
	toMallory, toAll := Query{ExecutableBy: []string{mallory.Account}}, Query{ExecutableBy: []string{"all"}}
	check("private", mallory, false, all, mine, toMallory, toAll)
	w.permit(alice, id, to(mallory.Account), Permissions{})
	check("permitted", mallory, true, all, mine, toMallory, Query{IDs: []string{id}}, Query{Owners: []string{"alice"}})
	check("permitted", alice, true, all, mine, toMallory)
	check("permitted to another", bob, false, all, mine, toMallory, toAll)
	check("permitted to another", caller.Caller{}, false, all, mine, toMallory, toAll)
	w.exec(`UPDATE images SET state = 'pending' WHERE id = ?`, id)
	check("pending", mallory, false, all, mine)
	w.exec(`UPDATE images SET state = 'available' WHERE id = ?`, id)
	if found, err := w.Describe(t.Context(), mallory, toAll); err != nil || len(found) > 0 {
		t.Errorf("as public: got %v, %v; want nothing, it is private", found, err)
	}
	w.permit(alice, id, Permissions{}, to(mallory.Account))
	check("taken back", mallory, false, all, mine, toMallory)
}

// TestPermissionsOfOthers: whether a public image is permitted to somebody in
// particular is its owner's business.
func TestPermissionsOfOthers(t *testing.T) {
	w := newWorld(t)
	id := w.register(alice, w.upload(alice, "disk.img")).ID
	w.permit(alice, id, to(admin.Account), Permissions{})
	q := Query{ExecutableBy: []string{admin.Account}}
	for _, c := range []struct {
		who  caller.Caller
		want int
	}{{alice, 1}, {admin, 1}, {mallory, 0}, {caller.Caller{}, 0}} {
		if found, err := w.Describe(t.Context(), c.who, q); err != nil || len(found) != c.want {
			t.Errorf("as %q: got %v, %v; want %d", c.who.Name, found, err, c.want)
		}
	}
}

// change is one of the ways to read or change the attributes of an image.
type change func(w *world, who caller.Caller, id string) error

func changes() map[string]change {
	return map[string]change{
		"read its attributes": func(w *world, who caller.Caller, id string) error {
			_, err := w.Attributes(w.t.Context(), who, id)
			return err
		},
		"change who may run it": func(w *world, who caller.Caller, id string) error {
			return w.Permit(w.t.Context(), who, id, PermissionChange{Add: to(mallory.Account)})
		},
		"reset": func(w *world, who caller.Caller, id string) error { return w.ResetPermissions(w.t.Context(), who, id) },
		"change its description": func(w *world, who caller.Caller, id string) error {
			return w.Redescribe(w.t.Context(), who, id, "mine")
		},
		"give it product codes": func(w *world, who caller.Caller, id string) error {
			return w.AddProductCodes(w.t.Context(), who, id, []string{"PC"})
		},
		"deregister it": func(w *world, who caller.Caller, id string) error { return w.Deregister(w.t.Context(), who, id) },
	}
}

// TestAttributesAreTheOwners: others are refused, and learn nothing of an image
// that they do not see.
func TestAttributesAreTheOwners(t *testing.T) {
	w := newWorld(t)
	private := w.register(alice, w.upload(alice, "private.img")).ID
	shared := w.register(alice, w.upload(alice, "shared.img")).ID
	w.permit(alice, private, Permissions{}, Permissions{Public: true})
	for name, do := range changes() {
		for _, id := range []string{private, "emi-00000000", "../x"} {
			err := do(w, mallory, id)
			if want := "The image id '[" + id + "]' does not exist"; !errors.Is(err, ErrNotFound) || err.Error() != want {
				t.Errorf("%s of %s: got %v, want %s", name, id, err, want)
			}
		}
		for _, who := range []caller.Caller{mallory, {}} {
			if err := do(w, who, shared); !errors.Is(err, ErrNotPermitted) {
				t.Errorf("%s of a public image as %q: got %v, want %v", name, who.Name, err, ErrNotPermitted)
			}
		}
	}
	for _, who := range []caller.Caller{alice, admin} {
		id := w.register(alice, w.upload(alice, "own.img")).ID
		for name, do := range changes() {
			if name == "deregister it" {
				continue
			}
			if err := do(w, who, id); err != nil {
				t.Errorf("%s as %s: %v", name, who.Name, err)
			}
		}
	}
}

func TestUnknownAccountIsNotPermitted(t *testing.T) {
	w := newWorld(t)
	id := w.register(alice, w.upload(alice, "disk.img")).ID
	for _, account := range []string{"000000000009", "mallory", "", "all", "1' OR '1", strings.Repeat("9", 1000)} {
		for _, c := range []PermissionChange{{Add: to(mallory.Account, account)}, {Remove: to(account)}} {
			err := w.Permit(t.Context(), alice, id, c)
			if !errors.Is(err, ErrNoAccount) || len(err.Error()) > 200 {
				t.Errorf("%.20q: got %v, want %v", account, err, ErrNoAccount)
			}
		}
	}
	if got, err := w.Attributes(t.Context(), alice, id); err != nil || len(got.Permissions.Accounts) > 0 {
		t.Errorf("permitted after all: %v, %v", got.Permissions, err)
	}
	w.exec(`INSERT INTO launch_permissions (image, account) VALUES (?, '000000000009')`, id) // one that was removed since
	w.permit(alice, id, Permissions{}, to("000000000009"))
}

// TestDeregisteredImageIsForgotten: nothing is kept of it but its id and name.
func TestDeregisteredImageIsForgotten(t *testing.T) {
	w := newWorld(t)
	img, err := w.Register(t.Context(), alice, Request{Location: w.upload(alice, "disk.img"), Description: "secret plans"})
	if err != nil {
		t.Fatal(err)
	}
	w.permit(alice, img.ID, to(mallory.Account), Permissions{})
	if err := w.Deregister(t.Context(), alice, img.ID); err != nil {
		t.Fatal(err)
	}
	for name, do := range changes() {
		if err := do(w, alice, img.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: got %v, want %v", name, err, ErrNotFound)
		}
	}
	var permissions, kept int
	err = w.db.View(t.Context(), func(tx *sql.Tx) error {
		return tx.QueryRow(`SELECT (SELECT count(*) FROM launch_permissions),
			(SELECT count(*) FROM images WHERE length(manifest) + length(description) > 0 OR parts <> '[]')`).Scan(&permissions, &kept)
	})
	if err != nil || permissions != 0 || kept != 0 {
		t.Errorf("got %d permissions and %d bundles or descriptions, %v; want none", permissions, kept, err)
	}
}

func TestDescriptionAndProductCodes(t *testing.T) {
	w := newWorld(t)
	id := w.register(alice, w.upload(alice, "disk.img")).ID
	for _, codes := range [][]string{{"PC1", "PC2"}, {"PC2", "pc:3"}} {
		if err := w.AddProductCodes(t.Context(), alice, id, codes); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Redescribe(t.Context(), alice, id, "new words"); err != nil {
		t.Fatal(err)
	}
	got := w.image(alice, id)
	if want := []string{"PC1", "PC2", "pc:3"}; !slices.Equal(got.ProductCodes, want) || got.Description != "new words" {
		t.Errorf("got %q and %q, want %q and new words", got.ProductCodes, got.Description, want)
	}
	for _, code := range []string{"", "a b", "a\nb", strings.Repeat("a", 65)} {
		if err := w.AddProductCodes(t.Context(), alice, id, []string{code}); !errors.Is(err, ErrParameter) {
			t.Errorf("code %.10q: got %v, want %v", code, err, ErrParameter)
		}
	}
	many := strings.Split(strings.Repeat("x", maxProductCodes-2), "")
	for i := range many {
		many[i] += string(rune('a' + i))
	}
	if err := w.AddProductCodes(t.Context(), alice, id, many); !errors.Is(err, ErrParameter) {
		t.Errorf("%d codes: got %v, want %v", len(many)+3, err, ErrParameter)
	}
	if err := w.Redescribe(t.Context(), alice, id, "two\nlines"); !errors.Is(err, ErrParameter) {
		t.Errorf("description of two lines: got %v, want %v", err, ErrParameter)
	}
}

// TestReferencesTellNothing: a kernel that the caller may not launch is refused
// in the words for one that does not exist.
func TestReferencesTellNothing(t *testing.T) {
	w := newWorld(t)
	kernel, _ := w.kernelAndRamdisk()
	w.permit(admin, kernel.ID, to(mallory.Account), Permissions{Public: true})
	location := w.upload(alice, "disk.img")
	_, err := w.Register(t.Context(), alice, Request{Location: location, KernelID: kernel.ID})
	if want := "Referenced kernel id is invalid: " + kernel.ID; !errors.Is(err, ErrReference) || err.Error() != want {
		t.Errorf("private kernel: got %v, want %s", err, want)
	}
	shared, err := w.Register(t.Context(), mallory, Request{Location: w.upload(mallory, "disk.img"), KernelID: kernel.ID})
	if err != nil || shared.KernelID != kernel.ID {
		t.Fatalf("permitted kernel: got %+v, %v", shared, err)
	}
	if _, err := w.Choose(t.Context(), mallory, shared.ID, "", ""); err != nil {
		t.Errorf("launch with a permitted kernel: %v", err)
	}
	_, err = w.Choose(t.Context(), alice, shared.ID, "", "")
	if want := "Failed to find kernel image: " + kernel.ID; !errors.Is(err, ErrNotFound) || err.Error() != want {
		t.Errorf("launch of an image with a private kernel: got %v, want %s", err, want)
	}
}

// TestNameIsCheckedFirst, before the bundle is read; another account's use of a
// name shows nowhere.
func TestNameIsCheckedFirst(t *testing.T) {
	w := newWorld(t)
	location := w.upload(alice, "disk.img")
	if _, err := w.Register(t.Context(), alice, Request{Location: location, Name: "web"}); err != nil {
		t.Fatal(err)
	}
	opened := w.objects.opens(location)
	if _, err := w.Register(t.Context(), alice, Request{Location: location, Name: "web"}); !errors.Is(err, ErrNameTaken) {
		t.Errorf("same name: got %v, want %v", err, ErrNameTaken)
	}
	if again := w.objects.opens(location); again != opened {
		t.Errorf("the manifest was read %d times more", again-opened)
	}
	if _, err := w.Register(t.Context(), mallory, Request{Location: w.upload(mallory, "disk.img"), Name: "web"}); err != nil {
		t.Errorf("another account, same name: %v", err)
	}
}
