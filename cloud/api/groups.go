package api

import (
	"context"
	"strconv"

	"emikit/cloud/network"
	"emikit/cloud/tags"
	"emikit/ec2"
)

func (h *handler) createGroup(ctx context.Context, c call, q *ec2.CreateSecurityGroupRequest) (*ec2.CreateSecurityGroupResponse, error) {
	if err := required("GroupName", q.Name); err != nil {
		return nil, err
	}
	if err := required("GroupDescription", q.Description); err != nil {
		return nil, err
	}
	if err := (unsupported{"VpcId": q.VPCID != ""}).check(); err != nil {
		return nil, err
	}
	wanted, err := specified(q.TagSpecifications, tags.SecurityGroup)
	if err != nil {
		return nil, err
	}
	made, err := h.Network.CreateGroup(ctx, c.who.Account, q.Name, q.Description)
	if err == nil {
		err = h.tagNew(ctx, c, made.ID, wanted)
	}
	done := true
	return &ec2.CreateSecurityGroupResponse{Return: &done, ID: made.ID, Tags: wireTags(wanted)}, err
}

func (h *handler) deleteGroup(ctx context.Context, c call, q *ec2.DeleteSecurityGroupRequest) (*ec2.ReturnResponse, error) {
	group, err := groupOf(q.Name, q.ID)
	if err != nil {
		return nil, err
	}
	return &ec2.ReturnResponse{Return: true}, h.Network.DeleteGroup(ctx, c.who.Account, group)
}

// groupOf is the group that a request names in one of two ways.
func groupOf(name, id string) (string, error) {
	switch {
	case name != "" && id != "":
		return "", fail(codeBadCombination, "The parameter GroupName cannot be used with the parameter GroupId")
	case id != "":
		return id, nil
	}
	return name, required("GroupName or GroupId", name)
}

func (h *handler) describeGroups(ctx context.Context, c call, q *ec2.DescribeSecurityGroupsRequest) (*ec2.DescribeSecurityGroupsResponse, error) {
	// Ids are allowed here: nothing is lost by paging what they name.
	page, err := paging{action: ec2.ActionDescribeSecurityGroups, least: 5}.page(q.MaxResults, q.NextToken, nil)
	if err != nil {
		return nil, err
	}
	found, err := h.Network.Groups(ctx, c.who.Account, append(q.GroupNames, q.GroupIDs...))
	if err != nil {
		return nil, err
	}
	tagged, err := h.tagsOf(ctx, c, tags.SecurityGroup)
	if err != nil {
		return nil, err
	}
	response := &ec2.DescribeSecurityGroupsResponse{}
	for _, g := range found {
		response.Groups = append(response.Groups, ec2.SecurityGroup{
			OwnerID: g.Account, ID: g.ID, Name: g.Name, Description: g.Description, Permissions: wireRules(g.Rules), Tags: tagged[g.ID],
		})
	}
	if response.Groups, err = groupFilters().tagged(q.Filters, groupTags).keep(response.Groups, q.Filters); err != nil {
		return nil, err
	}
	response.Groups, response.NextToken = take(page, response.Groups, func(g ec2.SecurityGroup) position {
		return position{id: g.ID}
	})
	return response, nil
}

// wireRules puts rules for the same traffic together, as EC2 lists them.
func wireRules(rules []network.Rule) ec2.List[ec2.IPPermission] {
	type traffic struct {
		protocol string
		from, to int
	}
	var all ec2.List[ec2.IPPermission]
	at := map[traffic]int{}
	for _, r := range rules {
		what := traffic{r.Protocol, r.From, r.To}
		i, known := at[what]
		if !known {
			i = len(all)
			at[what] = i
			all = append(all, wireTraffic(r))
		}
		if r.Network.IsValid() {
			all[i].Ranges = append(all[i].Ranges, ec2.IPRange{CIDR: r.Network.String(), Description: r.Description})
			continue
		}
		all[i].Groups = append(all[i].Groups, ec2.UserGroup{
			UserID: r.Source.Account, ID: r.Source.ID, Name: r.Source.Name, Description: r.Description,
		})
	}
	return all
}

// wireTraffic is a rule without its source.
func wireTraffic(r network.Rule) ec2.IPPermission {
	if r.Protocol == network.AnyProtocol {
		return ec2.IPPermission{Protocol: r.Protocol}
	}
	return ec2.IPPermission{Protocol: r.Protocol, FromPort: &r.From, ToPort: &r.To}
}

func groupTags(g ec2.SecurityGroup) []ec2.Tag { return g.Tags }

func groupFilters() filters[ec2.SecurityGroup] {
	return filters[ec2.SecurityGroup]{
		"description":             one(func(g ec2.SecurityGroup) string { return g.Description }),
		"group-id":                one(func(g ec2.SecurityGroup) string { return g.ID }),
		"group-name":              one(func(g ec2.SecurityGroup) string { return g.Name }),
		"owner-id":                one(func(g ec2.SecurityGroup) string { return g.OwnerID }),
		"vpc-id":                  func(ec2.SecurityGroup) []string { return nil },
		"ip-permission.protocol":  ofRules(func(p ec2.IPPermission) []string { return []string{p.Protocol} }),
		"ip-permission.from-port": ofRules(func(p ec2.IPPermission) []string { return portText(p.FromPort) }),
		"ip-permission.to-port":   ofRules(func(p ec2.IPPermission) []string { return portText(p.ToPort) }),
		"ip-permission.cidr": ofRules(func(p ec2.IPPermission) []string {
			return texts(p.Ranges, func(r ec2.IPRange) string { return r.CIDR })
		}),
		"ip-permission.group-id": ofRules(func(p ec2.IPPermission) []string {
			return texts(p.Groups, func(g ec2.UserGroup) string { return g.ID })
		}),
		"ip-permission.group-name": ofRules(func(p ec2.IPPermission) []string {
			return texts(p.Groups, func(g ec2.UserGroup) string { return g.Name })
		}),
		"ip-permission.user-id": ofRules(func(p ec2.IPPermission) []string {
			return texts(p.Groups, func(g ec2.UserGroup) string { return g.UserID })
		}),
	}
}

// ofRules gathers what each of a group's rules has.
func ofRules(f func(ec2.IPPermission) []string) func(ec2.SecurityGroup) []string {
	return func(g ec2.SecurityGroup) (values []string) {
		for _, p := range g.Permissions {
			values = append(values, f(p)...)
		}
		return values
	}
}

func portText(port *int) []string {
	if port == nil {
		return nil
	}
	return []string{strconv.Itoa(*port)}
}

// texts are those of the elements that have one.
func texts[T any](list []T, f func(T) string) (all []string) {
	for _, element := range list {
		if text := f(element); text != "" {
			all = append(all, text)
		}
	}
	return all
}
