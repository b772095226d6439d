package instances

import (
	"context"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newTerminateInstancesCmd(app *cli.App) *cobra.Command {
	return cli.EC2Command(app, &cobra.Command{
		Use:   "terminate-instances INSTANCE...",
		Short: "End instances",
		Long: `Terminate-instances ends instances and prints the state that each was in and the
one it is in now. What is on their disks is lost.`,
		Example: "  emikit terminate-instances i-3F170798",
		Args:    cli.Args(1, cli.Any),
	}, runTerminateInstances)
}

func runTerminateInstances(ctx context.Context, app *cli.App, client *ec2.Client, ids []string) error {
	out, err := client.TerminateInstances(ctx, &ec2.TerminateInstancesRequest{InstanceIDs: ids})
	if err != nil {
		return err
	}
	return showStateChanges(app, out, out.Instances)
}

// showStateChanges shows what became of instances; whole is the response, for
// programs.
func showStateChanges(app *cli.App, whole any, changes []ec2.InstanceStateChange) error {
	var rows [][]string
	for _, i := range changes {
		rows = append(rows, []string{i.InstanceID, i.Previous.Name, i.Current.Name})
	}
	return app.Show(cli.View{
		JSON:    whole,
		Records: cli.EachRow("INSTANCE", rows),
		Header:  []string{"instance", "previous", "current"},
		Rows:    rows,
	})
}
