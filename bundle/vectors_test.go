package bundle_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emikit/bundle"
	"emikit/manifest"
)

// TestVectors unbundles what euca2ools and ec2-ami-tools made, with the user's key
// and with the cloud's, and compares it with the original image.
func TestVectors(t *testing.T) {
	roots := []string{"testdata/vectors"}
	if more := os.Getenv("EMIKIT_VECTORS"); more != "" {
		roots = append(roots, more)
	}
	images := imageSums(t)
	for _, root := range roots {
		manifests, err := filepath.Glob(filepath.Join(root, "*", "bundles", "*", "*.manifest.xml"))
		if err != nil || len(manifests) < 20 {
			t.Fatalf("%s: found %d manifests (%v), want at least 20", root, len(manifests), err)
		}
		for _, path := range manifests {
			name, _ := filepath.Rel(root, path)
			t.Run(name, func(t *testing.T) { checkVector(t, path, images[filepath.ToSlash(name)]) })
		}
	}
}

// imageSums returns the SHA-256 of each vector's image by its manifest's path.
func imageSums(t *testing.T) map[string]string {
	t.Helper()
	list, err := os.ReadFile("testdata/vectors/images.sha256")
	if err != nil {
		t.Fatal(err)
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(list)) {
		sum, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		sums[name] = sum
	}
	return sums
}

func checkVector(t *testing.T, path, want string) {
	m := parseFile(t, path)
	tool := filepath.Dir(filepath.Dir(filepath.Dir(path)))
	src := vectorSource{filepath.Dir(path), tool}
	keys := []string{"cloud-pk.pem"}
	if m.UserKey != nil {
		keys = append(keys, "user-pk.pem")
	}
	for _, name := range keys {
		priv, err := manifest.LoadPrivateKey(filepath.Join(tool, "keys", name))
		if err != nil {
			t.Fatal(err)
		}
		key, err := m.OpenKey(priv)
		if err != nil {
			t.Fatalf("open with %s: %v", name, err)
		}
		image := filepath.Join(t.TempDir(), "image")
		if err := bundle.UnbundleFile(t.Context(), m, key, src, image); err != nil {
			t.Fatalf("unbundle with %s: %v", name, err)
		}
		if got := fileSum(t, image); got != want {
			t.Errorf("unbundled with %s: got SHA-256 %s, want %s", name, got, want)
		}
	}
}

// vectorSource finds a part beside the manifest, or, for a manifest that came
// without parts, beside the one it was made from.
type vectorSource struct{ dir, tool string }

func (s vectorSource) Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error) {
	paths, _ := filepath.Glob(filepath.Join(s.tool, "bundles", "*", part.Name))
	for _, path := range append([]string{filepath.Join(s.dir, part.Name)}, paths...) {
		if body, err := os.ReadFile(path); err == nil && sha1.Sum(body) == part.Digest {
			return io.NopCloser(bytes.NewReader(body)), nil
		}
	}
	return nil, fmt.Errorf("%s: %w", part.Name, fs.ErrNotExist)
}

func parseFile(t testing.TB, path string) *manifest.Manifest {
	t.Helper()
	document, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := manifest.Parse(document)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func fileSum(t testing.TB, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
