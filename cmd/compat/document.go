package compat

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
)

// The marks in docs/compatibility.md between which the tables stand.
const (
	beginTables = "<!-- begin options -->\n"
	endTables   = "<!-- end options -->\n"
)

// UpdateTables puts the tables into the page at path, between their marks. root has our
// commands.
func UpdateTables(root *cobra.Command, path string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	updated, err := WithTables(root, string(page))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(updated), 0o644)
}

// WithTables is a page with the tables as they must be.
func WithTables(root *cobra.Command, page string) (string, error) {
	before, rest, found := strings.Cut(page, beginTables)
	_, after, ended := strings.Cut(rest, endTables)
	if !found || !ended {
		return "", fmt.Errorf("no lines %q and %q", strings.TrimSpace(beginTables), strings.TrimSpace(endTables))
	}
	return before + beginTables + Document(root) + endTables + after, nil
}

// Document writes the tables in Markdown.
func Document(root *cobra.Command) string {
	var b strings.Builder
	for _, g := range groups() {
		fmt.Fprintf(&b, "### %s\n\n", g.title)
		common := commonOf(g.tools)
		if len(common) > 0 {
			b.WriteString("All of these commands take:\n\n")
			writeOptions(&b, common)
		}
		for _, t := range g.tools {
			t.write(&b, root, common)
		}
	}
	writeLetters(&b)
	return b.String()
}

// commonOf are the options that every tool has.
func commonOf(tools []Tool) []Option {
	if len(tools) < 2 {
		return nil
	}
	var common []Option
	for _, o := range tools[0].Options {
		lacks := func(t Tool) bool { return !hasRow(t.Options, o) }
		if !slices.ContainsFunc(tools[1:], lacks) {
			common = append(common, o)
		}
	}
	return common
}

func hasRow(options []Option, o Option) bool {
	return slices.ContainsFunc(options, func(p Option) bool { return p.row() == o.row() })
}

// write writes what a tool has beside what is common.
func (t Tool) write(b *strings.Builder, root *cobra.Command, common []Option) {
	fmt.Fprintf(b, "#### %s\n\n", t.name())
	if facts := t.facts(root); facts != "" {
		b.WriteString(facts + "\n\n")
	}
	options := slices.DeleteFunc(slices.Clone(t.Options), func(o Option) bool { return hasRow(common, o) })
	if twin := t.twin(); twin != "" {
		fmt.Fprintf(b, "The other options are those of `%s`.\n\n", twin)
		return
	}
	writeOptions(b, options)
}

// twin is the name of euca2ools' command whose options a command of ec2-api-tools has, as
// far as these are its own: both are made from one row.
func (t Tool) twin() string {
	if t.Family != cli.EC2 || !slices.ContainsFunc(ec2Commands(cli.EC2), func(u Tool) bool { return u.Command == t.Command }) {
		return ""
	}
	return string(cli.Euca) + "-" + t.Names[0]
}

// facts are sentences about a tool.
func (t Tool) facts(root *cobra.Command) string {
	var facts []string
	if len(t.Names) > 1 {
		var names []string
		for _, name := range t.Names[1:] {
			names = append(names, "`"+t.program(name)+"`")
		}
		facts = append(facts, "Also "+strings.Join(names, ", ")+".")
	}
	if t.Command != t.Names[0] {
		facts = append(facts, "Runs `emikit "+t.Command+"`.")
	}
	switch {
	case t.Stray:
		facts = append(facts, "Arguments are passed over.")
	case t.Args != "":
		facts = append(facts, "Arguments: `"+t.Args+"`.")
	}
	if len(t.Eras) > 0 {
		facts = append(facts, "Only in "+erasText(t.Eras)+".")
	}
	if t.Note != "" {
		facts = append(facts, strings.ToUpper(t.Note[:1])+t.Note[1:]+".")
	}
	if own := t.ownFlags(root); own != "" {
		facts = append(facts, "emikit's own: "+own+".")
	}
	return strings.Join(facts, " ")
}

// ownFlags names the flags of our command that the tool never had, but for those of all
// commands, which the page tells of, and those that are there for old scripts only.
func (t Tool) ownFlags(root *cobra.Command) string {
	cmd, _, err := root.Find([]string{t.Command})
	if err != nil || cmd == root {
		return ""
	}
	theirs := map[string]bool{}
	for _, o := range t.Options {
		if f := flagOf(cmd, o); f != nil {
			theirs[f.Name] = true
		}
	}
	everywhere := []string{"help", "output", "debug", "ca-bundle", "no-verify-ssl", "sigv", "access-key", "access-key-id",
		"secret", "secret-key", "security-token", "delegation-token"}
	var own []string
	eachFlag(cmd, func(f *pflag.Flag) {
		if !theirs[f.Name] && !f.Hidden && !slices.Contains(everywhere, f.Name) {
			own = append(own, "`--"+f.Name+"`")
		}
	})
	slices.Sort(own)
	return strings.Join(own, ", ")
}

func writeOptions(b *strings.Builder, options []Option) {
	if len(options) == 0 {
		b.WriteString("No options of its own.\n\n")
		return
	}
	b.WriteString("| option | takes | in | emikit |\n| --- | --- | --- | --- |\n")
	for _, o := range options {
		b.WriteString(o.row())
	}
	b.WriteString("\n")
}

// row is an option's line of a table.
func (o Option) row() string {
	value := "–"
	if o.Value != "" {
		value = "`" + strings.ReplaceAll(o.Value, "|", `\|`) + "`"
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s |\n", strings.ReplaceAll(o.Names, "/", "`, `"), value, erasText(o.Eras), o.treatment())
}

// treatment says what emikit makes of an option.
func (o Option) treatment() string {
	words := map[Treatment]string{Same: "same", Better: "better", Ignored: "not supported, passed over", Refused: "not supported, refused"}[o.Treatment]
	if o.Note != "" {
		words += ": " + strings.ReplaceAll(o.Note, "|", `\|`)
	}
	return words
}

func erasText(eras []cli.Era) string {
	if len(eras) == 0 {
		return "all"
	}
	var names []string
	for _, era := range eras {
		names = append(names, string(era))
	}
	return strings.Join(names, ", ")
}

// writeLetters writes which letters a tool's eras disagree about.
func writeLetters(b *strings.Builder) {
	b.WriteString("### Letters that changed their meaning\n\nThe first meaning is the one that counts unless `EMIKIT_COMPAT` names an era.\n\n")
	b.WriteString("| command | letter | by default | otherwise |\n| --- | --- | --- | --- |\n")
	for _, t := range Tools() {
		meanings, order := t.letters()
		for _, letter := range order {
			if all := meanings[letter]; len(all) > 1 {
				fmt.Fprintf(b, "| `%s` | `-%s` | %s | %s |\n", t.name(), letter, all[0], strings.Join(all[1:], "; "))
			}
		}
	}
	b.WriteString("\n")
}

// letters are the meanings of a tool's letters, and the letters in the order of the table.
func (t Tool) letters() (meanings map[string][]string, order []string) {
	meanings = map[string][]string{}
	flags := map[string][]string{}
	for _, o := range t.Options {
		for _, letter := range o.short() {
			if len(meanings[letter]) == 0 {
				order = append(order, letter)
			}
			if !slices.Contains(flags[letter], o.flag()) {
				flags[letter] = append(flags[letter], o.flag())
				meanings[letter] = append(meanings[letter], "`--"+o.flag()+"` ("+erasText(o.Eras)+")")
			}
		}
	}
	return meanings, order
}
