package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"emikit/cmd/access"
	"emikit/cmd/bundling"
	"emikit/cmd/cli"
	"emikit/cmd/compat"
	"emikit/cmd/completion"
	"emikit/cmd/config"
	"emikit/cmd/images"
	"emikit/cmd/instances"
	"emikit/cmd/service"
	"emikit/cmd/transfer"
	"emikit/cmd/uec"
)

// family is a group of commands as --help shows them.
type family struct {
	id, title string
	commands  []*cobra.Command
	// linked families answer to euca-… and ec2-… names too.
	linked bool
}

func families(app *cli.App) []family {
	return []family{
		{"bundling", "Bundles", bundling.Commands(app), true},
		{"transfer", "Bundles in an object store", transfer.Commands(app), true},
		{"images", "Images", images.Commands(app), true},
		{"instances", "Instances and zones", instances.Commands(app), true},
		{"access", "Key pairs, security groups and addresses", access.Commands(app), true},
		{"uec", "Publishing", uec.Commands(app), true},
		{"config", "Configuration", append(config.Commands(app), completion.NewCommand(app, allLinkedNames)), true},
		{"service", "The embedded cloud", service.Commands(app, linkedNames, execute), false},
	}
}

// execute runs the command that the program's name or its first argument
// tells, and returns the exit code.
func execute(ctx context.Context, app *cli.App, argv []string) int {
	program := compat.Program(argv[0])
	family, claimed := compat.Claimed(program)
	if claimed {
		app.Family, app.Name = family, program
	}
	if err := app.ReadEra(); err != nil {
		return app.Fail("", err)
	}
	root := newRoot(app) // defaults and options follow the dialect
	if !claimed {
		if completion.Wanted(argv[1:]) {
			completion.Attach(app, root)
		}
		return app.Run(ctx, root, argv[1:])
	}
	tool, known := compat.Lookup(program)
	leaf, _, err := root.Find([]string{tool.Command})
	if !known || err != nil || leaf == root {
		return app.Fail("", cli.Usagef("no such command: %s", program))
	}
	root.RemoveCommand(leaf)
	return executeAs(ctx, app, tool, leaf, argv[1:])
}

// executeAs runs our command in the place of another tool's.
func executeAs(ctx context.Context, app *cli.App, tool compat.Tool, leaf *cobra.Command, words []string) int {
	app.AddCommonFlags(leaf)
	leaf.Use = app.Name + leaf.Use[len(leaf.Name()):]
	app.Usage = compat.Usage(tool, app.Name, app.Era)
	if completion.Wanted(words) {
		completion.Attach(app, leaf)
		return app.Run(ctx, leaf, words)
	}
	call, err := compat.Read(tool, app.Era, leaf, words)
	switch {
	case err != nil:
		return app.Fail("", err)
	case call.Show == "help":
		call.Words = []string{"--help"}
	case call.Show == "manual":
		fmt.Fprintln(app.Stdout, leaf.Long)
		return 0
	case call.Show == "version" || tool.Command == "version":
		fmt.Fprint(app.Stdout, compat.Version(tool, app.Name, app.Era, app.Version))
		return 0
	}
	return app.Run(ctx, leaf, call.Words)
}

func newRoot(app *cli.App) *cobra.Command {
	root := &cobra.Command{
		Use:   app.Name,
		Short: "Bundle, upload, register and run virtual-machine images",
		Long: `emikit turns a disk image, kernel or ramdisk into a bundle, uploads it to an
object store, registers it with an EC2-compatible cloud and runs it. It carries
a small cloud of its own: start one with 'emikit cloud --data DIR'.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted. A cloud is done
when it is interrupted.`,
		Version:                    app.Version,
		Args:                       unknownCommand,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		CompletionOptions:          cobra.CompletionOptions{HiddenDefaultCmd: true},
		SuggestionsMinimumDistance: 2,
	}
	app.AddCommonFlags(root)
	for _, f := range families(app) {
		root.AddGroup(&cobra.Group{ID: f.id, Title: f.title + ":"})
		for _, c := range f.commands {
			c.GroupID = f.id
			c.DisableAutoGenTag = true
		}
		root.AddCommand(f.commands...)
	}
	version := newVersionCmd(app)
	version.DisableAutoGenTag = true
	root.AddCommand(version)
	root.SetHelpCommand(newHelpCmd(root))
	return root
}

// newHelpCmd is cobra's own help command, but an unknown topic is a mistake.
func newHelpCmd(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]...",
		Short: "Show the help of a command",
		Long:  "Help shows what --help of the command shows.",
		Args:  cli.Args(0, cli.Any),
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, _ := root.Find(args)
			if len(rest) > 0 {
				return unknownCommand(cmd, rest)
			}
			return cmd.Help()
		},
	}
}

// unknownCommand is the check of arguments that no command took.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := cli.Usagef("no such command: %s", args[0])
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return cli.WithHint(err, "did you mean '"+cmd.Name()+" "+near[0]+"'?")
	}
	return err
}

// allLinkedNames lists those of all dialects.
func allLinkedNames() []string {
	var names []string
	for _, dialect := range compat.Families() {
		names = append(names, linkedNames(dialect)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// linkedNames lists every name that links to the program may have.
func linkedNames(dialect cli.Family) []string {
	commands := []string{"version"}
	for _, f := range families(cli.New("")) {
		for _, c := range f.commands {
			if f.linked {
				commands = append(commands, c.Name())
			}
		}
	}
	return compat.Names(dialect, commands)
}
