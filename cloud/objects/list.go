package objects

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"emikit/cloud/caller"
)

// MaxList is how many objects and common prefixes a listing has at most.
const MaxList = 1000

// keyEnd is greater than every key: no UTF-8 text has this byte.
const keyEnd = "\xff"

// ListQuery chooses what List returns.
type ListQuery struct {
	// Prefix is how the keys must begin.
	Prefix string
	// Delimiter, unless empty, makes all keys that have it after Prefix appear
	// as one common prefix, which ends with it.
	Delimiter string
	// After is a key, or the Next of another listing: only what sorts behind it
	// is listed.
	After string
	// Limit is how many objects and common prefixes to list; 0 means MaxList,
	// as does any larger number.
	Limit int
}

// Listing is one page of a bucket, in the byte order of the keys.
type Listing struct {
	Objects  []Object
	Prefixes []string // common prefixes
	// Truncated says that there is more, and Next what to give as After to get
	// it.
	Truncated bool
	Next      string
}

// List lists a bucket for those who may. The cost depends on what is returned,
// not on how much the bucket holds or a common prefix covers.
func (s *Service) List(ctx context.Context, who caller.Caller, bucket string, q ListQuery) (Listing, error) {
	if q.Limit <= 0 || q.Limit > MaxList {
		q.Limit = MaxList
	}
	l := lister{bucket: bucket, ListQuery: q, from: q.start()}
	err := s.db.View(ctx, func(tx *sql.Tx) error {
		if _, err := listableBucket(ctx, tx, who, bucket); err != nil {
			return err
		}
		for more := true; more; {
			var err error
			if more, err = l.run(ctx, tx); err != nil {
				return fmt.Errorf("list bucket %s: %w", bucket, err)
			}
		}
		return nil
	})
	if err != nil {
		return Listing{}, err
	}
	return l.page, nil
}

// start is the smallest key that the query can list.
func (q ListQuery) start() string {
	from := q.After
	if q.common(q.After) == q.After && q.After != "" {
		from = successor(q.After) // the whole of a common prefix was listed
	} else if q.After != "" {
		from = following(q.After)
	}
	return max(from, q.Prefix)
}

// common is the common prefix that stands for key in the listing, or "".
func (q ListQuery) common(key string) string { return commonPrefix(key, q.Prefix, q.Delimiter) }

// commonPrefix is a key up to and with the first delimiter behind the prefix of a
// listing; "" if it is listed by itself.
func commonPrefix(key, prefix, delimiter string) string {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok || delimiter == "" {
		return ""
	}
	end := strings.Index(rest, delimiter)
	if end < 0 {
		return ""
	}
	return key[:len(prefix)+end+len(delimiter)]
}

// objectsPage finds the objects of a bucket from one key up to another.
const objectsPage = "SELECT " + objectColumns + " FROM objects WHERE bucket = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?"

// lister is a listing under way.
type lister struct {
	bucket string
	ListQuery
	from string // where to go on
	page Listing
}

// run reads keys in order until the page is full, the keys are at their end, or
// a common prefix is met. Then it reports true: the keys that it covers are
// jumped over with another query.
func (l *lister) run(ctx context.Context, tx *sql.Tx) (again bool, err error) {
	room := l.Limit - len(l.page.Objects) - len(l.page.Prefixes)
	rows, err := tx.QueryContext(ctx, objectsPage, l.bucket, l.from, successor(l.Prefix), room+1)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		if room == 0 {
			l.page.Truncated = true
			return false, nil
		}
		o, err := scanObject(rows)
		if err != nil {
			return false, err
		}
		if common := l.common(o.Key); common != "" {
			l.page.Prefixes = append(l.page.Prefixes, common)
			l.page.Next, l.from = common, successor(common)
			return true, nil
		}
		l.page.Objects = append(l.page.Objects, o)
		l.page.Next = o.Key
		room--
	}
	l.page.Next = ""
	return false, rows.Err()
}

// following is the smallest text behind key, as no key has a NUL.
func following(key string) string { return key + "\x00" }

// successor is the smallest text behind all that begin with prefix.
func successor(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return keyEnd
}
