package objects

import (
	"database/sql"
	"strings"
	"testing"
)

// A page of a listing is found by its place in an index, whatever the bucket
// holds: nothing is read to be thrown away or to be sorted.
func TestPagesAreSought(t *testing.T) {
	s := openIn(t, t.TempDir())
	for name, query := range map[string]string{"objects": objectsPage, "uploads": uploadsPage, "parts": partsPage} {
		var plan []string
		want := map[string]string{
			"objects": "SEARCH objects USING PRIMARY KEY (bucket=? AND key>? AND key<?)",
			"uploads": "SEARCH uploads USING INDEX uploads_by_key (bucket=? AND (key,id)>(?,?) AND key<?)",
			"parts":   "SEARCH parts USING PRIMARY KEY (upload=? AND number>?)",
		}[name]
		err := s.db.View(t.Context(), func(tx *sql.Tx) error {
			rows, err := tx.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, "bucket", "a", "b", 1, 1, 1, 1)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var id, parent, unused int
				var step string
				if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
					return err
				}
				plan = append(plan, step)
			}
			return rows.Err()
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(plan, "; "); got != want {
			t.Errorf("%s: got plan %q, want %q", name, got, want)
		}
	}
}
