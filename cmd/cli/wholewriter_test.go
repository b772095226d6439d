package cli

import (
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"
)

// TestLoggersShareStandardError writes with several loggers and the command at the
// same time, to a writer that is not safe for that; the race detector sees it, and
// lines would be lost.
func TestLoggersShareStandardError(t *testing.T) {
	const loggers, lines = 4, 200
	var errs strings.Builder
	app := &App{Name: "emikit", Family: Native, Stdout: &strings.Builder{}, Stderr: &errs, Getenv: func(string) string { return "" }}
	root := &cobra.Command{Use: "emikit", RunE: func(*cobra.Command, []string) error {
		var group sync.WaitGroup
		for range loggers {
			log := app.Log()
			group.Go(func() {
				for range lines {
					log.Info("line")
				}
			})
		}
		for range lines {
			app.Notef("line")
		}
		group.Wait()
		return nil
	}}
	if code := app.Run(t.Context(), root, nil); code != 0 {
		t.Fatalf("got exit code %d, want 0", code)
	}
	if got, want := strings.Count(errs.String(), "\n"), (loggers+1)*lines; got != want {
		t.Errorf("got %d lines, want %d", got, want)
	}
}
