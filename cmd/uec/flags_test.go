package uec

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"emikit/manifest"
	"emikit/upload"
)

func TestAllowed(t *testing.T) {
	f := publishFlags{launch: []string{"alice", "none", "1111-2222-3333", "a-b", "all"}}
	if got, want := f.allowed(), []string{"111122223333", "a-b", "all"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestByteCount(t *testing.T) {
	for text, want := range map[string]int64{
		"1": 1, "100": 100, "2k": 2048, "3M": 3 << 20, "64g": 64 << 30, "1t": 1 << 40,
		"": 0, "0": 0, "-1": 0, "k": 0, "1x": 0, "1kk": 0, "9999999999t": 0, "1 ": 0,
	} {
		if got, err := byteCount(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestDefaultName(t *testing.T) {
	to := upload.Location{Bucket: "bkt", Prefix: "a_b"}
	if got, want := defaultName(to, "x+y ä(1).img"), "bkt/a_b/x-y--(1).img"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := defaultName(to, strings.Repeat("x", 200)); len(got) != 128 {
		t.Errorf("got %d characters, want 128", len(got))
	}
}

func TestArchOf(t *testing.T) {
	for name, want := range map[string]string{
		"lucid-server-uec-i386.tar.gz": "i386", "http://x/noble-amd64.tar.gz": "amd64", "a-x86_64.tar": "x86_64", "cloud.tar.gz": "",
	} {
		if got := archOf(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestKindOf(t *testing.T) {
	for content, want := range map[string]manifest.Kind{
		"070701" + strings.Repeat("0", 200): manifest.KindRamdisk,
		"an image":                          manifest.KindMachine,
		"":                                  manifest.KindMachine,
	} {
		path := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := kindOf(path); got != want || err != nil {
			t.Errorf("%.10q: got %s, %v, want %s", content, got, err, want)
		}
	}
}
