package compat

import (
	"slices"
	"strconv"
	"strings"

	"emikit/cmd/cli"
)

// line is a command line as a tool understood it.
type line struct {
	given []given
	args  []string
	extra []string // what argparse does not know, and what is too much for it
	shown string   // the long name of the first option that asks for words: help, version or manual
}

// given is an option that was given.
type given struct {
	option   Option
	value    string
	hasValue bool
}

// reader goes through the words of a command line.
type reader struct {
	dialect
	words []string
	next  int // the index of the word to read
	line  line
}

// read understands a command line, or says in the tool's words why not.
func (d dialect) read(words []string) (line, error) {
	r := reader{dialect: d, words: words}
	for r.next < len(r.words) {
		if err := r.word(); err != nil {
			return line{}, err
		}
		if r.line.shown != "" && d.argparse() {
			return line{shown: r.line.shown}, nil // argparse shows it there and then
		}
	}
	if r.line.shown != "" {
		return line{shown: r.line.shown}, nil
	}
	if err := r.required(); err != nil {
		return line{}, err
	}
	if len(r.line.extra) > 0 {
		return line{}, cli.Usagef("unrecognized arguments: %s", strings.Join(r.line.extra, " "))
	}
	r.line.given = r.lastOnes(r.line.given)
	return r.line, nil
}

// word reads the next word, and the one after it if that is its value.
func (r *reader) word() error {
	word := r.words[r.next]
	r.next++
	switch {
	case word == "--":
		for _, arg := range r.words[r.next:] {
			r.argument(arg)
		}
		r.next = len(r.words)
	case strings.HasPrefix(word, "--"):
		return r.longOption(word)
	case isOption(word) && !(r.argparse() && negative(word)):
		return r.letters(word)
	default:
		r.argument(word)
	}
	return nil
}

// argument takes an argument. Some tools pass over them, and argparse refuses, at the
// end, those that are too many.
func (r *reader) argument(word string) {
	switch most := r.tool.mostArgs(); {
	case r.tool.Stray:
	case r.argparse() && most != cli.Any && len(r.line.args) == most:
		r.leftOver(word)
	default:
		r.line.args = append(r.line.args, word)
	}
}

func (r *reader) longOption(word string) error {
	name, value, hasValue := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	option, candidates, ok := r.named(name)
	switch {
	case len(candidates) > 0:
		return r.ambiguous(word, candidates)
	case !ok:
		return r.unknown(word)
	case hasValue && option.Value == "" && !option.own:
		return r.needless(option, word, value)
	case option.takesValue() && !hasValue:
		return r.withNext(option, word)
	}
	return r.take(option, word, value, hasValue)
}

// letters reads a word of one dash: a letter and its value, or letters that take none.
func (r *reader) letters(word string) error {
	for rest := word[1:]; rest != ""; {
		var letter string
		letter, rest = firstLetter(rest)
		option, ok := r.lettered(letter)
		switch {
		case !ok && rest == word[1+len(letter):]:
			return r.unknown(word)
		case !ok:
			return r.unknown("-" + letter)
		case option.takesValue() && rest != "":
			return r.take(option, word, strings.TrimPrefix(rest, "="), true)
		case option.takesValue():
			return r.withNext(option, "-"+letter)
		case strings.HasPrefix(rest, "="):
			return r.needless(option, word, rest[1:])
		}
		if err := r.take(option, "-"+letter, "", false); err != nil {
			return err
		}
	}
	return nil
}

// withNext takes an option whose value is the next word.
func (r *reader) withNext(option Option, word string) error {
	if r.next == len(r.words) || r.looksLikeOption(r.words[r.next]) {
		return r.missing(option, word)
	}
	value := r.words[r.next]
	r.next++
	return r.take(option, word+" "+value, value, true)
}

// take notes an option, after a look at its value. typed is how it stands in the
// command line.
func (r *reader) take(option Option, typed, value string, hasValue bool) error {
	switch flag := option.flag(); flag {
	case "help", "version", "manual":
		if r.line.shown == "" {
			r.line.shown = flag
		}
		return nil
	}
	if hasValue {
		if err := r.check(option, typed, value); err != nil {
			return err
		}
	}
	if err := r.together(option); err != nil {
		return err
	}
	r.line.given = append(r.line.given, given{option, value, hasValue})
	return nil
}

// check looks at the form of a value, as far as the tool does while it reads.
func (r *reader) check(option Option, typed, value string) error {
	_, notNumber := strconv.Atoi(strings.TrimSpace(value))
	switch {
	case option.form == text && value == "" && !r.argparse():
		return cli.Usagef("invalid argument: %s", typed)
	case option.form != number || notNumber == nil:
		return nil
	case r.argparse():
		return cli.Usagef("argument %s: invalid int value: '%s'", option.Names, value)
	}
	return cli.Usagef("invalid argument: %s", typed)
}

// inherit is the group of a switch that is put on and off by two options.
const inherit = "inherit"

// notBoth is the group of -U and --region, which 3.0 did not take together and 2.x and
// 3.1 on do.
const notBoth = "endpoint"

// together refuses an option that argparse does not take along with an earlier one.
func (r *reader) together(option Option) error {
	if !r.argparse() || option.Group == "" || r.era == cli.Euca2 || option.Group == notBoth && r.era != cli.Euca3 {
		return nil
	}
	for _, g := range r.line.given {
		if g.option.Group == option.Group && g.option.Names != option.Names {
			return cli.Usagef("argument %s: not allowed with argument %s", option.Names, g.option.Names)
		}
	}
	return nil
}

// lastOnes leaves the last one of each option that counts once.
func (d dialect) lastOnes(all []given) []given {
	var last []given
	for i, g := range all {
		later := func(h given) bool {
			return h.option.flag() == g.option.flag() || h.option.Group == inherit && g.option.Group == inherit
		}
		if d.addsUp(g.option) || !slices.ContainsFunc(all[i+1:], later) {
			last = append(last, g)
		}
	}
	return last
}
