// Package cli is what emikit's commands have in common: the [App] they run in
// (streams, environment, clock, dialect), how a result is shown ([App.Show]),
// and how an error becomes a message, a hint and an exit code ([App.Fail]).
//
// Rules that every command keeps:
//
//   - Results go to standard output, one per line, and nothing else does.
//     Notes, progress and errors go to standard error.
//   - A command never exits and never prints its own error: it returns it.
//   - Without a terminal nothing prompts and nothing draws progress.
//   - A family of commands is a package with one exported function,
//     Commands(app *cli.App) []*cobra.Command; each command is one file with
//     a constructor newXCmd(app) and a runX that makes one library call.
//   - A command is thin: flags, checks of their form, one library call, Show.
package cli
