package instances

import (
	"context"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

type consoleFlags struct {
	cli.EC2Flags
	raw bool
}

func newGetConsoleOutputCmd(app *cli.App) *cobra.Command {
	var f consoleFlags
	cmd := &cobra.Command{
		Use:   "get-console-output INSTANCE",
		Short: "Show what an instance wrote on its console",
		Long: `Get-console-output prints the instance's id, the time of the output and the end of
the console's text. Control characters are shown as ^X, so that they cannot
reach the terminal; with -r they are printed as they are.`,
		Example: "  emikit get-console-output i-3F170798",
		Args:    cli.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runGetConsoleOutput(cmd.Context(), app, f, args[0])
		},
	}
	cmd.Flags().BoolVarP(&f.raw, "raw-console-output", "r", false, "print control characters as they are")
	f.AddFlags(cmd.Flags())
	return cmd
}

func runGetConsoleOutput(ctx context.Context, app *cli.App, f consoleFlags, id string) error {
	client, err := f.EC2(app)
	if err != nil {
		return err
	}
	out, err := client.GetConsoleOutput(ctx, &ec2.GetConsoleOutputRequest{InstanceID: id})
	if err != nil {
		return err
	}
	text := strings.ToValidUTF8(string(out.Output), "?")
	if !f.raw {
		text = visible(text)
	}
	return app.Show(cli.View{
		JSON: struct {
			InstanceID string `json:"InstanceId"`
			Timestamp  string
			Output     string
		}{out.InstanceID, out.Timestamp, text},
		Text: func(w io.Writer) error {
			_, err := io.WriteString(w, cli.Printable(out.InstanceID)+"\n"+cli.Printable(out.Timestamp)+"\n"+text+"\n")
			return err
		},
	})
}

// visible writes control characters as terminals print them, ^X, but for tab,
// carriage return and line feed. Those above ASCII have no such form.
func visible(text string) string {
	const del = 0x7f
	var b strings.Builder
	for _, c := range text {
		switch {
		case c == '\t' || c == '\r' || c == '\n' || !unicode.IsControl(c):
			b.WriteRune(c)
		case c <= del:
			b.WriteByte('^')
			b.WriteByte(byte(c) ^ 0x40)
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}
