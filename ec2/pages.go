package ec2

import (
	"context"
	"fmt"
)

// How far a listing is followed. At EC2's thousand rows a page, of about 2 KiB
// each, both are far above what an account may have.
const (
	maxPages   = 1000
	maxListing = 4 * maxResponse // bytes of all pages together
)

// AllImages lists images as DescribeImages does, over all pages of the list.
func (c *Client) AllImages(ctx context.Context, in *DescribeImagesRequest) (*DescribeImagesResponse, error) {
	return allPages[DescribeImagesResponse](ctx, c, ActionDescribeImages, in, maxListing)
}

// AllInstances lists reservations as DescribeInstances does, over all pages of
// the list. A reservation that goes on from one page to the next is one again.
func (c *Client) AllInstances(ctx context.Context, in *DescribeInstancesRequest) (*DescribeInstancesResponse, error) {
	return allPages[DescribeInstancesResponse](ctx, c, ActionDescribeInstances, in, maxListing)
}

// paged is a response that may be one page of several. next is the token of the
// page behind it.
type paged[T any] interface {
	*T
	Response
	next() *string
	add(page *T)
}

func (r *DescribeImagesResponse) next() *string { return &r.NextToken }

func (r *DescribeImagesResponse) add(page *DescribeImagesResponse) {
	r.Images = append(r.Images, page.Images...)
}

func (r *DescribeInstancesResponse) next() *string { return &r.NextToken }

// add appends a page, whose first reservation may be the rest of the last one.
func (r *DescribeInstancesResponse) add(page *DescribeInstancesResponse) {
	rows := page.Reservations
	if last := len(r.Reservations) - 1; last >= 0 && len(rows) > 0 && r.Reservations[last].ID == rows[0].ID {
		r.Reservations[last].Instances = append(r.Reservations[last].Instances, rows[0].Instances...)
		rows = rows[1:]
	}
	r.Reservations = append(r.Reservations, rows...)
}

// allPages asks for one page after the other and puts them together, as far as
// they have most bytes in all. It gives up on a server whose tokens lead in a
// circle, or nowhere.
func allPages[T any, P paged[T]](ctx context.Context, c *Client, action string, request any, most int) (*T, error) {
	form, all, size := Encode(request), P(new(T)), 0
	seen := map[string]bool{}
	for range maxPages {
		page, n, err := ask[T, P](ctx, c, action, form)
		if err != nil {
			return nil, err
		}
		if size += n; size > most {
			return nil, fmt.Errorf("%s: the list is longer than %d bytes", c.endpoint, most)
		}
		token := *P(page).next()
		if len(seen) == 0 {
			all = page
		} else {
			all.add(page)
		}
		if token == "" {
			*all.next() = ""
			return all, nil
		}
		if seen[token] {
			return nil, fmt.Errorf("%s: the list leads in a circle: NextToken %q came before", c.endpoint, shorten(token))
		}
		seen[token] = true
		form.Set("NextToken", token)
	}
	return nil, fmt.Errorf("%s: the list does not end after %d pages", c.endpoint, maxPages)
}
