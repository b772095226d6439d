package images

import (
	"errors"
	"slices"
	"testing"

	"emikit/cloud/caller"
)

func TestDescribe(t *testing.T) {
	w := newWorld(t)
	kernel := w.register(admin, w.upload(admin, "vmlinuz-1")).ID
	shared := w.register(alice, w.upload(alice, "shared.img")).ID
	private := w.register(alice, w.upload(alice, "private.img")).ID
	failed := w.register(alice, w.upload(alice, "failed.img")).ID
	gone := w.register(alice, w.upload(alice, "gone.img")).ID
	own := w.register(mallory, w.upload(mallory, "own.img")).ID
	w.exec(`UPDATE images SET public = 0 WHERE id = ?`, private)
	w.exec(`UPDATE images SET state = 'failed', reason = 'why' WHERE id = ?`, failed)
	if err := w.Deregister(t.Context(), alice, gone); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		who   caller.Caller
		query Query
		want  []string // the newest first
	}{
		"everything, as the administrator": {admin, Query{}, []string{own, failed, private, shared, kernel}},
		"everything, as the owner":         {alice, Query{}, []string{own, failed, private, shared, kernel}},
		"everything, as somebody else":     {mallory, Query{}, []string{own, shared, kernel}},
		"everything, as nobody":            {caller.Caller{}, Query{}, []string{own, shared, kernel}},
		"one's own":                        {alice, Query{Owners: []string{"self"}}, []string{failed, private, shared}},
		"by account":                       {mallory, Query{Owners: []string{alice.Account}}, []string{shared}},
		"by names":                         {mallory, Query{Owners: []string{"alice", "admin"}}, []string{shared, kernel}},
		"nobody's own":                     {caller.Caller{}, Query{Owners: []string{"self"}}, nil},
		"executable by oneself":            {alice, Query{ExecutableBy: []string{"self"}}, []string{failed, private, shared}},
		"executable by all":                {alice, Query{ExecutableBy: []string{"all"}}, []string{own, failed, shared, kernel}},
		"owner and executable":             {alice, Query{Owners: []string{"self"}, ExecutableBy: []string{"all"}}, []string{failed, shared}},
		"by id":                            {mallory, Query{IDs: []string{kernel, own}}, []string{own, kernel}},
		"by id and owner":                  {mallory, Query{IDs: []string{kernel, own}, Owners: []string{"self"}}, []string{own}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := w.Describe(t.Context(), c.who, c.query)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, i := range found {
				got = append(got, i.ID)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	for _, id := range []string{"emi-00000000", gone, private, failed} {
		_, err := w.Describe(t.Context(), mallory, Query{IDs: []string{own, id}})
		if want := "The image id '[" + id + "]' does not exist"; !errors.Is(err, ErrNotFound) || err.Error() != want {
			t.Errorf("describe %s: got %v, want %s", id, err, want)
		}
	}
}

func TestDeregister(t *testing.T) {
	w := newWorld(t)
	shared := w.register(alice, w.upload(alice, "shared.img")).ID
	private := w.register(alice, w.upload(alice, "private.img")).ID
	w.exec(`UPDATE images SET public = 0 WHERE id = ?`, private)
	for _, c := range []struct {
		name string
		who  caller.Caller
		id   string
		want error
	}{
		{"unknown", alice, "emi-00000000", ErrNotFound},
		{"another's", mallory, shared, ErrNotPermitted},
		{"another's that is not seen", mallory, private, ErrNotFound},
		{"own", alice, shared, nil},
		{"own, again", alice, shared, ErrNotFound},
		{"as the administrator", admin, private, nil},
	} {
		if err := w.Deregister(t.Context(), c.who, c.id); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}
