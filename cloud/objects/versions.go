package objects

import (
	"context"
	"database/sql"
	"slices"
	"sync"
)

// version is one that no object has any more, with its files. The zero version
// is none.
type version struct {
	id    string
	files []string
	size  int64 // bytes
}

// forget deletes what the database knows of the parts of an object that is
// being replaced or deleted. The files are for drop, once that is committed.
func forget(ctx context.Context, tx *sql.Tx, o Object) (version, error) {
	if o.Parts == 0 {
		return version{o.Version, []string{o.Version}, o.Size}, nil
	}
	files, size, err := takeParts(ctx, tx, o.Version)
	return version{o.Version, files, size}, err
}

// takeParts deletes the rows of all parts of an upload or a version, and
// returns their files, and how many bytes these have.
func takeParts(ctx context.Context, tx *sql.Tx, upload string) (files []string, size int64, err error) {
	rows, err := tx.QueryContext(ctx, "DELETE FROM parts WHERE upload = ? RETURNING file, size", upload)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var file string
		var bytes int64
		if err := rows.Scan(&file, &bytes); err != nil {
			return nil, 0, err
		}
		files, size = append(files, file), size+bytes
	}
	return files, size, rows.Err()
}

// drop removes the files of a version that the database has forgotten, as soon
// as nobody reads it.
func (s *Service) drop(old version) {
	if !s.pins.postpone(old) {
		s.files.remove(old.files...)
	}
}

// pins keep the files of versions that somebody reads. A version of one file
// needs none, as an open file stays when its name goes.
type pins struct {
	mu      sync.Mutex
	readers map[string]int      // by version
	doomed  map[string][]string // the files of versions to be removed after the last reader
}

func (p *pins) hold(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.readers == nil {
		p.readers, p.doomed = make(map[string]int), make(map[string][]string)
	}
	p.readers[id]++
}

// release undoes one hold and returns the files that can be removed now.
func (p *pins) release(id string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.readers[id]--; p.readers[id] > 0 {
		return nil
	}
	files := p.doomed[id]
	delete(p.readers, id)
	delete(p.doomed, id)
	return files
}

// postpone reports whether a version is read; its files are then for the last
// reader to remove.
func (p *pins) postpone(old version) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.readers[old.id] == 0 {
		return false
	}
	p.doomed[old.id] = slices.Clip(old.files)
	return true
}
