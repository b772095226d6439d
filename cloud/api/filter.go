package api

import (
	"slices"

	"emikit/ec2"
)

// maxPattern bounds a filter's value, in bytes, and with it the time that
// matching takes.
const maxPattern = 256

// filters gives, for each filter that an action takes, the values that a row
// has for it.
type filters[T any] map[string]func(T) []string

// one makes a filter of a single value.
func one[T any](f func(T) string) func(T) []string {
	return func(row T) []string { return []string{f(row)} }
}

// keep returns the rows that every filter matches. A filter matches when one of
// its values does, in which * stands for any text and ? for any character.
func (f filters[T]) keep(rows []T, asked []ec2.Filter) ([]T, error) {
	for _, filter := range asked {
		if f[filter.Name] == nil {
			return nil, fail(codeInvalidParameter, "The filter %.100q is invalid", filter.Name)
		}
		if slices.ContainsFunc(filter.Values, func(v string) bool { return len(v) > maxPattern }) {
			return nil, fail(codeInvalidParameter, "A value of the filter %q is longer than %d bytes", filter.Name, maxPattern)
		}
		rows = slices.DeleteFunc(rows, func(row T) bool { return !anyMatch(filter.Values, f[filter.Name](row)) })
	}
	return rows, nil
}

func anyMatch(patterns, values []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return slices.ContainsFunc(values, func(value string) bool { return match(pattern, value) })
	})
}

// match reports whether a value fits a pattern of EC2's filters. A backslash
// makes the next character stand for itself. On a mismatch it returns to the
// last star only, so it takes at most len(pattern) times len(value) steps.
func match(pattern, value string) bool {
	p, v := 0, 0
	star, from := -1, 0
	for v < len(value) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, v
			p++
			continue
		case p < len(pattern) && pattern[p] == '?':
			p, v = p+1, v+1
			continue
		}
		if width := literal(pattern[p:], value[v]); width > 0 {
			p, v = p+width, v+1
		} else if star >= 0 {
			from++
			p, v = star+1, from
		} else {
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// literal is how many bytes of the pattern stand for the character, 0 for
// none.
func literal(pattern string, c byte) int {
	switch {
	case pattern == "":
		return 0
	case pattern[0] == '\\' && len(pattern) > 1:
		if pattern[1] == c {
			return 2
		}
		return 0
	case pattern[0] == c:
		return 1
	}
	return 0
}
