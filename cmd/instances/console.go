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

func newGetConsoleOutputCmd(app *cli.App) *cobra.Command {
	var raw bool
	cmd := &cobra.Command{
		Use:   "get-console-output INSTANCE",
		Short: "Show what an instance wrote on its console",
		Long: `Get-console-output prints the instance's id, the time of the output and the end of
the console's text. Control characters are shown as ^X, so that they cannot
reach the terminal; with -r they are printed as they are.`,
		Example: "  emikit get-console-output i-3F170798",
		Args:    cli.Args(1, 1),
	}
	cmd.Flags().BoolVarP(&raw, "raw-console-output", "r", false, "print control characters as they are")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
		out, err := client.GetConsoleOutput(ctx, &ec2.GetConsoleOutputRequest{InstanceID: args[0]})
		if err != nil {
			return err
		}
		return showConsole(app, out, raw)
	})
}

func showConsole(app *cli.App, out *ec2.GetConsoleOutputResponse, raw bool) error {
	text := strings.ToValidUTF8(string(out.Output), "?")
	if !raw {
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
