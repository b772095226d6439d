package service

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"emikit/cmd/cli"
)

func newUserPasswordCmd(app *cli.App, u *users) *cobra.Command {
	return &cobra.Command{
		Use:   "password NAME --data DIR",
		Short: "Set a user's password",
		Long: `Password sets the password of an account, in the place of the one it had. At a
terminal it asks twice and shows nothing; otherwise it reads one line from
standard input.

A password has at least eight characters and does not contain the account's
name. The cloud keeps an argon2id hash of it.`,
		Example: "  emikit user password alice --data ~/cloud\n  pwgen 16 1 | emikit user password alice --data ~/cloud",
		Args:    cli.Args(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runUserPassword(cmd.Context(), app, *u, args[0])
		},
	}
}

func runUserPassword(ctx context.Context, app *cli.App, u users, name string) error {
	client, err := u.client()
	if err != nil {
		return err
	}
	password, err := readPassword(ctx, app, name)
	if err != nil {
		return err
	}
	user, err := client.SetPassword(ctx, name, password)
	if err != nil {
		return err
	}
	return showChange(app, user, "USER", user.Name, user.Account, "password set")
}

// readPassword takes a new password from the terminal or from standard input.
func readPassword(ctx context.Context, app *cli.App, name string) (string, error) {
	if f, ok := app.Stdin.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return askPassword(ctx, app, int(f.Fd()), name)
	}
	const most = 4 << 10 // bytes; the cloud takes fewer
	line, err := bufio.NewReader(io.LimitReader(app.Stdin, most)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("standard input: %w", err)
	}
	if line = strings.TrimRight(line, "\r\n"); line == "" {
		return "", errors.New("no password on standard input")
	}
	return line, nil
}

func askPassword(ctx context.Context, app *cli.App, terminal int, name string) (string, error) {
	first, err := askHidden(ctx, app, terminal, "New password of "+name+": ")
	if err != nil {
		return "", err
	}
	again, err := askHidden(ctx, app, terminal, "The same again: ")
	if err == nil && again != first {
		err = errors.New("the two passwords differ; nothing was changed")
	}
	return first, err
}

// askHidden reads a line that the terminal does not show. When ctx ends, the
// terminal shows again what is typed; the read cannot be interrupted, and ends
// with the program.
func askHidden(ctx context.Context, app *cli.App, terminal int, prompt string) (string, error) {
	shown, err := term.GetState(terminal)
	if err != nil {
		return "", fmt.Errorf("terminal: %w", err)
	}
	fmt.Fprint(app.Stderr, prompt)
	defer fmt.Fprintln(app.Stderr)
	type line struct {
		text []byte
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := term.ReadPassword(terminal)
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		if l.err != nil {
			return "", fmt.Errorf("terminal: %w", l.err)
		}
		return string(l.text), nil
	case <-ctx.Done():
		return "", errors.Join(context.Cause(ctx), term.Restore(terminal, shown))
	}
}
