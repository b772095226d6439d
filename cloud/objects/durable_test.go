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

// write replaces three objects in turn and acknowledges each Put on stdout.
func write(ctx context.Context, dir string) error {
	db, err := state.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := addAccounts(ctx, db); err != nil {
		return err
	}
	s, err := objects.Open(ctx, db, dir)
	if err == nil {
		err = s.CreateBucket(ctx, alice, "bucket", "", "")
	}
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		key := fmt.Sprint(n % 3)
		if _, err := s.Put(ctx, alice, "bucket", key, strings.NewReader(contents(n)), objects.PutOptions{}); err != nil {
			return err
		}
		fmt.Println(n)
	}
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
		if fmt.Sscanf(text, "line of %d\n", &n); err != nil || text != contents(n) || o.MD5 != md5Hex(text) {
			t.Errorf("object %d is damaged: %d bytes, %v", key, len(text), err)
		}
		if n%3 != key || n+3 <= last {
			t.Errorf("object %d is of put %d, but put %d was acknowledged", key, n, last)
		}
	}
	if got := s.files(t); len(got) != 3 {
		t.Errorf("files after the start: %v, want 3", got)
	}
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
