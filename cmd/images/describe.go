package images

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// self stands for the account that asks.
const self = "self"

type describeFlags struct {
	filters      cli.Filters
	all          bool
	owners       []string
	executableBy []string
}

func newDescribeImagesCmd(app *cli.App) *cobra.Command {
	var f describeFlags
	cmd := &cobra.Command{
		Use:   "describe-images [IMAGE...]",
		Short: "List images",
		Long: `Describe-images lists the given images, or else those that belong to the account
and those that it was explicitly permitted to run; with -a all that it may see.`,
		Example: "  emikit describe-images\n  emikit describe-images -a --filter image-type=kernel",
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.all, "all", "a", false, "list every image that the account may see")
	flags.StringArrayVarP(&f.owners, "owner", "o", nil, "list images of `ACCOUNT` (may be repeated)")
	flags.StringArrayVarP(&f.executableBy, "executable-by", "x", nil, "list images that `ACCOUNT` may run (may be repeated)")
	f.filters.AddFlag(flags, "images")
	return cli.EC2Command(app, cmd, f.run)
}

func (f *describeFlags) run(ctx context.Context, app *cli.App, client *ec2.Client, ids []string) error {
	found := ec2.DescribeImagesResponse{}
	for _, request := range f.requests(ids) {
		out, err := client.AllImages(ctx, &request)
		if err != nil {
			return err
		}
		found.Images = append(found.Images, out.Images...)
	}
	slices.SortFunc(found.Images, func(a, b ec2.Image) int { return strings.Compare(a.ID, b.ID) })
	found.Images = slices.CompactFunc(found.Images, func(a, b ec2.Image) bool { return a.ID == b.ID })
	if err := showImages(app, found); err != nil {
		return err
	}
	noteFailures(app, found.Images)
	return nil
}

// requests are one, or two without anything to narrow the list: what the
// account owns and what it may run cannot be asked at once.
func (f *describeFlags) requests(ids []string) []ec2.DescribeImagesRequest {
	request := ec2.DescribeImagesRequest{ImageIDs: ids, Owners: f.owners, ExecutableBy: f.executableBy, Filters: f.filters}
	if f.all || len(ids)+len(f.owners)+len(f.executableBy) > 0 {
		return []ec2.DescribeImagesRequest{request}
	}
	owned, runnable := request, request
	owned.Owners, runnable.ExecutableBy = []string{self}, []string{self}
	return []ec2.DescribeImagesRequest{owned, runnable}
}

func showImages(app *cli.App, found ec2.DescribeImagesResponse) error {
	view := cli.View{
		JSON:   found,
		Header: []string{"image", "location", "owner", "state", "access", "arch", "type", "kernel", "ramdisk", "tags"},
		Records: func(records *cli.Records) {
			for _, image := range found.Images {
				addImage(records, image, app.Family)
			}
		},
	}
	for _, i := range found.Images {
		view.Rows = append(view.Rows, []string{i.ID, location(i), owner(i), i.State, access(i), i.Architecture, i.Type, i.KernelID, i.RamdiskID, tags(i)})
	}
	return app.Show(view)
}

// noteFailures says why images cannot be run, for which the records of
// euca2ools have no field.
func noteFailures(app *cli.App, all []ec2.Image) {
	for _, image := range all {
		if image.State == ec2.ImageFailed && image.StateReason != nil {
			app.Notef("%s: %s: %s", image.ID, image.State, cli.Printable(image.StateReason.Message))
		}
	}
}
