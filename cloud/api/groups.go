package api

import (
	"context"

	"emikit/ec2"
)

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
	response := &ec2.DescribeSecurityGroupsResponse{}
	for _, g := range found {
		response.Groups = append(response.Groups, ec2.SecurityGroup{
			OwnerID: g.Account, ID: g.ID, Name: g.Name, Description: g.Description,
		})
	}
	response.Groups, err = filters[ec2.SecurityGroup]{
		"description": one(func(g ec2.SecurityGroup) string { return g.Description }),
		"group-id":    one(func(g ec2.SecurityGroup) string { return g.ID }),
		"group-name":  one(func(g ec2.SecurityGroup) string { return g.Name }),
		"owner-id":    one(func(g ec2.SecurityGroup) string { return g.OwnerID }),
	}.keep(response.Groups, q.Filters)
	if err != nil {
		return nil, err
	}
	response.Groups, response.NextToken = take(page, response.Groups, func(g ec2.SecurityGroup) position {
		return position{id: g.ID}
	})
	return response, nil
}
