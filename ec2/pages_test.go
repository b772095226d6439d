package ec2

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pages is a server that answers with the document for each token.
type pages struct {
	answer func(token string) string
	forms  []url.Values
}

func (p *pages) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	p.forms = append(p.forms, form)
	answer := p.answer(form.Get("NextToken"))
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer))}, nil
}

func imagePage(id, next string) string {
	return "<DescribeImagesResponse><imagesSet><item><imageId>" + id + "</imageId></item></imagesSet><nextToken>" + next + "</nextToken></DescribeImagesResponse>"
}

func TestAllImages(t *testing.T) {
	server := &pages{answer: func(token string) string {
		return map[string]string{"": imagePage("emi-1", "a"), "a": imagePage("emi-2", "b"), "b": imagePage("emi-3", "")}[token]
	}}
	got, err := newTestClient(t, server).AllImages(t.Context(), &DescribeImagesRequest{Owners: []string{"self"}})
	if err != nil {
		t.Fatal(err)
	}
	want := List[Image]{{ID: "emi-1"}, {ID: "emi-2"}, {ID: "emi-3"}}
	if diff := cmp.Diff(want, got.Images); diff != "" || got.NextToken != "" {
		t.Errorf("token %q, images (-want +got):\n%s", got.NextToken, diff)
	}
	for i, form := range server.forms {
		if form.Get("Owner.1") != "self" || form.Has("MaxResults") || form.Has("NextToken") != (i > 0) {
			t.Errorf("request %d: got %v", i+1, form)
		}
	}
}

func TestAllInstancesJoinsReservations(t *testing.T) {
	page := func(next string, reservations ...string) string {
		text := ""
		for _, r := range reservations {
			id, instance, _ := strings.Cut(r, "/")
			text += "<item><reservationId>" + id + "</reservationId><instancesSet><item><instanceId>" + instance + "</instanceId></item></instancesSet></item>"
		}
		return "<DescribeInstancesResponse><reservationSet>" + text + "</reservationSet><nextToken>" + next + "</nextToken></DescribeInstancesResponse>"
	}
	server := &pages{answer: func(token string) string {
		return map[string]string{"": page("a", "r-1/i-1", "r-2/i-2"), "a": page("b", "r-2/i-3"), "b": page("c"), "c": page("", "r-2/i-4", "r-3/i-5")}[token]
	}}
	got, err := newTestClient(t, server).AllInstances(t.Context(), &DescribeInstancesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	want := List[Reservation]{
		{ID: "r-1", Instances: List[Instance]{{ID: "i-1"}}},
		{ID: "r-2", Instances: List[Instance]{{ID: "i-2"}, {ID: "i-3"}, {ID: "i-4"}}},
		{ID: "r-3", Instances: List[Instance]{{ID: "i-5"}}},
	}
	if diff := cmp.Diff(want, got.Reservations); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPagesWithoutEnd is about servers that would be asked for ever.
func TestPagesWithoutEnd(t *testing.T) {
	circle := map[string]string{"": "a", "a": "b", "b": "a"}
	count := 0
	cases := []struct {
		name     string
		answer   func(token string) string
		requests int
		want     string
	}{
		{"the same token", func(string) string { return imagePage("emi-1", "same") }, 2, `in a circle: NextToken "same" came before`},
		{"a circle", func(token string) string { return imagePage("emi-1", circle[token]) }, 3, `in a circle: NextToken "a" came before`},
		{"always another", func(string) string { count++; return imagePage("emi-1", strconv.Itoa(count)) }, maxPages, "does not end after 1000 pages"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			server := &pages{answer: c.answer}
			_, err := newTestClient(t, server).AllImages(t.Context(), &DescribeImagesRequest{})
			if err == nil || !strings.Contains(err.Error(), c.want) || len(server.forms) != c.requests {
				t.Errorf("got %v after %d requests, want %q after %d", err, len(server.forms), c.want, c.requests)
			}
		})
	}
}

func TestPagesOfTooManyBytes(t *testing.T) {
	server := &pages{answer: func(token string) string { return imagePage("emi-1", token+"x") + strings.Repeat(" ", 1<<10) }}
	_, err := allPages[DescribeImagesResponse](t.Context(), newTestClient(t, server), ActionDescribeImages, &DescribeImagesRequest{}, 4<<10)
	if err == nil || !strings.Contains(err.Error(), "longer than 4096 bytes") || len(server.forms) != 4 {
		t.Errorf("got %v after %d requests, want an error after 4", err, len(server.forms))
	}
}

func TestPagesAreCancelled(t *testing.T) {
	gaveUp := errors.New("gave up")
	ctx, cancel := context.WithCancelCause(t.Context())
	server := &pages{}
	server.answer = func(string) string {
		cancel(gaveUp)
		return imagePage("emi-1", strconv.Itoa(len(server.forms)))
	}
	_, err := newTestClient(t, server).AllImages(ctx, &DescribeImagesRequest{})
	if !errors.Is(err, gaveUp) || len(server.forms) != 1 {
		t.Errorf("got %v after %d requests, want %v after 1", err, len(server.forms), gaveUp)
	}
}
