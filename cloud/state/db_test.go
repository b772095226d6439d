package state_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"emikit/cloud/state"
)

func open(t *testing.T, dir string) *state.DB {
	t.Helper()
	db, err := state.Open(t.Context(), dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func set(ctx context.Context, db *state.DB, name, value string) error {
	return db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "REPLACE INTO settings (name, value) VALUES (?, ?)", name, value)
		return err
	})
}

func get(ctx context.Context, db *state.DB, name string) (value string, err error) {
	err = db.View(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT value FROM settings WHERE name = ?", name).Scan(&value)
	})
	return value, err
}

func TestWhatWasUpdatedIsThereAfterReopening(t *testing.T) {
	for _, name := range []string{"plain", "with space", "50%20off", "what?mode=ro#x", "quote'\"s"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), name, "data")
			db := open(t, dir)
			if err := set(t.Context(), db, "colour", "green"); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			if _, err := os.Stat(filepath.Join(dir, "emikit.db")); err != nil {
				t.Errorf("database is not where it belongs: %v", err)
			}
			if got, err := get(t.Context(), open(t, dir), "colour"); got != "green" || err != nil {
				t.Errorf("after reopening: got %q, %v; want green", got, err)
			}
		})
	}
}

func TestUpdateKeepsNothingOfAFailedChange(t *testing.T) {
	db := open(t, t.TempDir())
	broken := errors.New("changed my mind")
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO settings VALUES ('colour', 'red')"); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("got error %v, want %v", err, broken)
	}
	if got, err := get(t.Context(), db, "colour"); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("got %q, %v after a failed update; want no row", got, err)
	}
}

func TestUpdateGivesTheWriterBackAfterAPanic(t *testing.T) {
	db := open(t, t.TempDir())
	func() {
		defer func() { recover() }()
		db.Update(t.Context(), func(*sql.Tx) error { panic("broken") })
	}()
	if err := set(t.Context(), db, "colour", "green"); err != nil {
		t.Errorf("update after a panic: %v", err)
	}
}

func TestViewCannotChangeAnything(t *testing.T) {
	db := open(t, t.TempDir())
	err := db.View(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("INSERT INTO settings VALUES ('colour', 'red')")
		return err
	})
	if err == nil {
		t.Error("a View inserted a row")
	}
}

func TestViewSeesOneState(t *testing.T) {
	db, ctx := open(t, t.TempDir()), t.Context()
	if err := set(ctx, db, "colour", "green"); err != nil {
		t.Fatal(err)
	}
	err := db.View(ctx, func(tx *sql.Tx) error {
		var before, after string
		if err := tx.QueryRow("SELECT value FROM settings").Scan(&before); err != nil {
			return err
		}
		if err := set(ctx, db, "colour", "red"); err != nil { // a View does not hold up a writer
			return err
		}
		err := tx.QueryRow("SELECT value FROM settings").Scan(&after)
		if before != after {
			t.Errorf("within one View: first %q, then %q", before, after)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUpdatesExcludeEachOther(t *testing.T) {
	db, ctx := open(t, t.TempDir()), t.Context()
	if err := set(ctx, db, "count", "0"); err != nil {
		t.Fatal(err)
	}
	const workers, each = 8, 5
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for range each {
				if err := db.Update(ctx, increment); err != nil {
					t.Errorf("update: %v", err)
				}
			}
		})
	}
	all.Wait()
	if got, err := get(ctx, db, "count"); got != fmt.Sprint(workers*each) || err != nil {
		t.Errorf("got count %q, %v; want %d", got, err, workers*each)
	}
}

// increment reads and writes in two statements: only with the writers kept
// apart no count is lost.
func increment(tx *sql.Tx) error {
	var n int
	if err := tx.QueryRow("SELECT value FROM settings WHERE name = 'count'").Scan(&n); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE settings SET value = ? WHERE name = 'count'", fmt.Sprint(n+1))
	return err
}

func TestWaitingForTheWriterEndsWithTheContext(t *testing.T) {
	db := open(t, t.TempDir())
	err := db.Update(t.Context(), func(*sql.Tx) error {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		return db.Update(ctx, func(*sql.Tx) error { return nil })
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

func TestForeignKeysAndDurabilityAreOn(t *testing.T) {
	db := open(t, t.TempDir())
	want := map[string]string{"foreign_keys": "1", "synchronous": "2", "journal_mode": "wal"}
	check := func(tx *sql.Tx) error {
		for pragma, value := range want {
			var got string
			if err := tx.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != value {
				t.Errorf("PRAGMA %s: got %q, %v; want %q", pragma, got, err, value)
			}
		}
		return nil
	}
	if err := errors.Join(db.Update(t.Context(), check), db.View(t.Context(), check)); err != nil {
		t.Fatal(err)
	}
}

func TestSecondOwnerIsRefused(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	_, err := state.Open(t.Context(), dir)
	if !errors.Is(err, state.ErrLocked) {
		t.Fatalf("got %v, want ErrLocked", err)
	}
	want := fmt.Sprintf("data directory %s: in use by another emikit cloud (pid %d)", dir, os.Getpid())
	if err.Error() != want {
		t.Errorf("got message %q\nwant %q", err, want)
	}
	var hint interface{ Hint() string }
	if !errors.As(err, &hint) || hint.Hint() == "" {
		t.Errorf("error has no hint")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir)
	err := db.Update(t.Context(), func(tx *sql.Tx) error {
		_, err := tx.Exec("PRAGMA user_version = 4711")
		return err
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = state.Open(t.Context(), dir)
	if !errors.Is(err, state.ErrNewer) || !strings.Contains(err.Error(), "4711") {
		t.Errorf("got %v, want ErrNewer that names version 4711", err)
	}
	if _, err := state.Open(t.Context(), dir); errors.Is(err, state.ErrLocked) {
		t.Errorf("a refused database stays locked: %v", err)
	}
}

func TestForeignFileIsRefusedAndKept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "emikit.db")
	text := []byte(strings.Repeat("this is not a database\n", 100))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := state.Open(t.Context(), dir); err == nil || !strings.HasPrefix(err.Error(), "data directory "+dir) {
		t.Errorf("got %v, want an error that names the directory", err)
	}
	if got, _ := os.ReadFile(path); string(got) != string(text) {
		t.Error("the file was changed")
	}
}

func TestOnlyTheOwnerCanRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	db := open(t, dir)
	if err := set(t.Context(), db, "colour", "green"); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: mode %v is open to others", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestModeOfExistingDirectory(t *testing.T) {
	for name, test := range map[string]struct {
		file string
		want fs.FileMode
	}{
		"empty":           {"", 0o700},
		"with other uses": {"notes.txt", 0o755},
		"data directory":  {"emikit.db", 0o700},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if test.file != "" {
				if err := os.WriteFile(filepath.Join(dir, test.file), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			open(t, dir)
			info, err := os.Stat(dir)
			if err != nil || info.Mode().Perm() != test.want {
				t.Errorf("got mode %v, %v; want %v", info.Mode().Perm(), err, test.want)
			}
		})
	}
}

func TestNewID(t *testing.T) {
	form := regexp.MustCompile(`^emi-[0-9A-F]{8}$`)
	seen := make(map[string]bool)
	for range 100 {
		id := state.NewID("emi")
		if !form.MatchString(id) || seen[id] {
			t.Errorf("got id %q, want a new one of the form %v", id, form)
		}
		seen[id] = true
	}
}

func TestFullDatabase(t *testing.T) {
	db, ctx := open(t, t.TempDir()), t.Context()
	err := db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec("PRAGMA max_page_count = 1") // SQLite makes it what there is already
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := set(ctx, db, "colour", strings.Repeat("green", 1<<20)); !errors.Is(err, state.ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if got, err := get(ctx, db, "colour"); !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("got %d bytes, %v after a failed update; want no row", len(got), err)
	}
	if err := set(ctx, db, "colour", "red"); err != nil {
		t.Errorf("an update that fits: %v", err)
	}
}
