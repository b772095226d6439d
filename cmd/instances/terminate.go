package instances

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newTerminateInstancesCmd(app *cli.App) *cobra.Command {
	var f cli.EC2Flags
	cmd := &cobra.Command{
		Use:   "terminate-instances INSTANCE...",
		Short: "End instances",
		Long: `Terminate-instances ends instances and prints the state that each was in and the
one it is in now. What is on their disks is lost.`,
		Example: "  emikit terminate-instances i-3F170798",
		Args:    cli.Args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runTerminateInstances(cmd.Context(), app, f, args)
		},
	}
	f.AddFlags(cmd.Flags())
	return cmd
}

func runTerminateInstances(ctx context.Context, app *cli.App, f cli.EC2Flags, ids []string) error {
	client, err := f.EC2(app)
	if err != nil {
		return err
	}
	out, err := client.TerminateInstances(ctx, &ec2.TerminateInstancesRequest{InstanceIDs: ids})
	if err != nil {
		return err
	}
	view := cli.View{
		JSON:   out,
		Header: []string{"instance", "previous", "current"},
		Text: func(w io.Writer) error {
			records := cli.NewRecords(w, f.ShowEmpty)
			for _, i := range out.Instances {
				records.Add("INSTANCE", i.InstanceID, i.Previous.Name, i.Current.Name)
			}
			return records.Err()
		},
	}
	for _, i := range out.Instances {
		view.Rows = append(view.Rows, cli.Row(i.InstanceID, i.Previous.Name, i.Current.Name))
	}
	return app.Show(view)
}
