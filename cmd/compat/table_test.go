package compat

import (
	"slices"
	"testing"

	"emikit/cmd/cli"
)

// TestTable: no tool has two options of one name in one era, and all that is refused or
// passed over says why. Two eras may disagree.
func TestTable(t *testing.T) {
	for _, tool := range Tools() {
		d := dialect{tool: tool}
		for _, era := range d.eras() {
			checkNames(t, tool, era)
		}
		for _, o := range tool.Options {
			if o.Treatment != Same && o.Note == "" {
				t.Errorf("%s %s: %s, but it does not say why", tool.name(), o.Names, o.treatment())
			}
			if len(o.Eras) > 0 && !slices.Contains(d.eras(), o.Eras[0]) {
				t.Errorf("%s %s: in %v, an era of another family", tool.name(), o.Names, o.Eras)
			}
		}
	}
}

func checkNames(t *testing.T, tool Tool, era cli.Era) {
	t.Helper()
	seen := map[string]bool{}
	for _, o := range tool.Options {
		if !o.existsIn(era) {
			continue
		}
		for _, name := range append(o.long(), o.short()...) {
			if seen[name] {
				t.Errorf("%s in %s: two options are called %s", tool.name(), era, name)
			}
			seen[name] = true
		}
	}
}
