package compat

import (
	"slices"
	"strings"

	"emikit/cmd/cli"
)

// Treatment is what emikit makes of an option.
type Treatment int

// The treatments.
const (
	Same    Treatment = iota // does what it did
	Better                   // does more, or does it more safely: the note says how
	Ignored                  // is taken and passed over: the note says why
	Refused                  // is refused: the note says why
)

// Option is an option of a tool.
type Option struct {
	// Names are its spellings as messages show them: "-m/--manifest".
	Names string
	// Value is what it takes, as a usage line shows it; empty for nothing.
	Value string
	// Eras are those in which it exists; none stands for all.
	Eras []cli.Era
	// Flag is the long name of our flag for it, where it is another than its own.
	Flag string
	// Many says that repeats add up. Of all other options the last one counts.
	Many bool
	// Group names options of which euca2ools take one at most.
	Group string
	// Optional is of flags of ours that may have a value.
	Optional bool

	needed, hidden bool // in usage lines
	form           form
	Treatment      Treatment
	Note           string

	own bool // a flag of emikit's own
}

// form is what a value must look like, where a tool looks at it while it reads the
// command line.
type form int

const (
	anything form = iota
	text          // not empty, with ec2-ami-tools
	number
)

// opt is an option that takes a value.
func opt(names, value string) Option { return Option{Names: names, Value: value} }

// on is an option that takes none.
func on(names string) Option { return Option{Names: names} }

func (o Option) in(eras ...cli.Era) Option { o.Eras = eras; return o }
func (o Option) to(flag string) Option     { o.Flag = flag; return o }
func (o Option) many() Option              { o.Many = true; return o }
func (o Option) require() Option           { o.needed = true; return o }
func (o Option) hide() Option              { o.hidden = true; return o }
func (o Option) group(name string) Option  { o.Group = name; return o }
func (o Option) text() Option              { o.form = text; return o }
func (o Option) number() Option            { o.form = number; return o }
func (o Option) note(text string) Option   { o.Note = text; return o }
func (o Option) better(how string) Option  { o.Treatment, o.Note = Better, how; return o }
func (o Option) ignored(why string) Option { o.Treatment, o.Note = Ignored, why; return o }
func (o Option) refused(why string) Option { o.Treatment, o.Note = Refused, why; return o }

// long are its long names, without dashes.
func (o Option) long() []string {
	var names []string
	for name := range strings.SplitSeq(o.Names, "/") {
		if long, is := strings.CutPrefix(name, "--"); is {
			names = append(names, long)
		}
	}
	return names
}

// short are its letters.
func (o Option) short() []string {
	var letters []string
	for name := range strings.SplitSeq(o.Names, "/") {
		if !strings.HasPrefix(name, "--") {
			letters = append(letters, strings.TrimPrefix(name, "-"))
		}
	}
	return letters
}

// flag is the long name of our flag for it, or its letter if it has no long name.
func (o Option) flag() string {
	if o.Flag != "" {
		return o.Flag
	}
	if long := o.long(); len(long) > 0 {
		return long[0]
	}
	return o.short()[0]
}

// existsIn says whether a tool of an era has it. [cli.AnyEra] has all.
func (o Option) existsIn(era cli.Era) bool {
	return era == cli.AnyEra || len(o.Eras) == 0 || slices.Contains(o.Eras, era)
}

// takesValue says whether the next word may be its value.
func (o Option) takesValue() bool { return o.Value != "" && !o.Optional }
