package compat

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
)

// TestUsage: usage lines are those that euca2ools 3.4.1 were seen to write, in 80 columns.
func TestUsage(t *testing.T) {
	recorded, err := os.ReadFile("testdata/usages.txt")
	if err != nil {
		t.Fatal(err)
	}
	usages := strings.Split(strings.TrimSpace(string(recorded)), "\n\n")
	if len(usages) < 9 {
		t.Fatalf("got %d recorded usages, want at least 9", len(usages))
	}
	for _, want := range usages {
		program := strings.Fields(want)[1]
		tool, ok := Lookup(program)
		if !ok {
			t.Errorf("Lookup(%q): no such tool", program)
		}
		if diff := cmp.Diff(want+"\n", Usage(tool, program, cli.AnyEra)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", program, diff)
		}
	}
}

// TestUsageOfOthers: each family has its own form.
func TestUsageOfOthers(t *testing.T) {
	for program, want := range map[string]string{
		"ec2-bundle-image":      "",
		"cloud-publish-tarball": "Usage: cloud-publish-tarball [options] TARBALL BUCKET[/PREFIX] [ARCH]\n",
		"euca-version":          "usage: euca-version [--debug] [--debugger] [--version] [-h]\n",
	} {
		tool, _ := Lookup(program)
		if got := Usage(tool, program, cli.AnyEra); got != want {
			t.Errorf("%s: got %q, want %q", program, got, want)
		}
	}
}
