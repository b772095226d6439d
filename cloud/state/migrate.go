package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewer is returned by Open for a database that a newer program has made.
var ErrNewer = errors.New("made by a newer emikit")

// newerError is ErrNewer with the versions of the schema.
type newerError struct{ has, known int }

func (e *newerError) Error() string {
	return fmt.Sprintf("%v: its database has version %d, this program knows version %d", ErrNewer, e.has, e.known)
}

func (e *newerError) Is(target error) bool { return target == ErrNewer }

func (e *newerError) Hint() string {
	return "use the newer program, or another data directory with --data"
}

// migration is one step of the schema: the SQL that leads from the version
// before it to its own. Versions count from 1 in the order of the file names.
type migration struct{ name, sql string }

// migrate brings the database to the newest version that files know. The
// database's own version is SQLite's user_version, which changes in the same
// transaction as the schema. It returns the versions before and after.
func migrate(ctx context.Context, db *sql.DB, files fs.FS) (from, to int, err error) {
	steps, err := readMigrations(files)
	if err != nil {
		return 0, 0, err
	}
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&from); err != nil {
		return 0, 0, fmt.Errorf("read version of database: %w", err)
	}
	to = len(steps)
	if from > to {
		return from, to, &newerError{has: from, known: to}
	}
	for i, step := range steps[from:] {
		err := transact(ctx, db, nil, func(tx *sql.Tx) error {
			return apply(ctx, tx, step, from+i+1)
		})
		if err != nil {
			return from, to, fmt.Errorf("migration %s: %w", step.name, err)
		}
	}
	return from, to, nil
}

func apply(ctx context.Context, tx *sql.Tx, step migration, version int) error {
	if _, err := tx.ExecContext(ctx, step.sql); err != nil {
		return err
	}
	// A pragma takes no bound parameters.
	_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version))
	return err
}

// readMigrations reads the steps in order. Their names begin with their
// version in four digits, without gaps, so that two branches that add the same
// version are noticed.
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	var steps []migration
	for i, name := range names {
		base := path.Base(name)
		if want := fmt.Sprintf("%04d_", i+1); len(base) < len(want) || base[:len(want)] != want {
			return nil, fmt.Errorf("migration %s: want a name that begins with %s", base, want)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, migration{base, string(text)})
	}
	return steps, nil
}
