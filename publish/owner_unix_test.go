//go:build unix

package publish_test

import (
	"os"
	"syscall"
	"testing"

	"emikit/publish"
)

// TestMigrateKeepsOwner: root does not take a user's manifest away from him.
func TestMigrateKeepsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a file away")
	}
	const user, group = 1234, 4321
	r := migration(t, "machine.xml")
	if err := os.Chown(r.Manifest, user, group); err != nil {
		t.Fatal(err)
	}
	if _, err := publish.MigrateManifest(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(r.Manifest)
	if err != nil {
		t.Fatal(err)
	}
	if stat := info.Sys().(*syscall.Stat_t); stat.Uid != user || stat.Gid != group {
		t.Errorf("got owner %d, group %d, want %d, %d", stat.Uid, stat.Gid, user, group)
	}
}
