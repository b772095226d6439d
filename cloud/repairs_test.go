package cloud

import (
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/cloud/images"
)

// logged starts a cloud, ends it, and returns what it has logged, without times
// and levels.
func logged(t *testing.T, dir string, look func(*Cloud)) []string {
	t.Helper()
	var text strings.Builder
	config := testConfig(dir)
	config.Log = slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
				return slog.Attr{}
			}
			return a
		},
	}))
	c := openCloud(t, config)
	look(c)
	closeCloud(t, c)
	return slices.DeleteFunc(strings.Split(text.String(), "\n"), func(line string) bool { return line == "" })
}

func TestStartTellsWhatItRepaired(t *testing.T) {
	dir := t.TempDir()
	nothing := func(*Cloud) {}
	for _, when := range []string{"first", "second"} {
		if got := logged(t, dir, nothing); len(got) != 0 {
			t.Errorf("%s start: logged %q, want nothing", when, got)
		}
	}
	for path, text := range map[string]string{
		"lock": "4711\n",
		"objects/tmp/00000000000000000000000000000000": "half a bo",
		"objects/ab/ab000000000000000000000000000000":  "nobody's",
	} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{
		`msg="the last run was killed" pid=4711`,
		`msg="files of interrupted uploads removed" files=2 bytes=17`,
	}
	if diff := cmp.Diff(want, logged(t, dir, nothing)); diff != "" {
		t.Errorf("log of the start (-want +got):\n%s", diff)
	}
}

// TestUpgrade starts on what a cloud of the first version of the schema left.
func TestUpgrade(t *testing.T) {
	dir := t.TempDir()
	layVersion1(t, dir)
	got := logged(t, dir, func(c *Cloud) {
		ctx := t.Context()
		admin := caller.Caller{Account: identity.AccountID(identity.AdminName), Name: identity.AdminName, Admin: true}
		list, err := c.images.Describe(ctx, admin, images.Query{})
		if err != nil || len(list) != 1 || list[0].ID != "emi-5CF3A298" || list[0].State != images.StateAvailable {
			t.Errorf("images: got %+v, %v", list, err)
		}
		all, err := c.instances.Describe(ctx, admin, nil)
		if err != nil || len(all) != 1 || all[0].ID != "r-9D00E93D" || len(all[0].Instances) != 1 {
			t.Errorf("reservations: got %+v, %v", all, err)
		}
		o, body, err := c.objects.Open(ctx, admin, "images", "disk.img.manifest.xml")
		if err != nil || o.Size != 3659 || o.Checksum.Value != "" || body.Close() != nil {
			t.Errorf("object: got %+v, %v", o, err)
		}
		if secret, _, err := c.identity.SecretKey(ctx, "AKI7TMT6BWZY7HQKMSDI"); err != nil || secret == "" {
			t.Errorf("access key: %v", err)
		}
	})
	if !slices.ContainsFunc(got, func(line string) bool { return strings.HasPrefix(line, `msg="database brought up to date" from=1 to=`) }) {
		t.Errorf("logged %q, want that the database was brought up to date", got)
	}
}

// layVersion1 makes a data directory of that version.
func layVersion1(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "emikit.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, file := range []string{"state/migrations/0001_initial.sql", "state/testdata/version1.sql"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(string(text)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	if _, err := db.Exec("PRAGMA user_version = 1"); err != nil {
		t.Fatal(err)
	}
	var version string
	var document []byte
	if err := db.QueryRow("SELECT version, manifest FROM objects, images WHERE bucket || '/' || key = location").Scan(&version, &document); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "objects", version[:2])
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, version), document, 0o600); err != nil {
		t.Fatal(err)
	}
}
