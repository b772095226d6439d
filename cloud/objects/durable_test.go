package objects_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"emikit/cloud/objects"
	"emikit/cloud/state"
)

// writerDir, when set, makes the test binary a writer that wants to be killed.
const writerDir = "EMIKIT_TEST_OBJECTS_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		fmt.Fprintln(os.Stderr, write(context.Background(), dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// contents are the bytes of the n-th Put.
func contents(n int) string { return strings.Repeat(fmt.Sprintf("line of %d\n", n), 1000) }

// write replaces three objects in turn, every other time with a multipart
// upload, and acknowledges each on stdout. Uploads to other keys stay under way.
func write(ctx context.Context, dir string) error {
	db, err := state.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := addAccounts(ctx, db); err != nil {
		return err
	}
	s, err := objects.Open(ctx, db, dir, objects.Limits{})
	if err == nil {
		err = s.CreateBucket(ctx, alice, "bucket", "", "")
	}
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		key := fmt.Sprint(n % 3)
		if n%2 == 0 {
			_, err = s.Put(ctx, alice, "bucket", key, strings.NewReader(contents(n)), objects.PutOptions{})
		} else {
			err = writeInParts(ctx, s, key, n)
		}
		if err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// writeInParts uploads the n-th contents as part 2, replacing other bytes, with
// a part 1 that is not wanted in the end. Another upload is left unfinished and
// a third aborted.
func writeInParts(ctx context.Context, s *objects.Service, key string, n int) error {
	for _, end := range []string{"none", "abort", "complete"} {
		u, err := s.CreateUpload(ctx, alice, "bucket", key, objects.UploadOptions{})
		if err != nil {
			return err
		}
		var last objects.Part
		for _, p := range []struct {
			number int
			text   string
		}{{1, "unwanted"}, {2, "replaced"}, {2, contents(n)}} {
			last, err = s.PutPart(ctx, alice, u.UploadName, p.number, strings.NewReader(p.text), objects.PartOptions{})
			if err != nil {
				return err
			}
		}
		switch end {
		case "abort":
			err = s.AbortUpload(ctx, alice, u.UploadName)
		case "complete":
			_, err = s.CompleteUpload(ctx, alice, u.UploadName, []objects.PartName{{Number: 2, MD5: last.MD5}}, objects.CompleteOptions{})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func TestAcknowledgedObjectsSurviveKill(t *testing.T) {
	dir := t.TempDir()
	last := killedWriter(t, dir, 20)
	s := openStore(t, dir)
	for key := range 3 {
		o, err := s.Stat(t.Context(), alice, "bucket", fmt.Sprint(key))
		if err != nil {
			t.Errorf("object %d: %v", key, err)
			continue
		}
		text, err := s.read(t.Context(), alice, "bucket", o.Key)
		var n int
		if fmt.Sscanf(text, "line of %d\n", &n); err != nil || text != contents(n) || o.Parts == 0 && o.ETag != md5Hex(text) {
			t.Errorf("object %d is damaged: %d bytes, %v", key, len(text), err)
		}
		if n%3 != key || n+3 <= last {
			t.Errorf("object %d is of put %d, but put %d was acknowledged", key, n, last)
		}
	}
	parts := 0 // of uploads that are still under way
	uploads, err := s.Uploads(t.Context(), alice, "bucket", objects.UploadQuery{})
	if err != nil || len(uploads.Uploads) < last/2 {
		t.Errorf("got %d uploads, %v; %d puts were acknowledged", len(uploads.Uploads), err, last)
	}
	for _, u := range uploads.Uploads {
		_, page, _, err := s.Parts(t.Context(), alice, u.UploadName, 0, 0)
		if err != nil {
			t.Fatal(err)
		}
		parts += len(page)
	}
	if got := s.files(t); len(got) != 3+parts {
		t.Errorf("files after the start: %d, want 3 and %d parts", len(got), parts)
	}
	if err := s.clear(t); err != nil || len(s.files(t)) != 0 {
		t.Errorf("after everything was deleted: %v, %v", s.files(t), err)
	}
}

// clear deletes the bucket and what is in it.
func (s store) clear(t *testing.T) error {
	for key := range 3 {
		if err := s.Delete(t.Context(), alice, "bucket", fmt.Sprint(key)); err != nil {
			return err
		}
	}
	return s.DeleteBucket(t.Context(), alice, "bucket")
}

// killedWriter runs a writer, kills it (SIGKILL) after n acknowledgements, and
// returns the last that it gave.
func killedWriter(t *testing.T, dir string, n int) (last int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), writerDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		fmt.Sscan(lines.Text(), &last)
		if last == n {
			cmd.Process.Kill()
		}
	}
	cmd.Wait() // killed: always an error
	if last < n {
		t.Fatalf("the writer ended by itself after %d puts", last)
	}
	return last
}
