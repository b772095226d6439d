package api

import (
	"context"
	"net/netip"

	"emikit/cloud/network"
	"emikit/ec2"
)

func (h *handler) authorize(ctx context.Context, c call, q *ec2.SecurityGroupRulesRequest) (*ec2.ReturnResponse, error) {
	return changeRules(ctx, c, q, h.Network.Authorize)
}

func (h *handler) revoke(ctx context.Context, c call, q *ec2.SecurityGroupRulesRequest) (*ec2.ReturnResponse, error) {
	return changeRules(ctx, c, q, h.Network.Revoke)
}

// egress refuses: what leaves a group has rules in virtual private clouds only.
func (h *handler) egress(context.Context, call, *ec2.SecurityGroupRulesRequest) (*ec2.ReturnResponse, error) {
	return nil, fail(codeUnsupported, "Rules for what leaves a security group belong to virtual private clouds, which this cloud does not have.")
}

func changeRules(ctx context.Context, c call, q *ec2.SecurityGroupRulesRequest,
	change func(ctx context.Context, account, group string, rules []network.Rule) error,
) (*ec2.ReturnResponse, error) {
	group, err := groupOf(q.GroupName, q.GroupID)
	if err != nil {
		return nil, err
	}
	rules, err := rulesOf(q)
	if err != nil {
		return nil, err
	}
	return &ec2.ReturnResponse{Return: true}, change(ctx, c.who.Account, group, rules)
}

// rulesOf reads the rules of a request, in its new form or its old one.
func rulesOf(q *ec2.SecurityGroupRulesRequest) (rules []network.Rule, err error) {
	permissions, flat := q.Permissions, flatOf(q)
	switch {
	case flat != nil && len(permissions) > 0:
		return nil, fail(codeBadCombination, "The parameter IpPermissions cannot be used with parameters of a single rule")
	case flat != nil:
		permissions = []ec2.IPPermissionRequest{*flat}
	case len(permissions) == 0:
		return nil, missing("IpPermissions")
	}
	if q.CIDR != "" && q.SourceName != "" {
		return nil, fail(codeBadCombination, "The parameter CidrIp cannot be used with the parameter SourceSecurityGroupName")
	}
	for _, p := range permissions {
		more, err := permissionRules(p)
		if err != nil {
			return nil, err
		}
		rules = append(rules, more...)
	}
	return rules, nil
}

// flatOf is what a request of the first versions of the protocol asks for, nil if
// it is none.
func flatOf(q *ec2.SecurityGroupRulesRequest) *ec2.IPPermissionRequest {
	if q.Protocol == "" && q.FromPort == nil && q.ToPort == nil && q.CIDR == "" && q.SourceName == "" && q.SourceOwner == "" {
		return nil
	}
	p := &ec2.IPPermissionRequest{Protocol: q.Protocol, FromPort: q.FromPort, ToPort: q.ToPort}
	if q.CIDR != "" {
		p.Ranges = []ec2.IPRangeRequest{{CIDR: q.CIDR}}
	}
	if q.SourceName != "" || q.SourceOwner != "" {
		p.Groups = []ec2.UserGroupRequest{{UserID: q.SourceOwner, Name: q.SourceName}}
	}
	return p
}

// permissionRules are the rules of one permission: one for each of its sources.
func permissionRules(p ec2.IPPermissionRequest) (rules []network.Rule, err error) {
	err = unsupported{"Ipv6Ranges": len(p.Ranges6) > 0, "PrefixListIds": len(p.PrefixLists) > 0}.check()
	if err != nil {
		return nil, err
	}
	if len(p.Ranges)+len(p.Groups) == 0 {
		return nil, fail(codeBadPermission, "A rule needs a source: a network or a security group")
	}
	traffic, err := trafficOf(p)
	if err != nil {
		return nil, err
	}
	for _, r := range traffic {
		for _, source := range p.Ranges {
			r.Description = source.Description
			if r.Network, err = parseNetwork(source.CIDR); err != nil {
				return nil, err
			}
			rules = append(rules, r)
		}
		r.Network = netip.Prefix{}
		for _, g := range p.Groups {
			r.Description, r.Source = g.Description, network.Source{Account: g.UserID, ID: g.ID, Name: g.Name}
			rules = append(rules, r)
		}
	}
	return rules, nil
}

// trafficOf is what a permission lets in, as rules without a source. One from
// groups alone that does not say is for everything: so it was in EC2's first
// versions, which had no other.
func trafficOf(p ec2.IPPermissionRequest) ([]network.Rule, error) {
	if p.Protocol == "" && len(p.Ranges) == 0 && p.FromPort == nil && p.ToPort == nil {
		const last = 1<<16 - 1
		return []network.Rule{
			{Protocol: network.TCP, From: 1, To: last}, {Protocol: network.UDP, From: 1, To: last},
			{Protocol: network.ICMP, From: network.Any, To: network.Any},
		}, nil
	}
	if err := required("IpProtocol", p.Protocol); err != nil {
		return nil, err
	}
	r := network.Rule{Protocol: p.Protocol, From: network.Any, To: network.Any}
	if p.FromPort != nil {
		r.From = *p.FromPort
	}
	if p.ToPort != nil {
		r.To = *p.ToPort
	}
	return []network.Rule{r}, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, fail(codeBadPermission,
			"CIDR block %.100q is malformed: want an address, a slash and the number of its bits that count, as in 203.0.113.0/24", text)
	}
	return network, nil
}
