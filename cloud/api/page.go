package api

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"emikit/ec2"
)

const (
	// mostPerPage is the largest MaxResults that EC2 takes.
	mostPerPage = 1000
	// maxToken bounds a NextToken, in bytes; ours are about 70 long.
	maxToken = 128
)

// paging says how an action is paged.
type paging struct {
	action string // in the token: one action's token is not another's
	least  int    // the smallest MaxResults
	list   string // what EC2 calls the list of ids in its refusals
}

// position is where a row stands in a walk over the pages: its time as on the
// wire, which sorts as text (empty for rows that have none), then what tells
// rows of one time apart. A position outlives its row, so a walk goes on behind
// a row that is gone; what is added meanwhile is newer and comes at the end.
type position struct {
	time, id string
	index    int
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.time, q.time), cmp.Compare(p.id, q.id), cmp.Compare(p.index, q.index))
}

// page is the part of a list that a client asks for. The zero page is all of
// it, in the order in which the service lists it.
type page struct {
	paging
	limit int      // rows; 0: all
	after position // the last row of the page before; zero: none
}

// page reads what a request says of pages. EC2 does not page what is asked for
// by id.
func (p paging) page(limit *int, token string, ids []string) (page, error) {
	asked := page{paging: p}
	if limit != nil {
		if *limit < p.least || *limit > mostPerPage {
			return page{}, fail(codeInvalidParameter,
				"Value ( %d ) for parameter maxResults is invalid. Expecting a value between %d and %d.", *limit, p.least, mostPerPage)
		}
		asked.limit = *limit
	}
	if token != "" {
		var ok bool
		if asked.after, ok = p.parse(token); !ok {
			return page{}, fail(codeInvalidParameter, "Value ( %.100s ) for parameter NextToken is invalid. The token is invalid.", token)
		}
	}
	switch {
	case len(ids) > 0 && limit != nil:
		return page{}, fail(codeBadCombination, "The parameter %s cannot be used with the parameter maxResults", p.list)
	case len(ids) > 0 && token != "":
		return page{}, fail(codeBadCombination, "The parameter %s cannot be used with the parameter nextToken", p.list)
	}
	return asked, nil
}

// token writes a position so that clients can send it back. It is not secret
// and grants nothing: what a caller sees is decided anew for each page.
func (p paging) token(at position) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %s %s %d", p.action, at.time, at.id, at.index))
}

// parse reads a token of this action, which it takes in the one form in which
// token writes it.
func (p paging) parse(token string) (position, bool) {
	if len(token) > maxToken {
		return position{}, false
	}
	text, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return position{}, false
	}
	fields := strings.Split(string(text), " ")
	if len(fields) != 4 || fields[2] == "" {
		return position{}, false
	}
	if when, err := time.Parse(time.RFC3339, fields[1]); fields[1] != "" && (err != nil || ec2.FormatTime(when) != fields[1]) {
		return position{}, false
	}
	index, err := strconv.Atoi(fields[3])
	at := position{time: fields[1], id: fields[2], index: index}
	return at, err == nil && index >= 0 && p.token(at) == token
}

// take cuts a page out of all rows, oldest first, and returns the token of the
// next page, empty after the last.
func take[T any](p page, rows []T, at func(T) position) ([]T, string) {
	if p.limit == 0 && p.after == (position{}) {
		return rows, ""
	}
	rows = slices.DeleteFunc(rows, func(row T) bool { return at(row).compare(p.after) <= 0 })
	slices.SortFunc(rows, func(a, b T) int { return at(a).compare(at(b)) })
	if p.limit == 0 || len(rows) <= p.limit {
		return rows, ""
	}
	return rows[:p.limit], p.token(at(rows[p.limit-1]))
}
