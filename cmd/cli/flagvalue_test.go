package cli

import (
	"context"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestInvalidFlagValue: a value of the wrong form is refused in the family's words.
func TestInvalidFlagValue(t *testing.T) {
	for _, c := range []struct {
		family Family
		code   int
		want   string
	}{
		{Euca, 2, "usage: x\nx: error: argument -n/--number: invalid int value: 'many'\n"},
		{EC2, 1, "invalid argument: --number many\nTry 'x --help'\n"},
	} {
		var stderr strings.Builder
		app := &App{Name: "x", Family: c.family, Usage: "usage: x\n", Stderr: &stderr}
		if c.family != Euca {
			app.Usage = ""
		}
		cmd := &cobra.Command{Use: "x", Run: func(*cobra.Command, []string) {}}
		cmd.Flags().IntP("number", "n", 0, "")
		code := app.Run(context.Background(), cmd, []string{"--number=many"})
		if stderr.String() != c.want || code != c.code {
			t.Errorf("%s: got %q, %d, want %q, %d", c.family, stderr.String(), code, c.want, c.code)
		}
	}
}
