package service

import (
	"os"
	"path/filepath"
	"testing"
)

func TestHostBoot(t *testing.T) {
	for name, c := range map[string]struct {
		files           []string
		kernel, ramdisk string
	}{
		"nothing there":              {nil, "", ""},
		"kernel without its ramdisk": {[]string{"vmlinuz-6.1"}, "", ""},
		"as Debian names them": {
			[]string{"vmlinuz-6.1", "initrd.img-6.1"}, "vmlinuz-6.1", "initrd.img-6.1",
		},
		"as Fedora names them": {
			[]string{"vmlinuz-6.1", "initramfs-6.1.img"}, "vmlinuz-6.1", "initramfs-6.1.img",
		},
		"the newest that is whole": {
			[]string{"vmlinuz-6.1", "initrd.img-6.1", "vmlinuz-6.2", "initrd.img-6.2", "vmlinuz-6.3"},
			"vmlinuz-6.2", "initrd.img-6.2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			boot := t.TempDir()
			for _, file := range c.files {
				if err := os.WriteFile(filepath.Join(boot, file), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			kernel, ramdisk, ok := hostBoot(boot)
			if ok != (c.kernel != "") {
				t.Fatalf("found: got %v, want %v", ok, c.kernel != "")
			}
			if ok && (filepath.Base(kernel) != c.kernel || filepath.Base(ramdisk) != c.ramdisk) {
				t.Errorf("got %s, %s, want %s, %s", kernel, ramdisk, c.kernel, c.ramdisk)
			}
		})
	}
}
