package ec2

import "context"

// Actions on security groups.
const (
	ActionCreateSecurityGroup    = "CreateSecurityGroup"
	ActionDeleteSecurityGroup    = "DeleteSecurityGroup"
	ActionDescribeSecurityGroups = "DescribeSecurityGroups"
	ActionAuthorizeIngress       = "AuthorizeSecurityGroupIngress"
	ActionAuthorizeEgress        = "AuthorizeSecurityGroupEgress"
	ActionRevokeIngress          = "RevokeSecurityGroupIngress"
	ActionRevokeEgress           = "RevokeSecurityGroupEgress"
)

// CreateSecurityGroupRequest makes a group that lets nothing in.
type CreateSecurityGroupRequest struct {
	Name        string `query:"GroupName"`
	Description string `query:"GroupDescription"`
	VPCID       string `query:"VpcId"`
	DryRun      bool   `query:"DryRun"`

	TagSpecifications []TagSpecification `query:"TagSpecification"`
}

// CreateSecurityGroupResponse names the new group. Eucalyptus before 3.0 gives no
// id, and a Return of false for a group that is there.
type CreateSecurityGroupResponse struct {
	ResponseMetadata
	Return *bool     `xml:"return" json:"-"`
	ID     string    `xml:"groupId,omitempty" json:"GroupId,omitempty"`
	Tags   List[Tag] `xml:"tagSet" json:"Tags"`
}

// DeleteSecurityGroupRequest removes a group, by its name or its id.
type DeleteSecurityGroupRequest struct {
	Name   string `query:"GroupName"`
	ID     string `query:"GroupId"`
	DryRun bool   `query:"DryRun"`
}

// DescribeSecurityGroupsRequest lists security groups. A paging client sends
// MaxResults and NextToken.
type DescribeSecurityGroupsRequest struct {
	GroupNames []string `query:"GroupName"`
	GroupIDs   []string `query:"GroupId"`
	MaxResults *int     `query:"MaxResults"`
	NextToken  string   `query:"NextToken"`
	Filters    []Filter `query:"Filter"`
	DryRun     bool     `query:"DryRun"`
}

// SecurityGroupRulesRequest adds rules to a group or takes them away. The fields
// behind Permissions are the form of the first versions of the protocol: one rule,
// or with SourceName everything from one group.
type SecurityGroupRulesRequest struct {
	GroupName   string                `query:"GroupName"`
	GroupID     string                `query:"GroupId"`
	Permissions []IPPermissionRequest `query:"IpPermissions"`
	Protocol    string                `query:"IpProtocol"`
	FromPort    *int                  `query:"FromPort"`
	ToPort      *int                  `query:"ToPort"`
	CIDR        string                `query:"CidrIp"`
	SourceName  string                `query:"SourceSecurityGroupName"`
	SourceOwner string                `query:"SourceSecurityGroupOwnerId"`
	DryRun      bool                  `query:"DryRun"`
}

// IPPermissionRequest is traffic to let in from each of some sources. Of ICMP the
// ports are the type and the code, and -1 is all of them.
type IPPermissionRequest struct {
	Protocol    string             `query:"IpProtocol"`
	FromPort    *int               `query:"FromPort"`
	ToPort      *int               `query:"ToPort"`
	Groups      []UserGroupRequest `query:"Groups"`
	Ranges      []IPRangeRequest   `query:"IpRanges"`
	Ranges6     []IP6RangeRequest  `query:"Ipv6Ranges"`
	PrefixLists []PrefixListID     `query:"PrefixListIds"`
}

// UserGroupRequest is a group as a source, by its name or its id. Without a UserID it
// is one of the caller's.
type UserGroupRequest struct {
	UserID      string `query:"UserId"`
	Name        string `query:"GroupName"`
	ID          string `query:"GroupId"`
	Description string `query:"Description"`
}

// IPRangeRequest is a network as a source.
type IPRangeRequest struct {
	CIDR        string `query:"CidrIp"`
	Description string `query:"Description"`
}

// IP6RangeRequest is a network of IPv6 as a source.
type IP6RangeRequest struct {
	CIDR        string `query:"CidrIpv6"`
	Description string `query:"Description"`
}

// PrefixListID is a named list of networks as a source, which only clouds with
// virtual private clouds have.
type PrefixListID struct {
	ID          string `query:"PrefixListId"`
	Description string `query:"Description"`
}

// DescribeSecurityGroupsResponse lists security groups.
type DescribeSecurityGroupsResponse struct {
	ResponseMetadata
	Groups    List[SecurityGroup] `xml:"securityGroupInfo" json:"SecurityGroups"`
	NextToken string              `xml:"nextToken,omitempty" json:"NextToken,omitempty"`
}

// SecurityGroup is a named set of rules for traffic to its members. Only groups in
// a virtual private cloud have rules for what leaves them.
type SecurityGroup struct {
	OwnerID     string             `xml:"ownerId" json:"OwnerId"`
	ID          string             `xml:"groupId,omitempty" json:"GroupId,omitempty"`
	Name        string             `xml:"groupName" json:"GroupName"`
	Description string             `xml:"groupDescription" json:"Description"`
	VPCID       string             `xml:"vpcId,omitempty" json:"VpcId,omitempty"`
	Permissions List[IPPermission] `xml:"ipPermissions" json:"IpPermissions"`
	Egress      List[IPPermission] `xml:"ipPermissionsEgress" json:"IpPermissionsEgress"`
	Tags        List[Tag]          `xml:"tagSet" json:"Tags"`
}

// IPPermission lets traffic in. The protocol -1 is all of them, and has no ports.
type IPPermission struct {
	Protocol string          `xml:"ipProtocol" json:"IpProtocol"`
	FromPort *int            `xml:"fromPort" json:"FromPort,omitempty"`
	ToPort   *int            `xml:"toPort" json:"ToPort,omitempty"`
	Groups   List[UserGroup] `xml:"groups" json:"UserIdGroupPairs"`
	Ranges   List[IPRange]   `xml:"ipRanges" json:"IpRanges"`
}

// UserGroup is a group as a source of traffic.
type UserGroup struct {
	UserID      string `xml:"userId" json:"UserId"`
	ID          string `xml:"groupId,omitempty" json:"GroupId,omitempty"`
	Name        string `xml:"groupName,omitempty" json:"GroupName,omitempty"`
	Description string `xml:"description,omitempty" json:"Description,omitempty"`
}

// IPRange is a source of traffic in CIDR notation.
type IPRange struct {
	CIDR        string `xml:"cidrIp" json:"CidrIp"`
	Description string `xml:"description,omitempty" json:"Description,omitempty"`
}

// CreateSecurityGroup makes a security group.
func (c *Client) CreateSecurityGroup(ctx context.Context, in *CreateSecurityGroupRequest) (*CreateSecurityGroupResponse, error) {
	return call[CreateSecurityGroupResponse](ctx, c, ActionCreateSecurityGroup, in)
}

// DeleteSecurityGroup removes a security group.
func (c *Client) DeleteSecurityGroup(ctx context.Context, in *DeleteSecurityGroupRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionDeleteSecurityGroup, in)
}

// ChangeRules does one of the four actions that change the rules of a group.
func (c *Client) ChangeRules(ctx context.Context, action string, in *SecurityGroupRulesRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, action, in)
}

// AllSecurityGroups lists security groups over all pages of the list.
func (c *Client) AllSecurityGroups(ctx context.Context, in *DescribeSecurityGroupsRequest) (*DescribeSecurityGroupsResponse, error) {
	return allPages[DescribeSecurityGroupsResponse](ctx, c, ActionDescribeSecurityGroups, in, maxListing)
}

func (r *DescribeSecurityGroupsResponse) next() *string { return &r.NextToken }

func (r *DescribeSecurityGroupsResponse) add(page *DescribeSecurityGroupsResponse) {
	r.Groups = append(r.Groups, page.Groups...)
}
