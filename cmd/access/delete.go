package access

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDeleteKeyPairCmd(app *cli.App) *cobra.Command {
	return cli.EC2Command(app, &cobra.Command{
		Use:     "delete-keypair NAME",
		Short:   "Have the cloud forget a key pair",
		Long:    `Delete-keypair removes a key pair from the cloud. Instances that run with it keep it.`,
		Example: "  emikit delete-keypair mykey",
		Args:    cli.Args(1, 1),
	}, runDeleteKeyPair)
}

func runDeleteKeyPair(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
	out, err := client.DeleteKeyPair(ctx, &ec2.DeleteKeyPairRequest{KeyName: args[0]})
	if err != nil {
		return err
	}
	if !out.Return {
		return fmt.Errorf("delete key pair %s: the cloud did not", args[0])
	}
	return app.Show(cli.View{JSON: out, Records: func(r *cli.Records) { r.Add(record, args[0]) }})
}
