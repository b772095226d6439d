package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite" // registers the driver of that name

	"emikit/dirlock"
)

// ErrFull is returned by Update when the disk has no room for what was to be
// recorded; nothing of it is kept.
var ErrFull = errors.New("no room for the database")

// databaseName is the file in the data directory that holds the database.
const databaseName = "emikit.db"

// maxReaders bounds how many read transactions run at once; more wait.
const maxReaders = 8

// DB is an open data directory. It is safe for concurrent use.
type DB struct {
	dir     string
	lock    *dirlock.Lock
	repairs Repairs
	// SQLite has one writer at a time. Giving it one connection makes writers
	// queue in Go, where a context ends the wait, and not in SQLite.
	write *sql.DB
	read  *sql.DB
}

// Open takes the data directory dir for this process, making it (mode 0700) if
// it does not exist, and brings its database up to date. The error is
// ErrLocked when another process has the directory and ErrNewer when the
// database was made by a newer program. The caller closes the DB.
func Open(ctx context.Context, dir string) (_ *DB, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("data directory %s: %w", dir, err)
	}
	db := &DB{dir: abs}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("data directory %s: %w", dir, explain(err)), db.Close())
		}
	}()
	if err := makeDir(abs); err != nil {
		return nil, err
	}
	if db.lock, err = acquire(abs); err != nil {
		return nil, err
	}
	db.repairs.Killed = db.lock.Killed()
	if err := makeFile(filepath.Join(abs, databaseName)); err != nil {
		return nil, err
	}
	if err := db.connect(); err != nil {
		return nil, err
	}
	if db.repairs.From, db.repairs.To, err = migrate(ctx, db.write, migrationFiles); err != nil {
		return nil, err
	}
	if err := syncDir(abs); err != nil {
		return nil, err
	}
	return db, nil
}

// Repairs is what Open has found and put in order.
type Repairs struct {
	// Killed is the process id of the last owner if that ended without Close: it
	// was killed, or the machine failed. 0: it had closed the directory.
	Killed int
	// From and To are the versions of the database's schema before and after;
	// From is 0 for a new database.
	From, To int
}

// Repairs tells what Open has found and put in order.
func (db *DB) Repairs() Repairs { return db.repairs }

// Dir is the data directory, as an absolute path.
func (db *DB) Dir() string { return db.dir }

// Close ends the use of the data directory. Transactions under way must have
// ended before.
func (db *DB) Close() error {
	var errs []error
	for _, pool := range []*sql.DB{db.read, db.write} { // the last one to close empties the log
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Release())
	}
	return errors.Join(errs...)
}

// View runs read in a transaction that sees one unchanging state of the
// database and cannot change it. Any number of them run beside one another and
// beside an Update.
func (db *DB) View(ctx context.Context, read func(tx *sql.Tx) error) error {
	return transact(ctx, db.read, &sql.TxOptions{ReadOnly: true}, read)
}

// Update runs change in a transaction of its own; no other Update runs
// meanwhile, so change must not wait for anything slow, and must not call View
// or Update itself. When change returns an error, nothing of it is kept. When
// Update returns nil, all of it is on the disk.
func (db *DB) Update(ctx context.Context, change func(tx *sql.Tx) error) error {
	err := transact(ctx, db.write, nil, change)
	if failed, ok := errors.AsType[*sqlite.Error](err); ok && failed.Code() == codeFull {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// codeFull is SQLITE_FULL of https://sqlite.org/rescode.html.
const codeFull = 13

func transact(ctx context.Context, pool *sql.DB, o *sql.TxOptions, do func(tx *sql.Tx) error) error {
	tx, err := pool.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	defer tx.Rollback() // after a Commit it does nothing; otherwise do's error is the one to tell
	if err := do(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (db *DB) connect() (err error) {
	if db.write, err = sql.Open("sqlite", dsn(db.dir, "immediate", false)); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = sql.Open("sqlite", dsn(db.dir, "deferred", true)); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(maxReaders)
	db.read.SetMaxIdleConns(maxReaders)
	return nil
}

// dsn names the database for the driver; every connection gets these settings.
// The path is escaped, so a data directory may have any name.
func dsn(dir, begin string, queryOnly bool) string {
	q := url.Values{
		"_busy_timeout": {"10000"}, // milliseconds; only a foreign sqlite3 shell can make us wait
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"}, // in WAL mode: flushed at every commit
		"_foreign_keys": {"on"},
		"_defensive":    {"true"},
		"_dqs":          {"false"},
		"_txlock":       {begin},
	}
	if queryOnly {
		q.Set("_query_only", "on")
	}
	u := url.URL{Scheme: "file", Path: filepath.Join(dir, databaseName), RawQuery: q.Encode()}
	return u.String()
}

// makeDir makes the data directory. One that exists is closed to other users
// when it is empty or a data directory already; a directory that also has
// other uses keeps its mode, as the files in it are private anyway.
func makeDir(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err == nil {
		return syncDir(filepath.Dir(dir))
	} else if !errors.Is(err, os.ErrExist) {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, databaseName)); err != nil && len(entries) > 0 {
		return nil
	}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm() == 0o700 {
		return nil
	}
	return os.Chmod(dir, 0o700)
}

// explain adds to an error of the file system what to do about a directory that
// cannot be written to.
func explain(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return &accessError{err}
	}
	return err
}

// accessError is an error with a way out.
type accessError struct{ error }

func (e *accessError) Unwrap() error { return e.error }

func (e *accessError) Hint() string {
	return "the directory and all that is in it must belong to the user who runs the cloud; choose another with --data"
}

// makeFile makes path readable to its owner only, because SQLite would give it
// the umask's mode; the files that SQLite puts beside it take over its mode.
func makeFile(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// syncDir makes the entries of dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
