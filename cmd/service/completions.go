package service

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"emikit/cmd/compat"
	"emikit/cmd/completion"
)

// writeCompletions writes the scripts of all shells into dir.
func writeCompletions(root *cobra.Command, dir string) error {
	links := linksTo(root)
	for shell, name := range completion.Shells() {
		text, err := completion.Script(root, shell, links)
		if err != nil {
			return fmt.Errorf("completions %s: %w", shell, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// linksTo are the names that links to root's commands may have, sorted.
func linksTo(root *cobra.Command) []string {
	var commands, names []string
	for _, cmd := range root.Commands() {
		commands = append(commands, cmd.Name())
	}
	for _, family := range compat.Families() {
		names = append(names, compat.Names(family, commands)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
