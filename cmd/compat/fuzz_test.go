package compat

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
)

// FuzzRead: no command line is too strange to be read, and one that is said in full, in
// the tool's own words, is read as the same.
func FuzzRead(f *testing.F) {
	for which := range uint8(len(Tools())) {
		f.Add(which, which, "-i disk.img --priv=pk.pem -r x86_64 extra -ab=c --retry 5 -- -x")
		f.Add(which, uint8(0), "--j -j=\xff --= -= - --secret-key --url=u --region r -o=-o -\xff -é")
	}
	tools, eras := Tools(), []cli.Era{cli.AnyEra, cli.EC2v14, cli.EC2v15, cli.Euca2, cli.Euca3}
	cmd := &cobra.Command{Use: "x"}
	cmd.Flags().StringP("bucket", "b", "", "")
	cmd.Flags().BoolP("jobs", "j", false, "")
	f.Fuzz(func(t *testing.T, which, when uint8, text string) {
		tool, era := tools[int(which)%len(tools)], eras[int(when)%len(eras)]
		words := strings.Split(text, " ")
		d := dialect{tool: tool, era: era, own: ownOptions(tool, cmd)}
		first, err := d.read(words)
		if _, readErr := Read(tool, era, cmd, words); err != nil && readErr == nil {
			t.Fatalf("%s %q: Read took what was refused: %v", tool.name(), words, err)
		}
		if err != nil || first.shown != "" {
			return
		}
		full := first.inItsWords()
		again, err := d.read(full)
		if err != nil {
			t.Fatalf("%s %s %q, in full %q: %v", era, tool.name(), words, full, err)
		}
		if got := again.inItsWords(); !slices.Equal(got, full) {
			t.Fatalf("%s %s %q: got %q, want %q", era, tool.name(), words, got, full)
		}
	})
}
