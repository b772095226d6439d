package api

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/images"
	"emikit/cloud/instances"
	"emikit/ec2"
)

// reservation makes one of n instances, launched some seconds after the sample.
func reservation(id string, second, n int) instances.Reservation {
	at := launched.Add(time.Duration(second) * time.Second)
	r := instances.Reservation{ID: id, Account: adminAccount, Created: at}
	for i := range n {
		r.Instances = append(r.Instances, instances.Instance{
			ID: fmt.Sprintf("i-%s-%d", id, i), LaunchIndex: i, State: instances.StateRunning, Launched: at,
		})
	}
	return r
}

// rowsOf writes what a page shows: each reservation with its launch indexes.
func rowsOf(reservations []ec2.Reservation) []string {
	var rows []string
	for _, r := range reservations {
		row := r.ID
		for _, i := range r.Instances {
			row += fmt.Sprintf(" %d", i.LaunchIndex)
		}
		rows = append(rows, row)
	}
	return rows
}

// TestPagesOfInstances walks over a list that changes on the way: what was
// there at the start and stays is seen once, and so is what comes.
func TestPagesOfInstances(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.instances.all = []instances.Reservation{
			reservation("r-late", 9, 2), reservation("r-b", 1, 7), reservation("r-a", 1, 4), reservation("r-early", 0, 1),
		}
	})
	change := func(f func([]instances.Reservation) []instances.Reservation) {
		c.instances.mu.Lock()
		defer c.instances.mu.Unlock()
		c.instances.all = f(c.instances.all)
	}
	client, limit := c.client(t, adminKeys, 4), 5
	var got [][]string
	for token := ""; ; {
		page, err := client.DescribeInstances(t.Context(), &ec2.DescribeInstancesRequest{MaxResults: &limit, NextToken: token})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rowsOf(page.Reservations))
		if token = page.NextToken; token == "" {
			break
		}
		switch len(got) {
		case 1: // the token points at a row of r-a, which goes
			change(func(all []instances.Reservation) []instances.Reservation { return slices.Delete(all, 2, 3) })
		case 2:
			change(func(all []instances.Reservation) []instances.Reservation {
				return slices.Insert(all, 0, reservation("r-added", 10, 3))
			})
		}
	}
	want := [][]string{{"r-early 0", "r-a 0 1 2 3"}, {"r-b 0 1 2 3 4"}, {"r-b 5 6", "r-late 0 1", "r-added 0"}, {"r-added 1 2"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pages (-want +got):\n%s", diff)
	}
}

// TestPagesFiltered counts what the filters leave, and a token without a limit
// asks for all the rest.
func TestPagesFiltered(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.instances.all = []instances.Reservation{reservation("r-a", 0, 8), reservation("r-b", 1, 8), reservation("r-c", 2, 8)}
	})
	client, limit := c.client(t, adminKeys, 4), 5
	ask := &ec2.DescribeInstancesRequest{MaxResults: &limit, Filters: []ec2.Filter{{Name: "launch-index", Values: []string{"0", "7", "3"}}}}
	first, err := client.DescribeInstances(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	ask.MaxResults, ask.NextToken = nil, first.NextToken
	rest, err := client.DescribeInstances(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	got := [][]string{rowsOf(first.Reservations), rowsOf(rest.Reservations)}
	want := [][]string{{"r-a 0 3 7", "r-b 0 3"}, {"r-b 7", "r-c 0 3 7"}}
	if diff := cmp.Diff(want, got); diff != "" || rest.NextToken != "" {
		t.Errorf("pages, last token %q (-want +got):\n%s", rest.NextToken, diff)
	}
}

// TestUnpaged: without MaxResults the service's own order stays.
func TestUnpaged(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.instances.all = []instances.Reservation{reservation("r-b", 2, 2), reservation("r-a", 1, 4)}
	})
	got, err := c.client(t, adminKeys, 4).DescribeInstances(t.Context(), &ec2.DescribeInstancesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"r-b 0 1", "r-a 0 1 2 3"}, rowsOf(got.Reservations)); diff != "" || got.NextToken != "" {
		t.Errorf("token %q (-want +got):\n%s", got.NextToken, diff)
	}
}

func TestPagesOfImages(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.images.all = nil
		for i := range 7 { // newest first, two in each second
			c.images.all = append(c.images.all, images.Image{
				ID: fmt.Sprintf("emi-%d", i), Registered: launched.Add(-time.Duration(i/2) * time.Second),
			})
		}
	})
	client := c.client(t, adminKeys, 4)
	for limit, want := range map[int]string{
		1: "6|4|5|2|3|0|1", 3: "6 4 5|2 3 0|1", 6: "6 4 5 2 3 0|1", 7: "6 4 5 2 3 0 1", 1000: "6 4 5 2 3 0 1",
	} {
		var pages []string
		for token, more := "", true; more; more = token != "" {
			found, err := client.DescribeImages(t.Context(), &ec2.DescribeImagesRequest{MaxResults: &limit, NextToken: token})
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, i := range found.Images {
				ids = append(ids, strings.TrimPrefix(i.ID, "emi-"))
			}
			pages, token = append(pages, strings.Join(ids, " ")), found.NextToken
		}
		if got := strings.Join(pages, "|"); got != want {
			t.Errorf("MaxResults %d: got %s, want %s", limit, got, want)
		}
	}
}

// at is a position as a walk over instances would have it.
func at() position { return position{time: ec2.FormatTime(launched), id: "r-412F078F", index: 3} }

func TestToken(t *testing.T) {
	p := paging{action: ec2.ActionDescribeInstances, least: 5, list: "instancesSet"}
	for _, want := range []position{at(), {id: "sg-00000001"}} {
		if got, ok := p.parse(p.token(want)); !ok || got != want {
			t.Errorf("got %+v, %t, want %+v", got, ok, want)
		}
	}
	encode := base64.RawURLEncoding.EncodeToString
	for name, token := range map[string]string{
		"another action's": paging{action: ec2.ActionDescribeImages}.token(at()),
		"too long":         p.token(position{time: at().time, id: strings.Repeat("r", maxToken)}),
		"padded":           p.token(position{id: "r-1"}) + "=",
		"a line break":     p.token(at())[:8] + "\n" + p.token(at())[8:],
		"no id":            p.token(position{time: at().time}),
		"negative index":   p.token(position{time: at().time, id: "r-1", index: -1}),
		"index with sign":  encode([]byte("DescribeInstances " + at().time + " r-1 +1")),
		"another time":     encode([]byte("DescribeInstances 2026-11-20T21:49:53Z r-1 1")),
		"no time at all":   encode([]byte("DescribeInstances today r-1 1")),
		"a field more":     encode([]byte("DescribeInstances " + at().time + " r-1 1 1")),
	} {
		if got, ok := p.parse(token); ok {
			t.Errorf("%s: %q is taken as %+v", name, token, got)
		}
	}
	_, err := p.page(nil, p.token(at()), []string{"i-1"})
	if got := errorFor(err); got.Code != codeBadCombination {
		t.Errorf("a token with ids: got %v, want %s", got, codeBadCombination)
	}
}

// FuzzToken: what is taken for a token is one that the door would write.
func FuzzToken(f *testing.F) {
	p := paging{action: ec2.ActionDescribeInstances}
	for _, seed := range []string{"", "bogus", p.token(at()), p.token(position{id: "sg-1"}), paging{action: "x"}.token(at())} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		got, ok := p.parse(token)
		if ok && p.token(got) != token {
			t.Errorf("%q is taken as %+v, which is %q", token, got, p.token(got))
		}
	})
}
