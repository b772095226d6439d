package state

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
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
		if _, _, err := migrate(t.Context(), db, files); err != nil {
			t.Fatal(err)
		}
	}
	files["migrations/0002_b.sql"] = sqlFile("ALTER TABLE a ADD COLUMN y DEFAULT 2")
	files["migrations/0003_c.sql"] = sqlFile("UPDATE a SET y = y + x")
	if _, _, err := migrate(t.Context(), db, files); err != nil {
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
	_, _, err := migrate(t.Context(), db, files)
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

// TestMigrateFromVersion1 opens what a cloud of that version has recorded.
func TestMigrateFromVersion1(t *testing.T) {
	dir := t.TempDir()
	before := version1(t, filepath.Join(dir, databaseName))
	db, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if got := db.Repairs(); got.From != 1 || got.To < 4 {
		t.Errorf("migrated from %d to %d, want from 1 to 4 at least", got.From, got.To)
	}
	for table, want := range before {
		if got := rowsOf(t, db.write, table, want.columns); !slices.Equal(got, want.rows) {
			t.Errorf("%s: got rows %q\nwant %q", table, got, want.rows)
		}
	}
	const held = "SELECT bytes - 5 - (SELECT sum(size) FROM objects WHERE bucket = name) FROM buckets" // 5: of the upload under way
	if got := scanAll(t, db.write, held); !slices.Equal(got, []string{"0"}) {
		t.Errorf("bytes of the bucket: got %q more than it holds", got)
	}
	if got := scanAll(t, db.write, "SELECT count(DISTINCT id) = count(*), min(id) GLOB 'key-????????????????' FROM key_pairs"); !slices.Equal(got, []string{"1 1"}) {
		t.Errorf("ids of key pairs: got %q, want each to have its own", got)
	}
	if got := scanAll(t, db.write, "SELECT type, count(*) FROM resources GROUP BY type"); !slices.Equal(got, []string{"image 1", "instance 1", "key-pair 1", "security-group 1"}) {
		t.Errorf("what can be tagged: got %q", got)
	}
	for check, want := range map[string][]string{"foreign_key_check": nil, "integrity_check": {"ok"}} {
		if got := scanAll(t, db.write, "PRAGMA "+check); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", check, got, want)
		}
	}
}

// contents are the rows of a table.
type contents struct {
	columns string
	rows    []string
}

// version1 makes a database of that version and returns what is in it, by table.
func version1(t *testing.T, path string) map[string]contents {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	first, err := migrationFiles.ReadFile("migrations/0001_initial.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := migrate(t.Context(), db, fstest.MapFS{"migrations/0001_initial.sql": sqlFile(string(first))}); err != nil {
		t.Fatal(err)
	}
	rows, err := os.ReadFile("testdata/version1.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(string(rows)); err != nil {
		t.Fatal(err)
	}
	all := map[string]contents{}
	for _, table := range scanAll(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
		columns := strings.Join(scanAll(t, db, "SELECT name FROM pragma_table_info('"+table+"')"), ", ")
		all[table] = contents{columns, rowsOf(t, db, table, columns)}
		if len(all[table].rows) == 0 {
			t.Errorf("%s: no rows to begin with", table)
		}
	}
	return all
}

func rowsOf(t *testing.T, db *sql.DB, table, columns string) []string {
	t.Helper()
	return scanAll(t, db, "SELECT "+columns+" FROM "+table+" ORDER BY "+columns)
}

// scanAll prints the rows of a query, the values of each with blanks between them.
func scanAll(t *testing.T, db *sql.DB, query string) (printed []string) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintln(values...)
		printed = append(printed, strings.TrimSuffix(line, "\n"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return printed
}
