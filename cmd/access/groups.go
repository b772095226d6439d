package access

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// groupDescription is the option that create-group needs.
const groupDescription cli.Option = "-d/--description"

func newCreateGroupCmd(app *cli.App) *cobra.Command {
	var request ec2.CreateSecurityGroupRequest
	cmd := &cobra.Command{
		Use:     "create-group NAME -d DESCRIPTION",
		Aliases: []string{"add-group"},
		Short:   "Make a security group",
		Long: `Create-group makes a security group and prints its id. It lets nothing in until
authorize says what; run-instances -g puts instances into it.`,
		Example: "  emikit create-group web -d 'web servers'\n" +
			"  emikit authorize web -p 80",
		Args:    cli.Args(1, 1),
		PreRunE: func(*cobra.Command, []string) error { return app.Required(groupDescription, request.Description) },
	}
	cmd.Flags().StringVarP(&request.Description, "description", "d", "", "say in `TEXT` what the group is for")
	cmd.Flags().StringVarP(&request.VPCID, "vpc", "c", "", "make the group in the virtual private cloud `VPC`")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
		request.Name = args[0]
		out, err := client.CreateSecurityGroup(ctx, &request)
		if err != nil {
			return err
		}
		if out.Return != nil && !*out.Return {
			return fmt.Errorf("create group %s: the cloud did not; is there one of that name?", request.Name)
		}
		fields := []string{groupRecord, out.ID, request.Name, request.Description}
		if app.Era == cli.Euca2 {
			fields = append(fields[:1], fields[2:]...) // groups had no ids then
		}
		return app.Show(cli.View{JSON: out, Records: func(r *cli.Records) { r.Add(fields...) }})
	})
}

func newDeleteGroupCmd(app *cli.App) *cobra.Command {
	return cli.EC2Command(app, &cobra.Command{
		Use:   "delete-group GROUP",
		Short: "Remove a security group",
		Long: `Delete-group removes a security group, given by its name or id. It must have no
instances, and no other group may let it in.`,
		Example: "  emikit delete-group web",
		Args:    cli.Args(1, 1),
	}, runDeleteGroup)
}

func runDeleteGroup(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
	request := &ec2.DeleteSecurityGroupRequest{}
	if strings.HasPrefix(args[0], groupID) {
		request.ID = args[0]
	} else {
		request.Name = args[0]
	}
	out, err := client.DeleteSecurityGroup(ctx, request)
	if err != nil {
		return err
	}
	if !out.Return {
		return fmt.Errorf("delete group %s: the cloud did not", args[0])
	}
	fields := []string{"RETURN", strconv.FormatBool(out.Return)}
	if app.Era == cli.Euca2 {
		fields = []string{groupRecord, args[0]}
	}
	return app.Show(cli.View{JSON: out, Records: func(r *cli.Records) { r.Add(fields...) }})
}

// groupID begins the ids of security groups.
const groupID = "sg-"

// isGroupID tells an id from a name that begins like one, as euca2ools do, which know
// ids of eight digits only; EC2 gives such of seventeen, too.
func isGroupID(group string) bool {
	digits, ok := strings.CutPrefix(group, groupID)
	return ok && (len(digits) == 8 || len(digits) == 17 && strings.Trim(digits, "0123456789abcdef") == "")
}
