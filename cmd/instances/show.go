package instances

import (
	"slices"
	"strings"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// showReservations shows them; whole is the response, for programs.
func showReservations(app *cli.App, whole any, all ec2.List[ec2.Reservation]) error {
	for _, r := range all {
		slices.SortStableFunc(r.Instances, func(a, b ec2.Instance) int { return strings.Compare(a.LaunchTime, b.LaunchTime) })
	}
	view := cli.View{
		JSON:   whole,
		Header: []string{"reservation", "instance", "image", "state", "type", "key", "public", "private", "zone", "launched", "reason"},
		Records: func(records *cli.Records) {
			for _, r := range all {
				addReservation(records, r)
			}
		},
	}
	for _, r := range all {
		for _, i := range r.Instances {
			view.Rows = append(view.Rows, []string{r.ID, i.ID, i.ImageID, i.State.Name, i.Type, i.KeyName,
				i.IPAddress, i.PrivateIPAddress, i.Placement.AvailabilityZone, i.LaunchTime, reason(i)})
		}
	}
	return app.Show(view)
}

func reason(i ec2.Instance) string {
	if i.StateReason != nil && i.StateReason.Message != "" {
		return i.StateReason.Message
	}
	return i.Reason
}

// serverReason begins the codes of what the user did not ask for.
const serverReason = "Server."

// noteFailures says why instances ended that nobody ended, for which the
// records of euca2ools have no field.
func noteFailures(app *cli.App, all []ec2.Reservation) {
	for _, r := range all {
		for _, i := range r.Instances {
			if i.StateReason != nil && strings.HasPrefix(i.StateReason.Code, serverReason) {
				app.Notef("%s: %s: %s", i.ID, i.State.Name, cli.Printable(i.StateReason.Message))
			}
		}
	}
}
