package access

import (
	"context"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// What a rule may be for. The wording of what is wrong with the options is that of
// euca2ools 3.4.1.
const (
	tcp         = "tcp"
	udp         = "udp"
	icmp        = "icmp"
	anyProtocol = "-1"
	everywhere  = "0.0.0.0/0"
	lastPort    = 1<<16 - 1
)

// ruleFlags are the options of authorize and revoke.
type ruleFlags struct {
	egress                bool
	protocol, ports, code string
	cidr, group, user     string
}

func (f *ruleFlags) addFlags(flags *pflag.FlagSet) {
	flags.BoolVar(&f.egress, "egress", false, "the rule is for what leaves the group, which clouds without virtual private clouds do not have")
	flags.StringVarP(&f.protocol, "protocol", "P", tcp, "let in traffic of `PROTOCOL`: tcp, udp or icmp (or 6, 17, 1), or all of these three")
	flags.StringVarP(&f.ports, "port-range", "p", "", "on the port N, the ports `FROM-TO` or that of a service's name (-1: all)")
	flags.StringVarP(&f.code, "icmp-type-code", "t", "", "of ICMP, `TYPE:CODE`; -1 stands for all (default -1:-1)")
	flags.StringVarP(&f.cidr, "cidr", "s", "", "from the network `CIDR` (default "+everywhere+")")
	flags.StringVarP(&f.group, "source-group", "o", "", "from the instances of the `GROUP`, a name or an id")
	flags.StringVarP(&f.user, "source-group-user", "u", "", "whose account has the number `ACCOUNT`, if it is another one")
}

// request makes the request for a rule of a group.
func (f *ruleFlags) request(ctx context.Context, app *cli.App, group string) (*ec2.SecurityGroupRulesRequest, error) {
	request := &ec2.SecurityGroupRulesRequest{}
	switch {
	case isGroupID(group):
		request.GroupID = group
	case f.egress:
		return nil, cli.Usagef("egress rules must use group IDs, not names")
	default:
		request.GroupName = group
	}
	p := ec2.IPPermissionRequest{Protocol: f.protocol}
	from, to, err := f.traffic(ctx, app)
	if err != nil {
		return nil, err
	}
	if f.isAny() {
		p.Protocol = anyProtocol
	} else {
		p.FromPort, p.ToPort = &from, &to
	}
	if err := f.addSource(app, &p); err != nil {
		return nil, err
	}
	request.Permissions = []ec2.IPPermissionRequest{p}
	return request, nil
}

// isAny reports whether the rule is for all protocols.
func (f *ruleFlags) isAny() bool { return f.protocol == "all" || f.protocol == anyProtocol }

// traffic is the range of ports, or the type and the code of ICMP.
func (f *ruleFlags) traffic(ctx context.Context, app *cli.App) (from, to int, err error) {
	switch {
	case f.protocol == icmp || f.protocol == "1":
		return f.icmpCode()
	case f.protocol == tcp || f.protocol == "6":
		return f.portRange(ctx, tcp)
	case f.protocol == udp || f.protocol == "17":
		return f.portRange(ctx, udp)
	case f.isAny() && app.Family == cli.Native:
		if f.ports != "" || f.code != "" {
			return 0, 0, cli.Usagef("all protocols have no ports and no types: leave out -p and -t")
		}
		return 0, 0, nil
	}
	return 0, 0, app.BadChoice("-P/--protocol", f.protocol, tcp, udp, icmp, "6", "17", "1")
}

func (f *ruleFlags) icmpCode() (from, to int, err error) {
	if f.ports != "" {
		return 0, 0, cli.Usagef("argument -p/--port-range: not compatible with protocol %s", f.protocol)
	}
	if f.code == "" {
		return -1, -1, nil
	}
	left, right, _ := strings.Cut(f.code, ":")
	from, bad := strconv.Atoi(left)
	to, worse := strconv.Atoi(right)
	switch {
	case bad != nil || worse != nil:
		return 0, 0, cli.Usagef(`argument -t/--icmp-type-code: value must have format "1:2"`)
	case from < -1 || to < -1:
		return 0, 0, cli.Usagef("argument -t/--icmp-type-code: type, code must be at least -1")
	}
	return from, to, nil
}

// portRange is of TCP or UDP.
func (f *ruleFlags) portRange(ctx context.Context, protocol string) (from, to int, err error) {
	switch {
	case f.code != "":
		return 0, 0, cli.Usagef("argument -t/--icmp-type-code: not compatible with protocol %s", f.protocol)
	case f.ports == "":
		return 0, 0, cli.Usagef("argument -p/--port-range is required for protocol %s", f.protocol)
	case strings.Contains(f.ports, ":"):
		return 0, 0, cli.Usagef(`argument -p/--port-range: multi-port range must be separated by "-", not ":"`)
	}
	if from, to, err = f.parsePorts(ctx, protocol); err != nil {
		return 0, 0, err
	}
	if from < -1 || to < -1 {
		return 0, 0, cli.Usagef("argument -p/--port-range: port number(s) must be at least -1")
	}
	if from == -1 {
		from = 1
	}
	if to == -1 {
		to = lastPort
	}
	return from, to, nil
}

// parsePorts reads a number, two numbers, or the name of a service.
func (f *ruleFlags) parsePorts(ctx context.Context, protocol string) (from, to int, err error) {
	if from, err = strconv.Atoi(f.ports); err == nil {
		return from, from, nil
	}
	left, right, _ := strings.Cut(f.ports, "-")
	from, bad := strconv.Atoi(left)
	to, worse := strconv.Atoi(right)
	if bad == nil && worse == nil && to >= 0 {
		return from, to, nil
	}
	if from, err = net.DefaultResolver.LookupPort(ctx, protocol, f.ports); err == nil && from > 0 {
		return from, from, nil
	}
	return 0, 0, cli.Usagef("argument -p/--port-range: '%s' is neither a port number, range of port numbers, nor a recognized service name", f.ports)
}

// addSource adds where the traffic comes from. A rule for a group gets no network:
// euca2ools add everywhere then, and open the group to the world.
func (f *ruleFlags) addSource(app *cli.App, p *ec2.IPPermissionRequest) error {
	switch {
	case f.group != "" && f.cidr != "":
		return cli.Usagef("argument -o: not allowed with argument -s/--cidr")
	case f.group == "" && f.user != "":
		return cli.Usagef("argument -u: only with -o")
	case f.group == "" && f.cidr == "":
		p.Ranges = []ec2.IPRangeRequest{{CIDR: everywhere}}
	case f.group == "":
		p.Ranges = []ec2.IPRangeRequest{{CIDR: f.cidr}}
	case isGroupID(f.group):
		p.Groups = []ec2.UserGroupRequest{{UserID: f.user, ID: f.group}}
	case f.egress:
		return cli.Usagef("argument -o: egress rules must use group IDs, not names")
	case f.user == "" && app.Era == cli.Euca3:
		return cli.Usagef("argument -u is required when -o names a security group by name")
	default:
		p.Groups = []ec2.UserGroupRequest{{UserID: f.user, Name: f.group}}
	}
	return nil
}
