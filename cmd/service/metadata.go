package service

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newMetadataCmd(app *cli.App) *cobra.Command {
	var conn cli.Connection
	cmd := &cobra.Command{
		Use:   "metadata INSTANCE [PATH]",
		Short: "Show what an instance reads from its metadata service",
		Long: `Metadata asks the embedded cloud, as the instance's owner, for what the
instance itself would read at PATH. Without PATH it lists meta-data; a PATH
that does not begin with a slash is taken below /latest.

The answer goes to standard output byte for byte, with a line end added where
a terminal shows it.`,
		Example: `  emikit metadata i-3F170798
  emikit metadata i-3F170798 meta-data/local-ipv4
  emikit metadata i-3F170798 user-data`,
		Args: cli.Args(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := "meta-data/"
			if len(args) == 2 {
				path = args[1]
			}
			return runMetadata(cmd.Context(), app, &conn, args[0], path)
		},
	}
	conn.AddFlags(cmd.Flags(), cli.UpperKeys)
	return cmd
}

func runMetadata(ctx context.Context, app *cli.App, conn *cli.Connection, instance, path string) error {
	if !strings.HasPrefix(path, "/") {
		path = "/latest/" + path
	}
	client, err := conn.EC2(app)
	if err != nil {
		return err
	}
	answer, err := client.GetInstanceMetadata(ctx, &ec2.GetInstanceMetadataRequest{InstanceID: instance, Path: path})
	if err != nil {
		return err
	}
	body := string(answer.Body)
	return app.Show(cli.View{
		JSON: answer, // user data may be anything, so its body is in base64
		Text: func(w io.Writer) error {
			if app.OutIsTerminal() && !strings.HasSuffix(body, "\n") {
				body += "\n"
			}
			_, err := io.WriteString(w, body)
			return err
		},
	})
}
