package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"emikit/cmd/clitest"
)

// TestBundleVolTranscript plays what ec2-bundle-vol was seen to do, which is for root.
func TestBundleVolTranscript(t *testing.T) {
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		t.Skip("ec2-bundle-vol wants Linux and root")
	}
	keys := withKeys(t, "ec2-ami-tools")
	player := clitest.Player{Run: execute, Setup: func(t *testing.T) (map[string]string, func() []string) {
		env, requests := keys(t)
		writeVolume(t, "vol")
		fstab := "/dev/sda1 / ext3 defaults 0 0\nnone /proc proc defaults 0 0"
		if err := os.WriteFile("myfstab", []byte(fstab), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir("d", 0o755); err != nil {
			t.Fatal(err)
		}
		return env, requests
	}, Words: map[string]string{
		"MACHINE": metadataService(t, map[string]string{
			"ancestor-ami-ids": "ami-aaaa0001\nami-aaaa0002", "ami-id": "ami-12345678", "kernel-id": "aki-deadbeef",
			"ramdisk-id": "ari-deadbeef", "product-codes": "PCODE1\nPCODE2", "block-device-mapping": "ami\nephemeral0\nroot\nswap",
			"block-device-mapping/ami": "sda1", "block-device-mapping/ephemeral0": "sda2",
			"block-device-mapping/root": "/dev/sda1", "block-device-mapping/swap": "sda3",
		}),
		"LITTLE": metadataService(t, nil), "NOBODY": "http://127.0.0.1:1", "BIG": strings.Repeat("0123456789abcdef", 128<<10),
	}}
	player.Play(t, "testdata/transcript/ec2-bundle-vol.txt")
}

// writeVolume makes the volume that was bundled there.
func writeVolume(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{
		"a.swp", "x~", "sp ace", "etc/fstab", "home/u/.ssh/authorized_keys", "home/u/my_id_rsa_file", "home/u/x.pem",
		"root/.bash_history", "root/.hidden", "root/keep.pem", "skipme/sub/f", "usr/bin/prog", "var/data", "dev/sda",
		"media/cd", "mnt/disk", "proc/1", "sys/class", "tmp/x",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// metadataService tells of an instance what is in items.
func metadataService(t *testing.T, items map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		item, ok := strings.CutPrefix(r.URL.Path, "/latest/meta-data/")
		if text, known := items[item]; ok && (known || item == "") {
			_, _ = io.WriteString(w, text) // the client finds out
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
