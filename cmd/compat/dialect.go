package compat

import (
	"slices"
	"strings"

	"emikit/cmd/cli"
)

// dialect is how a tool of an era reads its command line.
type dialect struct {
	tool Tool
	era  cli.Era
	// own are emikit's own flags, which are taken in [cli.AnyEra] where they are not
	// in the tool's way.
	own []Option
}

// eras are those whose command lines are taken.
func (d dialect) eras() []cli.Era {
	switch {
	case d.era != cli.AnyEra:
		return []cli.Era{d.era}
	case d.tool.Family == cli.EC2:
		return []cli.Era{cli.EC2v14, cli.EC2v15}
	}
	return []cli.Era{cli.Euca3, cli.Euca2}
}

// argparse says whether the tool reads its command line with Python's argparse, which
// is stricter than what its relatives have.
func (d dialect) argparse() bool { return d.tool.Family == cli.Euca }

// named finds the option of a long name, or those that it may be short for.
func (d dialect) named(name string) (found Option, candidates []Option, ok bool) {
	for _, list := range [][]Option{d.tool.Options, d.own} {
		for _, o := range list {
			if d.has(o) && slices.Contains(o.long(), name) {
				return o, nil, true
			}
		}
	}
	found, candidates, ok = d.shortened(name)
	if ok || len(candidates) > 0 || d.era != cli.AnyEra {
		return found, candidates, ok
	}
	candidates = beginning(d.own, name, cli.AnyEra)
	if len(candidates) == 1 {
		return candidates[0], nil, true
	}
	return Option{}, candidates, false
}

// shortened finds the option that a name is short for. Each era is asked: one in which
// the name is short for one option counts, unless another era knows better.
func (d dialect) shortened(name string) (found Option, candidates []Option, ok bool) {
	var sure []Option
	for _, era := range d.eras() {
		matches := beginning(d.tool.Options, name, era)
		if len(matches) == 1 && !slices.ContainsFunc(sure, func(o Option) bool { return o.flag() == matches[0].flag() }) {
			sure = append(sure, matches[0])
		}
		if len(candidates) == 0 {
			candidates = matches
		}
	}
	switch len(sure) {
	case 0:
		return Option{}, candidates, false
	case 1:
		return sure[0], nil, true
	}
	return Option{}, sure, false
}

// beginning are the options of an era with a long name that begins so.
func beginning(options []Option, name string, era cli.Era) []Option {
	var matches []Option
	for _, o := range options {
		if o.existsIn(era) && slices.ContainsFunc(o.long(), func(long string) bool { return strings.HasPrefix(long, name) }) {
			matches = append(matches, o)
		}
	}
	return matches
}

// lettered finds the option of a letter.
func (d dialect) lettered(letter string) (Option, bool) {
	for _, list := range [][]Option{d.tool.Options, d.own} {
		for _, o := range list {
			if d.has(o) && slices.Contains(o.short(), letter) {
				return o, true
			}
		}
	}
	return Option{}, false
}

// addsUp says whether all of an option's repeats count. Where no era is chosen, that they
// do in one of the eras is enough: scripts of that one rely on it, others do not repeat.
func (d dialect) addsUp(o Option) bool {
	return o.Many || d.era == cli.AnyEra && slices.ContainsFunc(d.tool.Options, func(other Option) bool {
		return other.Many && other.flag() == o.flag()
	})
}

func (d dialect) has(o Option) bool {
	if o.own {
		return d.era == cli.AnyEra
	}
	return o.existsIn(d.era)
}

// looksLikeOption says whether a word is an option rather than the value of the one
// before it. Ruby's OptionParser and C's getopt never ask.
func (d dialect) looksLikeOption(word string) bool {
	switch {
	case !d.argparse() || d.era == cli.Euca2:
		return false
	case !isOption(word) || negative(word):
		return false
	case word == "--" || d.knows(word):
		return true
	}
	return d.era != cli.AnyEra && !strings.Contains(word, " ")
}

func (d dialect) knows(word string) bool {
	if name, long := strings.CutPrefix(word, "--"); long {
		name, _, _ = strings.Cut(name, "=")
		_, candidates, ok := d.named(name)
		return ok || len(candidates) > 0
	}
	letter, _ := firstLetter(word[1:])
	_, ok := d.lettered(letter)
	return ok
}

// isOption says whether a word can be an option: "-" is standard input.
func isOption(word string) bool { return len(word) > 1 && word[0] == '-' }

// negative says whether a word begins as a negative number does, such as the -1:-1 of
// all types and codes of ICMP.
func negative(word string) bool {
	return len(word) > 1 && word[0] == '-' && '0' <= word[1] && word[1] <= '9'
}

// firstLetter splits a word after its first character.
func firstLetter(word string) (letter, rest string) {
	for i := range word {
		if i > 0 {
			return word[:i], word[i:]
		}
	}
	return word, ""
}
