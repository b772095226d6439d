package access

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
)

func newDescribeGroupsCmd(app *cli.App) *cobra.Command {
	var filters cli.Filters
	cmd := &cobra.Command{
		Use:     "describe-groups [GROUP...]",
		Aliases: []string{"describe-group"},
		Short:   "List security groups and what they let in",
		Long: `Describe-groups lists the given security groups, by name or id, or all of the
account. Each is a line GROUP, with lines PERMISSION for what it lets in.`,
		Example: "  emikit describe-groups\n" +
			"  emikit describe-groups --filter ip-permission.to-port=22",
		Args: cli.Args(0, cli.Any),
	}
	filters.AddFlag(cmd.Flags(), "groups")
	return cli.EC2Command(app, cmd, func(ctx context.Context, app *cli.App, client *ec2.Client, groups []string) error {
		request := &ec2.DescribeSecurityGroupsRequest{Filters: filters}
		for _, group := range groups {
			if strings.HasPrefix(group, groupID) {
				request.GroupIDs = append(request.GroupIDs, group)
			} else {
				request.GroupNames = append(request.GroupNames, group)
			}
		}
		out, err := client.AllSecurityGroups(ctx, request)
		if err != nil {
			return err
		}
		return showGroups(app, out)
	})
}

func showGroups(app *cli.App, out *ec2.DescribeSecurityGroupsResponse) error {
	view := cli.View{
		JSON:   out,
		Header: []string{"group", "name", "description", "lets in", "ports", "from"},
		Records: func(r *cli.Records) {
			for _, g := range out.Groups {
				if app.Era == cli.Euca2 {
					addGroupEuca2(r, g)
				} else {
					addGroup(r, g)
				}
			}
		},
	}
	for _, g := range out.Groups {
		view.Rows = append(view.Rows, groupRows(g)...)
	}
	return app.Show(view)
}

func addGroup(r *cli.Records, g ec2.SecurityGroup) {
	r.Add(groupRecord, g.ID, g.OwnerID, g.Name, g.Description, g.VPCID)
	addPermissions(r, g, g.Permissions, "FROM", "ingress")
	addPermissions(r, g, g.Egress, "TO", "egress")
	for _, tag := range g.Tags {
		r.Add("TAG", ec2.ResourceSecurityGroup, g.ID, tag.Key, tag.Value)
	}
}

// addPermissions writes a record for each source, or destination, of each permission.
func addPermissions(r *cli.Records, g ec2.SecurityGroup, permissions []ec2.IPPermission, from, direction string) {
	for _, p := range permissions {
		begin := []string{permissionRecord, g.OwnerID, g.Name, "ALLOWS", p.Protocol, port(p.FromPort), port(p.ToPort), from}
		for _, network := range p.Ranges {
			r.Add(append(begin[:8:8], "CIDR", network.CIDR, direction)...)
		}
		for _, other := range p.Groups {
			kind, name := "ID", other.ID
			if name == "" {
				kind, name = "GRPNAME", other.Name
			}
			r.Add(append(begin[:8:8], "USER", other.UserID, kind, name, direction)...)
		}
	}
}

// addGroupEuca2 writes a group as euca2ools 2.0 did, but for a record that went on
// into the next one where there were several sources.
func addGroupEuca2(r *cli.Records, g ec2.SecurityGroup) {
	r.Add(groupRecord, g.OwnerID, g.Name, g.Description)
	for _, p := range g.Permissions {
		begin := []string{permissionRecord, g.OwnerID, g.Name, "ALLOWS", p.Protocol, port(p.FromPort), port(p.ToPort)}
		for _, network := range p.Ranges {
			r.Add(append(begin[:7:7], "FROM", "CIDR", network.CIDR)...)
		}
		for _, other := range p.Groups {
			r.Add(append(begin[:7:7], "GRPNAME", other.Name)...)
		}
	}
}

func port(n *int) string { return cli.Optional(n, strconv.Itoa) }

// groupRows has a row for each rule, and one for a group without any.
func groupRows(g ec2.SecurityGroup) (rows [][]string) {
	name := []string{g.ID, g.Name, g.Description}
	for _, p := range g.Permissions {
		what := []string{protocolName(p.Protocol), portsText(p)}
		for _, network := range p.Ranges {
			rows = append(rows, append(append(name[:3:3], what...), network.CIDR))
		}
		for _, other := range p.Groups {
			source := other.Name
			if source == "" {
				source = other.ID
			}
			rows = append(rows, append(append(name[:3:3], what...), other.UserID+"/"+source))
		}
	}
	if len(rows) == 0 {
		return [][]string{append(name, "", "", "")}
	}
	return rows
}

func protocolName(protocol string) string {
	if protocol == anyProtocol {
		return "all"
	}
	return protocol
}

// portsText is what a permission is for: ports, or a type and a code of ICMP.
func portsText(p ec2.IPPermission) string {
	from, to := port(p.FromPort), port(p.ToPort)
	switch {
	case p.FromPort == nil || p.ToPort == nil:
		return "all"
	case p.Protocol == icmp && *p.FromPort == -1:
		return "all"
	case p.Protocol == icmp:
		return from + ":" + to
	case from == to:
		return from
	}
	return from + "-" + to
}
