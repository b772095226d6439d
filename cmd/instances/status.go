package instances

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

type statusFlags struct {
	request     ec2.DescribeInstanceStatusRequest
	filters     cli.Filters
	hideHealthy bool
}

func newDescribeInstanceStatusCmd(app *cli.App) *cobra.Command {
	var f statusFlags
	cmd := &cobra.Command{
		Use:   "describe-instance-status [INSTANCE...]",
		Short: "Show how instances are",
		Long: `Describe-instance-status shows, for the given instances or all that run, whether
the instance and the machine it runs on pass the cloud's checks, and what the
cloud is going to do with it.`,
		Example: "  emikit describe-instance-status --include-all-instances\n  emikit describe-instance-status --hide-healthy",
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.hideHealthy, "hide-healthy", false, "leave out instances that pass all checks")
	flags.BoolVar(&f.request.IncludeAll, "include-all-instances", false, "show instances that do not run, too")
	f.filters.AddFlag(flags, "instances")
	return cli.EC2Command(app, cmd, f.run)
}

func (f *statusFlags) run(ctx context.Context, app *cli.App, client *ec2.Client, ids []string) error {
	in := f.request
	in.InstanceIDs, in.Filters = ids, f.filters
	out, err := client.AllInstanceStatus(ctx, &in)
	if err != nil {
		return err
	}
	var shown ec2.List[ec2.InstanceStatus]
	for _, i := range out.Instances {
		if !f.hideHealthy || i.System.Status != ec2.StatusOK || i.Instance.Status != ec2.StatusOK {
			shown = append(shown, i)
		}
	}
	out.Instances = shown
	return showStatus(app, out)
}

func showStatus(app *cli.App, out *ec2.DescribeInstanceStatusResponse) error {
	view := cli.View{
		JSON:   out,
		Header: []string{"instance", "zone", "state", "instance checks", "system checks", "next event"},
		Records: func(r *cli.Records) {
			for _, i := range out.Instances {
				addStatus(r, i)
			}
		},
	}
	for _, i := range out.Instances {
		view.Rows = append(view.Rows, []string{i.InstanceID, i.AvailabilityZone, i.State.Name,
			i.Instance.Status, i.System.Status, firstEvent(i.Events)})
	}
	return app.Show(view)
}

// addStatus writes the records of euca2ools 3.4.1, but for one mistake: these show
// the system's checks once more where the instance's belong.
func addStatus(r *cli.Records, i ec2.InstanceStatus) {
	retirement := "active"
	if len(i.Events) > 0 {
		retirement = "retiring"
	}
	r.Add("INSTANCE", i.InstanceID, i.AvailabilityZone, i.State.Name, strconv.Itoa(i.State.Code),
		i.Instance.Status, i.System.Status, retirement, firstEvent(i.Events))
	for _, d := range i.System.Details {
		r.Add("SYSTEMSTATUS", d.Name, d.Status, d.ImpairedSince)
	}
	for _, d := range i.Instance.Details {
		r.Add("INSTANCESTATUS", d.Name, d.Status, d.ImpairedSince)
	}
	for _, e := range i.Events {
		r.Add("EVENT", e.Code, e.NotBefore, e.NotAfter, e.Description)
	}
}

// firstEvent is the time of the earliest event, empty when none has one. Times in
// one form sort as text.
func firstEvent(events []ec2.InstanceEvent) (first string) {
	for _, e := range events {
		if e.NotBefore != "" && (first == "" || e.NotBefore < first) {
			first = e.NotBefore
		}
	}
	return first
}
