package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdPipeline writes a part of a pipeline in docs/pipelines.md, that of a system, as a
// shell script: the lines of the block with a NUMBER, from 1, below the line that ends
// with NAME.
func cmdPipeline(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 4, false, "pipeline SYSTEM NAME NUMBER FILE")
	text, err := os.ReadFile("../../docs/pipelines.md")
	ts.Check(err)
	_, pipeline, _ := strings.Cut(string(text), "## "+args[0])
	_, pipeline, found := strings.Cut(pipeline, "\n```yaml\n")
	pipeline, _, _ = strings.Cut(pipeline, "\n```\n")
	_, step, named := strings.Cut("\n"+pipeline, args[1]+"\n")
	if !found || !named {
		ts.Fatalf("docs/pipelines.md: no %s in the pipeline of %s", args[1], args[0])
	}
	number, err := strconv.Atoi(args[2])
	ts.Check(err)
	for range number {
		_, step, named = strings.Cut(step, "|\n")
	}
	lines := indented(step)
	if !named || len(lines) == 0 {
		ts.Fatalf("docs/pipelines.md: %s of %s has no lines", args[1], args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[3]), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

// indented are the lines at the beginning of a text that are indented as the first one
// is, or more, without that.
func indented(text string) (lines []string) {
	margin := text[:len(text)-len(strings.TrimLeft(text, " "))]
	for line := range strings.Lines(text) {
		rest, inside := strings.CutPrefix(strings.TrimRight(line, "\n"), margin)
		if !inside {
			break
		}
		lines = append(lines, rest)
	}
	return lines
}
