package state

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

func sqlFile(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func openBare(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "bare.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func version(t *testing.T, db *sql.DB) (v int) {
	t.Helper()
	if err := db.QueryRow("PRAGMA user_version").Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestMigrateFromEachVersion(t *testing.T) {
	db := openBare(t)
	files := fstest.MapFS{"migrations/0001_a.sql": sqlFile("CREATE TABLE a (x); INSERT INTO a VALUES (1)")}
	for range 2 { // the second time there is nothing to do
		if err := migrate(t.Context(), db, files); err != nil {
			t.Fatal(err)
		}
	}
	files["migrations/0002_b.sql"] = sqlFile("ALTER TABLE a ADD COLUMN y DEFAULT 2")
	files["migrations/0003_c.sql"] = sqlFile("UPDATE a SET y = y + x")
	if err := migrate(t.Context(), db, files); err != nil {
		t.Fatal(err)
	}
	var y int
	if err := db.QueryRow("SELECT y FROM a").Scan(&y); err != nil || y != 3 {
		t.Errorf("got y = %d, %v; want 3", y, err)
	}
	if got := version(t, db); got != 3 {
		t.Errorf("got version %d, want 3", got)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	db := openBare(t)
	files := fstest.MapFS{
		"migrations/0001_a.sql": sqlFile("CREATE TABLE a (x)"),
		"migrations/0002_b.sql": sqlFile("CREATE TABLE b (x); CREATE TABLE a (x)"),
	}
	err := migrate(t.Context(), db, files)
	if err == nil || !strings.Contains(err.Error(), "0002_b.sql") {
		t.Errorf("got %v, want an error that names 0002_b.sql", err)
	}
	if got := version(t, db); got != 1 {
		t.Errorf("got version %d, want 1", got)
	}
	if _, err := db.Exec("SELECT * FROM b"); err == nil {
		t.Error("half of the failed migration is there")
	}
}

func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	files := fstest.MapFS{"migrations/0001_a.sql": sqlFile(""), "migrations/0003_c.sql": sqlFile("")}
	if _, err := readMigrations(files); err == nil {
		t.Error("a gap between 1 and 3 was accepted")
	}
	steps, err := readMigrations(migrationFiles)
	if err != nil || len(steps) == 0 {
		t.Errorf("the compiled-in migrations: got %d, %v", len(steps), err)
	}
}
