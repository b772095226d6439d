package objects

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
)

// sweep removes the files that no object has: bodies that were arriving when
// the program ended, and what was replaced just then. It looks at one
// folder at a time, so its memory is bounded by a 256th of the store's size.
func (s *Service) sweep(ctx context.Context) error {
	if err := s.removeAll(s.files.temporary(), func(string) bool { return true }); err != nil {
		return err
	}
	folders, err := os.ReadDir(s.files.dir)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		if !folder.IsDir() || len(folder.Name()) != 2 || !isHex(folder.Name()) {
			continue
		}
		used, err := s.filesInUse(ctx, folder.Name())
		if err != nil {
			return err
		}
		orphan := func(name string) bool { return len(name) == idLength && isHex(name) && !used[name] }
		if err := s.removeAll(filepath.Join(s.files.dir, folder.Name()), orphan); err != nil {
			return err
		}
	}
	return s.db.View(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT count(*) FROM uploads").Scan(&s.repairs.Uploads)
	})
}

// filesInUse are those whose ids begin with two hex digits.
func (s *Service) filesInUse(ctx context.Context, begin string) (map[string]bool, error) {
	used := make(map[string]bool)
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT version FROM objects WHERE version >= ?1 AND version < ?2 AND parts = 0
			UNION ALL SELECT file FROM parts WHERE file >= ?1 AND file < ?2`, begin, successor(begin))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return err
			}
			used[id] = true
		}
		return rows.Err()
	})
	return used, err
}

// removeAll removes those files of a folder that unwanted picks, and counts
// them.
func (s *Service) removeAll(dir string, unwanted func(name string) bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range entries {
		if e.IsDir() || !unwanted(e.Name()) {
			continue
		}
		if info, err := e.Info(); err == nil {
			s.repairs.Bytes += info.Size()
		}
		s.repairs.Files++
		errs = append(errs, os.Remove(filepath.Join(dir, e.Name())))
	}
	return errors.Join(errs...)
}

func isHex(name string) bool {
	_, err := hex.DecodeString(name)
	return err == nil
}
