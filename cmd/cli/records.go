package cli

import (
	"io"
	"strings"
	"unicode"
)

// Records writes records of tab-separated fields, one a line, as euca2ools
// does. Fields come from a server: what could start a new field or line, or
// speak to the terminal, is shown as a question mark.
type Records struct {
	w     io.Writer
	empty string
	err   error
}

// NewRecords writes to w. With showEmpty an empty field reads (nil).
func NewRecords(w io.Writer, showEmpty bool) *Records {
	r := &Records{w: w}
	if showEmpty {
		r.empty = "(nil)"
	}
	return r
}

// Add writes one record. After an error it does nothing; see Err.
func (r *Records) Add(fields ...string) {
	line := printable(fields)
	for i, field := range line {
		if field == "" {
			line[i] = r.empty
		}
	}
	r.write(strings.Join(line, "\t") + "\n")
}

func (r *Records) write(s string) {
	if r.err == nil {
		_, r.err = io.WriteString(r.w, s)
	}
}

// Err is the first error of writing.
func (r *Records) Err() error { return r.err }

// Printable makes a foreign text safe to show on a line.
func Printable(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == unicode.ReplacementChar {
			return '?'
		}
		return c
	}, s)
}

// printable makes each of some foreign texts safe.
func printable(fields []string) []string {
	safe := make([]string, len(fields))
	for i, field := range fields {
		safe[i] = Printable(field)
	}
	return safe
}

// EachRow makes a record of each row of a table: a word, then the row's fields.
func EachRow(word string, rows [][]string) func(*Records) {
	return func(r *Records) {
		for _, row := range rows {
			r.Add(append([]string{word}, row...)...)
		}
	}
}

// Join writes one text of each element, with a separator.
func Join[T any](separator string, list []T, text func(T) string) string {
	texts := make([]string, len(list))
	for i, element := range list {
		texts[i] = text(element)
	}
	return strings.Join(texts, separator)
}

// Optional is the text of a value, empty when there is none.
func Optional[T any](value *T, text func(T) string) string {
	if value == nil {
		return ""
	}
	return text(*value)
}
