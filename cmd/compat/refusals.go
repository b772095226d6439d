package compat

import (
	"slices"
	"strings"

	"emikit/cmd/cli"
)

// The words in which Python's argparse, Ruby's OptionParser and GNU getopt refuse a
// command line. They repeat what was typed; here, what may be a secret is left out.

// masked is shown in the place of what may be a secret.
const masked = "***"

// leftOver notes a word that argparse refuses at the end.
func (r *reader) leftOver(word string) {
	if n := len(r.line.extra); n > 0 && r.bringsSecret(r.line.extra[n-1]) {
		word = masked
	}
	r.line.extra = append(r.line.extra, r.withoutSecret(word))
}

// bringsSecret says whether the word after an option that is refused may be a secret.
func (r *reader) bringsSecret(word string) bool {
	return isOption(word) && !strings.HasSuffix(word, masked) && !strings.Contains(word, "=") && r.isSecret(word)
}

// withoutSecret is a word as it may be shown.
func (r *reader) withoutSecret(word string) string {
	name, _, hasValue := strings.Cut(word, "=")
	switch {
	case !isOption(word) || !r.isSecret(word):
		return word
	case hasValue:
		return name + "=" + masked
	case !strings.HasPrefix(word, "--") && len(word) > 2:
		return word[:2] + masked
	}
	return word
}

// isSecret says whether an option, of any era or misspelt, has a secret for its value.
func (r *reader) isSecret(word string) bool {
	if name, long := strings.CutPrefix(word, "--"); long {
		name, _, _ = strings.Cut(name, "=")
		return strings.Contains(name, "secret") || strings.Contains(name, "token")
	}
	letter, _ := firstLetter(word[1:])
	for _, o := range r.tool.Options {
		switch o.flag() {
		case "secret-key", "security-token", "delegation-token":
			if slices.Contains(o.short(), letter) {
				return true
			}
		}
	}
	return false
}

func (r *reader) ambiguous(word string, candidates []Option) error {
	name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	names := beginningWith(candidates, name)
	if slices.ContainsFunc(names, r.isSecret) {
		word = "--" + name
	}
	switch r.tool.Family {
	case cli.Euca:
		return cli.Usagef("ambiguous option: %s could match %s", word, strings.Join(names, ", "))
	case cli.UEC:
		return cli.Usagef("option '--%s' is ambiguous; possibilities: '%s'", name, strings.Join(names, "' '"))
	}
	return cli.Usagef("ambiguous option: %s", word)
}

// beginningWith are the long names of options that begin so, with their dashes.
func beginningWith(options []Option, name string) []string {
	var names []string
	for _, o := range options {
		for _, long := range o.long() {
			if strings.HasPrefix(long, name) {
				names = append(names, "--"+long)
			}
		}
	}
	return names
}

// unknown refuses an option. argparse does so at the end, for all at once.
func (r *reader) unknown(word string) error {
	switch {
	case r.argparse():
		r.leftOver(word)
		return nil
	case r.tool.Family != cli.UEC:
		return cli.Usagef("invalid option: %s", r.withoutSecret(word))
	case strings.HasPrefix(word, "--"):
		return cli.Usagef("unrecognized option '%s'", r.withoutSecret(word))
	}
	letter, _ := firstLetter(word[1:])
	return cli.Usagef("invalid option -- '%s'", letter)
}

func (r *reader) needless(option Option, word, value string) error {
	switch r.tool.Family {
	case cli.Euca:
		return cli.Usagef("argument %s: ignored explicit argument '%s'", option.Names, value)
	case cli.UEC:
		name := append(option.long(), option.short()...)[0]
		return cli.Usagef("option '--%s' doesn't allow an argument", name)
	}
	return cli.Usagef("needless argument: %s", word)
}

func (r *reader) missing(option Option, word string) error {
	switch {
	case r.argparse():
		return cli.Usagef("argument %s: expected one argument", option.Names)
	case r.tool.Family != cli.UEC:
		return cli.Usagef("missing argument: %s", word)
	case strings.HasPrefix(word, "--"):
		return cli.Usagef("option '--%s' requires an argument", option.long()[0]) // it was found by its long name
	}
	return cli.Usagef("option requires an argument -- '%s'", word[1:])
}

// notHere refuses an option that emikit has no counterpart of.
func (d dialect) notHere(option Option, why string) error {
	if d.argparse() {
		return cli.Usagef("argument %s: not supported: %s", option.Names, why)
	}
	return cli.Usagef("%s is not supported: %s", option.Names, why)
}
