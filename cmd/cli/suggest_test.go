package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestNearest(t *testing.T) {
	options := []string{"region", "retries", "retry-for", "bucket", "no-verify-ssl", "url"}
	for word, want := range map[string]string{
		"regoin": "region", "REGION": "region", "regio": "region", "no-verify": "no-verify-ssl", "bukcet": "bucket",
		"retr": "", "ur": "url", "u": "url", "frobnicate": "", "": "", "x": "", strings.Repeat("region", 20): "",
	} {
		if got := Nearest(word, options...); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
	if got := distance("ab", "ba"); got != 1 {
		t.Errorf("two letters exchanged: got %d, want 1", got)
	}
}

// TestDidYouMean: mistakes in options and in their values are answered with what may
// have been meant.
func TestDidYouMean(t *testing.T) {
	for line, want := range map[string]string{
		"list --regoin x":    "hint: did you mean '--region'?\n",
		"list --frobnicate":  "hint: see 'emikit list --help'\n",
		"list --output jsno": "hint: did you mean 'json'?\n",
		"list --output yaml": "hint: see 'emikit list --help'\n",
		"list -x":            "hint: see 'emikit list --help'\n",
		"list --progress au": "hint: did you mean 'auto'?\n",
	} {
		var stderr strings.Builder
		app := New("test")
		app.Stderr = &stderr
		root := &cobra.Command{Use: "emikit"}
		app.AddCommonFlags(root)
		var conn Connection
		cmd := &cobra.Command{Use: "list", RunE: func(*cobra.Command, []string) error { return nil }}
		conn.AddFlags(cmd.Flags(), UpperKeys)
		app.AddProgressFlags(cmd.Flags())
		root.AddCommand(cmd)
		if code := app.Run(t.Context(), root, strings.Fields(line)); code != 2 {
			t.Errorf("%s: exit code %d, want 2", line, code)
		}
		if !strings.HasSuffix(stderr.String(), want) {
			t.Errorf("%s: got %q, want %q at its end", line, stderr.String(), want)
		}
	}
}
