package images

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newResetImageAttributeCmd(app *cli.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "reset-image-attribute IMAGE",
		Short: "Give an attribute of an image its first value",
		Long: `Reset-image-attribute -l lets those run an image who may run a new one: with
emikit cloud, and with Eucalyptus before 3.2.2, everyone; elsewhere the owner
alone. Only the image's owner and administrators may.`,
		Example: "  emikit reset-image-attribute -l emi-70B70EC0",
		Args:    cli.Args(1, 1),
	}
	launch := cmd.Flags().BoolP("launch-permission", "l", false, "reset who may run the image")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if !*launch {
			return cli.Usagef("argument -l/--launch-permission is required")
		}
		return nil
	}
	return cli.EC2Command(app, cmd, runResetImageAttribute)
}

func runResetImageAttribute(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
	out, err := client.ResetImageAttribute(ctx, &ec2.ResetImageAttributeRequest{
		ImageID: args[0], Attribute: ec2.AttributeLaunchPermission,
	})
	if err != nil {
		return err
	}
	if !out.Return {
		return fmt.Errorf("reset %s: the cloud did not", args[0])
	}
	return app.Show(cli.View{
		JSON:    out,
		Records: func(r *cli.Records) { r.Add(ec2.AttributeLaunchPermission, args[0], "RESET") },
	})
}
