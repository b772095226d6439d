package access

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDeleteKeyPairCmd(app *cli.App) *cobra.Command {
	var f cli.EC2Flags
	cmd := &cobra.Command{
		Use:     "delete-keypair NAME",
		Short:   "Have the cloud forget a key pair",
		Long:    `Delete-keypair removes a key pair from the cloud. Instances that run with it keep it.`,
		Example: "  emikit delete-keypair mykey",
		Args:    cli.Args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDeleteKeyPair(cmd.Context(), app, f, args[0])
		},
	}
	f.AddFlags(cmd.Flags())
	return cmd
}

func runDeleteKeyPair(ctx context.Context, app *cli.App, f cli.EC2Flags, name string) error {
	client, err := f.EC2(app)
	if err != nil {
		return err
	}
	out, err := client.DeleteKeyPair(ctx, &ec2.DeleteKeyPairRequest{KeyName: name})
	if err != nil {
		return err
	}
	if !out.Return {
		return fmt.Errorf("delete key pair %s: the cloud did not", name)
	}
	return app.Show(cli.View{JSON: out, Text: func(w io.Writer) error {
		records := cli.NewRecords(w, f.ShowEmpty)
		records.Add(record, name)
		return records.Err()
	}})
}
