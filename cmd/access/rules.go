package access

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newAuthorizeCmd(app *cli.App) *cobra.Command {
	return newRuleCmd(app, ec2.ActionAuthorizeIngress, ec2.ActionAuthorizeEgress, &cobra.Command{
		Use:   "authorize GROUP",
		Short: "Let traffic into a security group",
		Long: `Authorize adds a rule to a security group, given by its name or id: traffic of a
protocol (TCP unless -P says otherwise) on some ports, from a network (from
everywhere unless -s says otherwise) or from the instances of another group.
Unlike with euca2ools, a rule for a group (-o) is for that group alone.`,
		Example: "  emikit authorize default -p 22\n" +
			"  emikit authorize web -p 8000-8080 -s 10.0.0.0/8\n" +
			"  emikit authorize web -P icmp -t -1:-1\n" +
			"  emikit authorize db -p 5432 -o web",
	})
}

func newRevokeCmd(app *cli.App) *cobra.Command {
	return newRuleCmd(app, ec2.ActionRevokeIngress, ec2.ActionRevokeEgress, &cobra.Command{
		Use:     "revoke GROUP",
		Short:   "Let traffic into a security group no more",
		Long:    `Revoke removes a rule from a security group. It takes the options that made it.`,
		Example: "  emikit revoke default -p 22",
	})
}

// newRuleCmd completes a command that changes a rule, by one of two actions.
func newRuleCmd(app *cli.App, ingress, egress string, cmd *cobra.Command) *cobra.Command {
	var (
		f       ruleFlags
		request *ec2.SecurityGroupRulesRequest
	)
	cmd.Args = cli.Args(1, 1)
	cmd.PreRunE = func(cmd *cobra.Command, args []string) (err error) {
		request, err = f.request(cmd.Context(), app, args[0])
		return err
	}
	f.addFlags(cmd.Flags())
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, args []string) error {
		action := ingress
		if f.egress {
			action = egress
		}
		out, err := client.ChangeRules(ctx, action, request)
		if err != nil {
			return err
		}
		if !out.Return {
			return fmt.Errorf("%s %s: the cloud did not; 'describe-groups %s' shows the rules", cmd.Name(), args[0], args[0])
		}
		return showRule(app, out, args[0], request.Permissions[0])
	})
}

// showRule writes what was asked for, as euca2ools do.
func showRule(app *cli.App, out *ec2.ReturnResponse, group string, p ec2.IPPermissionRequest) error {
	fields := []string{permissionRecord, group, "ALLOWS", p.Protocol, port(p.FromPort), port(p.ToPort)}
	for _, other := range p.Groups {
		if other.UserID != "" {
			fields = append(fields, "USER", other.UserID)
		}
		if other.ID != "" {
			fields = append(fields, "GRPID", other.ID)
		} else {
			fields = append(fields, "GRPNAME", other.Name)
		}
	}
	for _, network := range p.Ranges {
		fields = append(fields, "FROM", "CIDR", network.CIDR)
	}
	return app.Show(cli.View{JSON: out, Records: func(r *cli.Records) {
		r.Add(groupRecord, group)
		r.Add(fields...)
	}})
}
