package upload

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// startMoto runs moto's server, an S3 that shares no code with ours, on a free
// port, and returns its URL. Without moto the test is skipped.
func startMoto(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("moto takes seconds to start")
	}
	if err := exec.Command("python3", "-c", "import moto.server, flask").Run(); err != nil {
		t.Skipf("python3 with moto[server] is not installed: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	drained := make(chan struct{})
	t.Cleanup(func() {
		cancel()
		<-drained
		cmd.Wait()
	})
	running := regexp.MustCompile(`Running on (http://127\.0\.0\.1:\d+)`)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if found := running.FindStringSubmatch(lines.Text()); found != nil {
			go drain(lines, drained) // ends when cancel ends the server
			return found[1]
		}
	}
	close(drained)
	t.Fatal("moto ended without saying where it listens")
	return ""
}

func drain(lines *bufio.Scanner, done chan<- struct{}) {
	defer close(done)
	for lines.Scan() {
	}
}

// TestMoto sends a bundle to moto and fetches it again.
func TestMoto(t *testing.T) {
	endpoint := startMoto(t)
	for _, version := range []int{2, 4} {
		store, err := Open(Config{Endpoint: endpoint, Credentials: aliceKey, SignatureVersion: version})
		if err != nil {
			t.Fatal(err)
		}
		path := writeBundle(t, 12)
		to := Location{Bucket: "mybucket", Prefix: "a prefix/b+c"}
		if _, err := store.UploadBundle(t.Context(), UploadRequest{Manifest: path, To: to, ACL: DefaultACL}); err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		dir := t.TempDir()
		if _, err := store.DownloadBundle(t.Context(), DownloadRequest{From: to, Dir: dir}); err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if !maps.Equal(files(t, dir), files(t, filepath.Dir(path))) {
			t.Errorf("version %d: the bundle that came back differs", version)
		}
	}
}

// TestMotoResumes: what moto has of an upload that broke off is not sent again.
func TestMotoResumes(t *testing.T) {
	endpoint := startMoto(t)
	for _, version := range []int{2, 4} {
		store, err := Open(Config{Endpoint: endpoint, Credentials: aliceKey, SignatureVersion: version, Jobs: 1})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		r := UploadRequest{Manifest: writeBundle(t, 8), To: Location{Bucket: fmt.Sprint("bucket", version), Prefix: "a prefix/b+c"}, ACL: DefaultACL}
		r.Progress = func(e Event) {
			if e.Kind == PartDone && e.Name == "disk.img.part.03" {
				cancel()
			}
		}
		if _, err := store.UploadBundle(ctx, r); !errors.Is(err, context.Canceled) {
			t.Fatalf("version %d: got %v, want %v", version, err, context.Canceled)
		}
		var seen recorder
		r.Progress = seen.record
		if _, err := store.UploadBundle(t.Context(), r); err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if there, sent := seen.count(PartPresent), seen.count(PartDone); there != 4 || sent != 4 {
			t.Errorf("version %d: got %d parts that were there and %d that were sent, want 4 and 4", version, there, sent)
		}
	}
}
