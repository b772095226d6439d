// Package state is the database of the embedded cloud: one SQLite file in the
// data directory, which one process owns at a time.
//
// The services of the cloud keep everything they must remember here, each in
// tables of its own, and reach it through View and Update only. Update returns
// nil when what it wrote is on the disk: it then survives the process being
// killed and, as far as the disk keeps its word about flushing, loss of power.
// The schema is a numbered list of migrations that is compiled in; a database
// from an older program is brought up to date when it is opened, one from a
// newer program is refused.
//
//	DIR/lock           the owner's lock, and its process id
//	DIR/emikit.db      the database, with its -wal and -shm files beside it
package state
