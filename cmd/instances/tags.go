package instances

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// optionTag is the option for the tags that a command is about.
const optionTag = cli.Option("--tag")

func newCreateTagsCmd(app *cli.App) *cobra.Command {
	var tags []string
	cmd := &cobra.Command{
		Use:   "create-tags RESOURCE...",
		Short: "Put tags on images, instances and other things",
		Long: `Create-tags puts tags on things, which are named by their ids, and prints them.
A tag is a key and a value, which may be empty; it takes the place of one with
the same key.`,
		Example: "  emikit create-tags emi-70B70EC0 i-3F170798 --tag Name=web --tag production",
		Args:    cli.Args(1, cli.Any),
		PreRunE: func(*cobra.Command, []string) error { return requireTags(app, tags) },
	}
	cmd.Flags().StringArrayVar(&tags, "tag", nil, "put `KEY[=VALUE]` on them (required, may be repeated)")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, ids []string) error {
		in := &ec2.CreateTagsRequest{Resources: ids}
		for _, tag := range tags {
			key, value, _ := strings.Cut(tag, "=")
			in.Tags = append(in.Tags, ec2.TagRequest{Key: key, Value: &value})
		}
		out, err := client.CreateTags(ctx, in)
		if err != nil {
			return err
		}
		if !out.Return {
			return fmt.Errorf("create tags: the cloud did not put them on all of %v", ids)
		}
		return showTagged(app, out, in)
	})
}

// requireTags refuses none, and one without a key.
func requireTags(app *cli.App, tags []string) error {
	if len(tags) == 0 {
		return app.Required(optionTag, "")
	}
	for _, tag := range tags {
		if tag == "" || tag[0] == '=' {
			return app.BadValue(optionTag, tag, "a tag has a key, before the =")
		}
	}
	return nil
}

// showTagged shows the tags that things have been given.
func showTagged(app *cli.App, out *ec2.ReturnResponse, in *ec2.CreateTagsRequest) error {
	var rows [][]string
	for _, id := range in.Resources {
		for _, tag := range in.Tags {
			rows = append(rows, []string{resourceType(id), id, tag.Key, *tag.Value})
		}
	}
	return app.Show(cli.View{JSON: out, Records: cli.EachRow("TAG", rows), Header: []string{"type", "resource", "key", "value"}, Rows: rows})
}

func newDeleteTagsCmd(app *cli.App) *cobra.Command {
	var tags []string
	cmd := &cobra.Command{
		Use:   "delete-tags RESOURCE...",
		Short: "Take tags off images, instances and other things",
		Long: `Delete-tags takes tags off things, which are named by their ids: by key alone
whatever the value, and with KEY=VALUE only where the value is that one. KEY= is
a tag with an empty value. It prints nothing.`,
		Example: "  emikit delete-tags emi-70B70EC0 i-3F170798 --tag Name --tag stage=test",
		Args:    cli.Args(1, cli.Any),
		PreRunE: func(*cobra.Command, []string) error { return requireTags(app, tags) },
	}
	cmd.Flags().StringArrayVar(&tags, "tag", nil, "take `KEY[=[VALUE]]` off them (required, may be repeated)")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, ids []string) error {
		in := &ec2.DeleteTagsRequest{Resources: ids}
		for _, tag := range tags {
			one := ec2.TagRequest{Key: tag}
			if key, value, ok := strings.Cut(tag, "="); ok {
				one = ec2.TagRequest{Key: key, Value: &value}
			}
			in.Tags = append(in.Tags, one)
		}
		out, err := client.DeleteTags(ctx, in)
		if err != nil {
			return err
		}
		if !out.Return {
			return fmt.Errorf("delete tags: the cloud did not take them off all of %v", ids)
		}
		return app.Show(cli.View{JSON: out, Records: func(*cli.Records) {}})
	})
}

func newDescribeTagsCmd(app *cli.App) *cobra.Command {
	var filters cli.Filters
	cmd := &cobra.Command{
		Use:     "describe-tags",
		Short:   "List tags",
		Long:    `Describe-tags lists the tags of the account's things. Filters are key, value, resource-id and resource-type.`,
		Example: "  emikit describe-tags --filter resource-type=image --filter key=Name",
		Args:    cli.Args(0, 0),
	}
	filters.AddFlag(cmd.Flags(), "tags")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, _ []string) error {
		out, err := client.AllTags(ctx, &ec2.DescribeTagsRequest{Filters: filters})
		if err != nil {
			return err
		}
		var rows [][]string
		for _, tag := range out.Tags {
			rows = append(rows, []string{tag.ResourceID, tag.ResourceType, tag.Key, tag.Value})
		}
		return app.Show(cli.View{JSON: out, Records: cli.EachRow("TAG", rows), Header: []string{"resource", "type", "key", "value"}, Rows: rows})
	})
}

// resourceType tells from an id what it is of, in the words of euca2ools 3.4.1;
// nothing for an id of a kind that these do not know.
func resourceType(id string) string {
	prefix, _, _ := strings.Cut(id, "-")
	return map[string]string{
		"ami": ec2.ResourceImage, "aki": ec2.ResourceImage, "ari": ec2.ResourceImage,
		"emi": ec2.ResourceImage, "eki": ec2.ResourceImage, "eri": ec2.ResourceImage,
		"i": ec2.ResourceInstance, "sg": ec2.ResourceSecurityGroup, "key": ec2.ResourceKeyPair,
		"vol": "volume", "snap": "snapshot", "sir": "spot-instances-request", "bun": "bundle",
		"vpc": "vpc", "subnet": "subnet", "acl": "network-acl", "rtb": "route-table", "dopt": "dhcp-options",
		"eni": "network-interface", "igw": "internet-gateway", "eipalloc": "allocation-id",
		"cgw": "customer-gateway", "vgw": "vpn-gateway", "vpn": "vpn-connection", "pcx": "vpc-peering-connection",
		"import": "conversion-task", "export": "export-task",
	}[prefix]
}
