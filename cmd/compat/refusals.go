package compat

import (
	"strings"

	"emikit/cmd/cli"
)

// The words in which Ruby's OptionParser and Python's argparse refuse a command line.

func (r *reader) ambiguous(word string, candidates []Option) error {
	if !r.argparse() {
		return cli.Usagef("ambiguous option: %s", word)
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	var names []string
	for _, o := range candidates {
		for _, long := range o.long() {
			if strings.HasPrefix(long, name) {
				names = append(names, "--"+long)
			}
		}
	}
	return cli.Usagef("ambiguous option: %s could match %s", word, strings.Join(names, ", "))
}

// unknown refuses an option. argparse does so at the end, for all at once.
func (r *reader) unknown(word string) error {
	if !r.argparse() {
		return cli.Usagef("invalid option: %s", word)
	}
	r.line.extra = append(r.line.extra, word)
	return nil
}

func (r *reader) needless(option Option, word, value string) error {
	if !r.argparse() {
		return cli.Usagef("needless argument: %s", word)
	}
	return cli.Usagef("argument %s: ignored explicit argument '%s'", option.Names, value)
}

func (r *reader) missing(option Option, word string) error {
	if !r.argparse() {
		return cli.Usagef("missing argument: %s", word)
	}
	return cli.Usagef("argument %s: expected one argument", option.Names)
}

// notHere refuses an option that emikit has no counterpart of.
func (d dialect) notHere(option Option, why string) error {
	if d.argparse() {
		return cli.Usagef("argument %s: not supported: %s", option.Names, why)
	}
	return cli.Usagef("%s is not supported: %s", option.Names, why)
}
