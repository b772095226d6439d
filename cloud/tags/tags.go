package tags

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"emikit/cloud/caller"
	"emikit/cloud/state"
)

// The limits of EC2. Lengths are in characters.
const (
	maxTags  = 50 // on one thing
	maxKey   = 128
	maxValue = 256
	// maxResources is how many things one request may be about.
	maxResources = 1000
)

// What callers test with errors.Is.
var (
	// ErrBadTag: a key or value is not what can be one.
	ErrBadTag = errors.New("not a valid tag")
	// ErrTooMany: something would have more tags than it may have.
	ErrTooMany = errors.New("too many tags")
	// ErrNotFound is matched by every [NotFoundError].
	ErrNotFound = errors.New("it does not exist, or is not yours")
)

// Type is a kind of things that can be tagged. The words are EC2's.
type Type string

const (
	Image         Type = "image"
	Instance      Type = "instance"
	KeyPair       Type = "key-pair"
	SecurityGroup Type = "security-group"
)

// typeOf tells from an id of what kind it is; empty for none that can be tagged.
func typeOf(id string) Type {
	prefix, _, _ := strings.Cut(id, "-")
	switch prefix {
	case "emi", "eki", "eri":
		return Image
	case "i":
		return Instance
	case "key":
		return KeyPair
	case "sg":
		return SecurityGroup
	}
	return ""
}

// NotFoundError says that the caller has nothing with this id. It matches
// [ErrNotFound].
type NotFoundError struct {
	ID   string
	Type Type // what the id would be of; empty when it is of nothing that can be tagged
}

func (e *NotFoundError) Error() string { return fmt.Sprintf("%.100s: %v", e.ID, ErrNotFound) }

// Is makes every NotFoundError match [ErrNotFound].
func (e *NotFoundError) Is(target error) bool { return target == ErrNotFound }

// Tag is a key with its value, which may be empty.
type Tag struct{ Key, Value string }

// Tagged is a tag with what it is on.
type Tagged struct {
	Resource string // its id
	Type     Type
	Tag
}

// Match says which tags to remove: those with the key and, unless it is nil, the
// value.
type Match struct {
	Key   string
	Value *string
}

// Service keeps tags. Its methods are safe for concurrent use.
type Service struct{ db *state.DB }

// New returns the service on a cloud's state.
func New(db *state.DB) *Service { return &Service{db} }

// Check refuses tags that nothing can have, with [ErrBadTag] or [ErrTooMany].
func Check(tags []Tag) error {
	seen := map[string]bool{}
	for _, t := range tags {
		if err := checkKey(t.Key); err != nil {
			return err
		}
		if utf8.RuneCountInString(t.Value) > maxValue || !utf8.ValidString(t.Value) {
			return fmt.Errorf("tag %q: %w: its value is longer than %d characters", t.Key, ErrBadTag, maxValue)
		}
		if seen[t.Key] {
			return fmt.Errorf("tag %q: %w: its key is given twice", t.Key, ErrBadTag)
		}
		seen[t.Key] = true
	}
	if len(tags) > maxTags {
		return fmt.Errorf("%w: %d, of which a thing can have %d", ErrTooMany, len(tags), maxTags)
	}
	return nil
}

func checkKey(key string) error {
	switch {
	case key == "" || !utf8.ValidString(key):
		return fmt.Errorf("%w: a tag needs a key", ErrBadTag)
	case utf8.RuneCountInString(key) > maxKey:
		return fmt.Errorf("tag %.40q…: %w: its key is longer than %d characters", key, ErrBadTag, maxKey)
	case reserved(key):
		return fmt.Errorf("tag %q: %w: keys that begin with aws: or emikit: are reserved", key, ErrBadTag)
	}
	return nil
}

// reserved reports whether a key is for the cloud to write.
func reserved(key string) bool {
	key = strings.ToLower(key)
	return strings.HasPrefix(key, "aws:") || strings.HasPrefix(key, "emikit:")
}

// Put puts tags on things of the caller, in the place of those with the same keys:
// on all of them, or on none and an error. That is one of [Check], [ErrTooMany] for a
// thing that has others already, or a [NotFoundError].
func (s *Service) Put(ctx context.Context, who caller.Caller, ids []string, tags []Tag) error {
	if err := Check(tags); err != nil {
		return err
	}
	return s.each(ctx, who, ids, func(tx *sql.Tx, r Tagged, account string) error {
		return put(ctx, tx, r, account, tags)
	})
}

// Tag puts tags on something that was made in tx, for its account. The tags have been
// through [Check].
func (s *Service) Tag(ctx context.Context, tx *sql.Tx, account, id string, tags []Tag) error {
	return put(ctx, tx, Tagged{Resource: id, Type: typeOf(id)}, account, tags)
}

func put(ctx context.Context, tx *sql.Tx, r Tagged, account string, tags []Tag) error {
	for _, t := range tags {
		_, err := tx.ExecContext(ctx, `INSERT INTO tags (resource, type, account, key, value) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (resource, key) DO UPDATE SET value = excluded.value`, r.Resource, r.Type, account, t.Key, t.Value)
		if err != nil {
			return fmt.Errorf("tag %s: %w", r.Resource, err)
		}
	}
	var count int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM tags WHERE resource = ?`, r.Resource).Scan(&count)
	if err == nil && count > maxTags {
		err = fmt.Errorf("%w: a thing can have %d", ErrTooMany, maxTags)
	}
	if err != nil {
		return fmt.Errorf("tag %s: %w", r.Resource, err)
	}
	return nil
}

// Remove takes tags off things of the caller: those that match one of matches, or all
// without any. A tag that is not there is no error. The error is a [NotFoundError].
func (s *Service) Remove(ctx context.Context, who caller.Caller, ids []string, matches []Match) error {
	return s.each(ctx, who, ids, func(tx *sql.Tx, r Tagged, _ string) error {
		if len(matches) == 0 {
			_, err := tx.ExecContext(ctx, `DELETE FROM tags WHERE resource = ?`, r.Resource)
			return err
		}
		for _, m := range matches {
			_, err := tx.ExecContext(ctx, `DELETE FROM tags WHERE resource = ?1 AND key = ?2 AND (?3 IS NULL OR value = ?3)`,
				r.Resource, m.Key, m.Value)
			if err != nil {
				return fmt.Errorf("remove tags of %s: %w", r.Resource, err)
			}
		}
		return nil
	})
}

// each changes things of the caller, all of them or none.
func (s *Service) each(ctx context.Context, who caller.Caller, ids []string, change func(tx *sql.Tx, r Tagged, account string) error) error {
	if len(ids) > maxResources {
		return fmt.Errorf("%w: one request is about %d things at most", ErrTooMany, maxResources)
	}
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		for _, id := range ids {
			r := Tagged{Resource: id}
			var account string
			err := tx.QueryRowContext(ctx, `SELECT type, account FROM resources WHERE id = ? AND id <> ''`, id).Scan(&r.Type, &account)
			if errors.Is(err, sql.ErrNoRows) || err == nil && !may(who, r.Type, account) {
				return &NotFoundError{ID: id, Type: typeOf(id)}
			}
			if err != nil {
				return fmt.Errorf("find %s: %w", id, err)
			}
			if err := change(tx, r, account); err != nil {
				return err
			}
		}
		return nil
	})
}

// may reports whether the caller may see and change the tags of something.
func may(who caller.Caller, of Type, account string) bool {
	if who.Account != "" && who.Account == account {
		return true
	}
	return who.Admin && (of == Image || of == Instance)
}

// List lists the tags that the caller may see, by what they are on and by key: on
// things of one type, or of all when it is empty.
func (s *Service) List(ctx context.Context, who caller.Caller, of Type) ([]Tagged, error) {
	var found []Tagged
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT resource, type, key, value FROM tags
			WHERE (account = ?1 AND ?1 <> '' OR ?2 AND type IN ('image', 'instance')) AND (?3 = '' OR type = ?3)
			ORDER BY resource, key`, who.Account, who.Admin, of)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var t Tagged
			if err := rows.Scan(&t.Resource, &t.Type, &t.Key, &t.Value); err != nil {
				return err
			}
			found = append(found, t)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("list tags: %w", err)
	}
	return found, nil
}
