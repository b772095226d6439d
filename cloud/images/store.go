package images

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"emikit/cloud/state"
	"emikit/manifest"
)

// record is an image with what is kept of its bundle.
type record struct {
	Image
	document []byte   // the manifest's exact bytes
	parts    []Object // in the manifest's order
	key      checkKey
}

// checkKey names a bundle by its content: the manifest's bytes and the objects
// that its parts are. Two registrations of one bundle share it.
type checkKey struct {
	manifest string // SHA-256 of the manifest, hex
	parts    string // SHA-256 over the parts' object versions, hex
}

// imageColumns are those of an Image, in the order in which scanImage reads.
const imageColumns = `id, account, location, kind, architecture, kernel_id, ramdisk_id, platform,
	name, description, public, state, reason, size, mappings, product_codes, ancestors, registered, unverified`

// bundleColumns are the further ones of a record.
const bundleColumns = `manifest, parts, manifest_hash, parts_hash`

// scanner is a row of the database.
type scanner interface{ Scan(dest ...any) error }

// scanImage reads imageColumns, then more.
func scanImage(row scanner, i *Image, more ...any) error {
	var mappings, codes, ancestors []byte
	var registered int64
	dest := []any{&i.ID, &i.Owner, &i.Location, &i.Kind, &i.Arch, &i.KernelID, &i.RamdiskID, &i.Platform,
		&i.Name, &i.Description, &i.Public, &i.State, &i.Reason, &i.Size, &mappings, &codes, &ancestors, &registered, &i.Unverified}
	if err := row.Scan(append(dest, more...)...); err != nil {
		return err
	}
	i.Registered = time.UnixMilli(registered).UTC()
	return errors.Join(
		json.Unmarshal(mappings, &i.Mappings),
		json.Unmarshal(codes, &i.ProductCodes),
		json.Unmarshal(ancestors, &i.Ancestors))
}

// scanRecord reads imageColumns and bundleColumns.
func scanRecord(row scanner) (record, error) {
	var r record
	var parts []byte
	err := scanImage(row, &r.Image, &r.document, &parts, &r.key.manifest, &r.key.parts)
	if err != nil {
		return record{}, err
	}
	if err := json.Unmarshal(parts, &r.parts); err != nil {
		return record{}, fmt.Errorf("parts of %s: %w", r.ID, err)
	}
	return r, nil
}

// load returns an image of any state, ErrNotFound if there is none.
func (s *Service) load(ctx context.Context, id string) (r record, err error) {
	err = s.config.DB.View(ctx, func(tx *sql.Tx) error {
		r, err = scanRecord(tx.QueryRowContext(ctx,
			`SELECT `+imageColumns+`, `+bundleColumns+` FROM images WHERE id = ?`, canonicalID(id)))
		if errors.Is(err, sql.ErrNoRows) {
			return notFound(id)
		}
		return err
	})
	return r, err
}

// notFound is AWS's text for an unknown image.
func notFound(id string) error {
	return refuse(ErrNotFound, "The image id '[%s]' does not exist", id)
}

// listed returns the images that are not deregistered, the newest first.
func (s *Service) listed(ctx context.Context) ([]Image, error) {
	return query(ctx, s.config.DB, func(row scanner) (i Image, err error) {
		err = scanImage(row, &i)
		return i, err
	}, `SELECT `+imageColumns+` FROM images WHERE state <> ? ORDER BY registered DESC, rowid DESC`,
		StateDeregistered)
}

// pending returns the images whose check has not ended.
func (s *Service) pending(ctx context.Context) ([]record, error) {
	return query(ctx, s.config.DB, scanRecord,
		`SELECT `+imageColumns+`, `+bundleColumns+` FROM images WHERE state = ? ORDER BY registered`,
		StatePending)
}

// query collects the rows of a statement.
func query[T any](ctx context.Context, db *state.DB, scan func(scanner) (T, error), sqlText string, args ...any) (all []T, err error) {
	err = db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, sqlText, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			one, err := scan(rows)
			if err != nil {
				return err
			}
			all = append(all, one)
		}
		return rows.Err()
	})
	return all, err
}

// insert stores a new image under an id of its own, which it returns. With
// unique set, the name must not be in use by the account.
func (s *Service) insert(ctx context.Context, r record, unique bool) (id string, err error) {
	err = s.config.DB.Update(ctx, func(tx *sql.Tx) error {
		if unique {
			if err := nameIsFree(ctx, tx, r.Owner, r.Name); err != nil {
				return err
			}
		}
		if id, err = freeID(ctx, tx, prefixOf(r.Kind)); err != nil {
			return err
		}
		r.ID = id
		return insertRecord(ctx, tx, r)
	})
	return id, err
}

func insertRecord(ctx context.Context, tx *sql.Tx, r record) error {
	lists := make([][]byte, 4)
	for i, v := range []any{list(r.Mappings), list(r.ProductCodes), list(r.Ancestors), list(r.parts)} {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		lists[i] = text
	}
	_, err := tx.ExecContext(ctx,
		`INSERT INTO images (`+imageColumns+`, `+bundleColumns+`)
		 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.Owner, r.Location, r.Kind, r.Arch, r.KernelID, r.RamdiskID, r.Platform,
		r.Name, r.Description, r.Public, r.State, r.Reason, r.Size,
		string(lists[0]), string(lists[1]), string(lists[2]), r.Registered.UnixMilli(), r.Unverified,
		r.document, string(lists[3]), r.key.manifest, r.key.parts)
	return err
}

// list is v, or an empty list instead of none: JSON tells them apart.
func list[T any](v []T) []T {
	if v == nil {
		return []T{}
	}
	return v
}

func nameIsFree(ctx context.Context, tx *sql.Tx, account, name string) error {
	var holder string
	err := tx.QueryRowContext(ctx,
		`SELECT id FROM images WHERE account = ? AND name = ? AND state IN (?, ?) LIMIT 1`,
		account, name, StatePending, StateAvailable).Scan(&holder)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return refuse(ErrNameTaken, "AMI name %s is already in use by EMI %s", name, holder)
}

// freeID draws ids until one was never given out before.
func freeID(ctx context.Context, tx *sql.Tx, prefix string) (string, error) {
	for {
		id := state.NewID(prefix)
		var taken bool
		err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM images WHERE id = ?)`, id).Scan(&taken)
		if err != nil {
			return "", err
		}
		if !taken {
			return id, nil
		}
	}
}

// verdict is how a check ended: passed, or failed with a reason that holds
// for as long as the objects stay what they are.
type verdict struct {
	passed bool
	reason string
}

// outcomes of a check, as they are stored.
const (
	outcomePassed = "passed"
	outcomeFailed = "failed"
)

// recorded returns the verdict of an earlier check of the same bundle.
func (s *Service) recorded(ctx context.Context, key checkKey) (v verdict, known bool, err error) {
	err = s.config.DB.View(ctx, func(tx *sql.Tx) error {
		var outcome string
		err := tx.QueryRowContext(ctx,
			`SELECT outcome, reason FROM image_checks WHERE manifest_hash = ? AND parts_hash = ?`,
			key.manifest, key.parts).Scan(&outcome, &v.reason)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		v.passed, known = outcome == outcomePassed, err == nil
		return err
	})
	return v, known, err
}

// settle records how a check ended and gives the images that wait for it
// their state. A verdict that lasts is also kept for later registrations.
func (s *Service) settle(ctx context.Context, key checkKey, v verdict, lasts bool) error {
	outcome, next := outcomeFailed, StateFailed
	if v.passed {
		outcome, next = outcomePassed, StateAvailable
	}
	return s.config.DB.Update(ctx, func(tx *sql.Tx) error {
		if lasts {
			_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO image_checks
				(manifest_hash, parts_hash, outcome, reason, checked) VALUES (?, ?, ?, ?, ?)`,
				key.manifest, key.parts, outcome, v.reason, time.Now().UnixMilli())
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `UPDATE images SET state = ?, reason = ?
			WHERE state = ? AND manifest_hash = ? AND parts_hash = ?`,
			next, v.reason, StatePending, key.manifest, key.parts)
		return err
	})
}

// replaceParts notes that the parts of an image are other objects now, which
// hold the same bytes.
func (s *Service) replaceParts(ctx context.Context, id string, parts []Object, hash string) error {
	text, err := json.Marshal(list(parts))
	if err != nil {
		return err
	}
	return s.config.DB.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE images SET parts = ?, parts_hash = ? WHERE id = ?`,
			string(text), hash, id)
		return err
	})
}

// remove marks an image deregistered. Only what instances and messages may still
// name is kept of it.
func (s *Service) remove(ctx context.Context, id string) error {
	return s.config.DB.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE images SET state = ?, deregistered = ?, manifest = x'', parts = '[]',
			description = '', mappings = '[]', product_codes = '[]', ancestors = '[]' WHERE id = ?`,
			StateDeregistered, time.Now().UnixMilli(), id)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM launch_permissions WHERE image = ?`, id)
		return err
	})
}

// bundle is the bundle as it was when the image was registered.
func (r record) bundle() (*storedBundle, error) {
	m, err := manifest.Parse(r.document)
	if err != nil {
		return nil, fmt.Errorf("stored manifest of %s: %w", r.ID, err)
	}
	loc, err := parseLocation(r.Location)
	if err != nil {
		return nil, fmt.Errorf("stored location of %s: %v", r.ID, err)
	}
	if len(m.Parts) != len(r.parts) {
		return nil, fmt.Errorf("stored parts of %s: %d, its manifest has %d", r.ID, len(r.parts), len(m.Parts))
	}
	return &storedBundle{location: loc, document: r.document, hash: r.key.manifest, manifest: m, parts: r.parts}, nil
}
