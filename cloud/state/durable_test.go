package state_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"emikit/cloud/state"
)

// writerDir, when set, makes the test binary a writer that wants to be killed.
const writerDir = "EMIKIT_TEST_STATE_WRITER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerDir); dir != "" {
		fmt.Fprintln(os.Stderr, write(context.Background(), dir))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// write makes one update after the other and acknowledges each on stdout.
func write(ctx context.Context, dir string) error {
	db, err := state.Open(ctx, dir)
	if err != nil {
		return err
	}
	defer db.Close()
	for n := 0; ; n++ {
		name := fmt.Sprintf("update-%d", n)
		if err := set(ctx, db, name, strings.Repeat("x", 100*(n%50))); err != nil {
			return err
		}
		fmt.Println(name)
	}
}

func TestAcknowledgedUpdatesSurviveKill(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		acknowledged := killedWriter(t, dir, 40)
		db := open(t, dir) // a killed owner holds no lock
		if db.Repairs().Killed == 0 {
			t.Error("no killed owner is told of")
		}
		for _, name := range acknowledged {
			if _, err := get(t.Context(), db, name); err != nil {
				t.Errorf("%s was acknowledged and is lost: %v", name, err)
			}
		}
		checkIntegrity(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killedWriter runs a writer, kills it (SIGKILL) after it has acknowledged n
// updates, and returns all that it has acknowledged.
func killedWriter(t *testing.T, dir string, n int) (acknowledged []string) {
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
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) == n {
			cmd.Process.Kill()
		}
	}
	cmd.Wait() // killed: always an error
	if len(acknowledged) < n {
		t.Fatalf("the writer ended by itself after %d updates", len(acknowledged))
	}
	return acknowledged
}

func checkIntegrity(t *testing.T, db *state.DB) {
	t.Helper()
	err := db.View(t.Context(), func(tx *sql.Tx) error {
		var verdict string
		err := tx.QueryRow("PRAGMA integrity_check").Scan(&verdict)
		if verdict != "ok" {
			t.Errorf("integrity check: got %q, want ok", verdict)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
