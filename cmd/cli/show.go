package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Output is a form in which results are shown. It is a flag value.
type Output string

// The forms of output.
const (
	Text  Output = "text"  // tab-separated records, as euca2ools prints them
	Table Output = "table" // aligned columns with a heading, for people
	JSON  Output = "json"  // one JSON value, for programs
)

// String returns the name of the form, as it is given to --output.
func (o *Output) String() string { return string(*o) }

// Type names the flag's value in help texts.
func (o *Output) Type() string { return "FORM" }

// Set takes the value of --output.
func (o *Output) Set(value string) error {
	switch v := Output(value); v {
	case Text, Table, JSON:
		*o = v
		return nil
	}
	return suggestValue(fmt.Errorf("%q is not one of text, table, json", value), value, string(Text), string(Table), string(JSON))
}

// View is a result in every form a command offers. JSON is marshalled as it
// is. Header and Rows make the table; without them the table is the text. The
// text is what Text writes or, if that is nil, the Records.
type View struct {
	JSON    any
	Text    func(w io.Writer) error
	Records func(r *Records)
	Header  []string
	Rows    [][]string
}

// Show writes a result to standard output in the form that was asked for.
func (a *App) Show(v View) error {
	switch {
	case a.Output == JSON:
		enc := json.NewEncoder(a.Stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(v.JSON)
	case a.Output == Table && v.Header != nil:
		return writeTable(a.Stdout, v.Header, v.Rows)
	case v.Text != nil:
		return v.Text(a.Stdout)
	}
	records := NewRecords(a.Stdout, a.ShowEmpty)
	v.Records(records)
	return records.Err()
}

// writeTable shows texts that come from a server as records show them.
func writeTable(w io.Writer, header []string, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, strings.ToUpper(strings.Join(header, "\t")))
	for _, row := range rows {
		fmt.Fprintln(tw, strings.Join(printable(row), "\t"))
	}
	return tw.Flush()
}
