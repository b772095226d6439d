package ec2

import "context"

// ActionDescribeInstanceStatus lists how instances are.
const ActionDescribeInstanceStatus = "DescribeInstanceStatus"

// The values of a status, and of its one detail.
const (
	StatusOK            = "ok"
	StatusImpaired      = "impaired"
	StatusInitializing  = "initializing"
	StatusNotApplicable = "not-applicable"
	StatusNoData        = "insufficient-data"

	DetailReachability = "reachability"
	DetailPassed       = "passed"
	DetailFailed       = "failed"
)

// DescribeInstanceStatusRequest lists how instances are: those that run, or all.
// A paging client sends MaxResults and NextToken.
type DescribeInstanceStatusRequest struct {
	InstanceIDs []string `query:"InstanceId"`
	IncludeAll  bool     `query:"IncludeAllInstances"`
	Filters     []Filter `query:"Filter"`
	MaxResults  *int     `query:"MaxResults"`
	NextToken   string   `query:"NextToken"`
	DryRun      bool     `query:"DryRun"`
}

// DescribeInstanceStatusResponse lists how instances are.
type DescribeInstanceStatusResponse struct {
	ResponseMetadata
	Instances List[InstanceStatus] `xml:"instanceStatusSet" json:"InstanceStatuses"`
	NextToken string               `xml:"nextToken,omitempty" json:"NextToken,omitempty"`
}

// InstanceStatus says how an instance is, and what it runs on.
type InstanceStatus struct {
	InstanceID       string              `xml:"instanceId" json:"InstanceId"`
	AvailabilityZone string              `xml:"availabilityZone" json:"AvailabilityZone"`
	State            InstanceState       `xml:"instanceState" json:"InstanceState"`
	System           StatusSummary       `xml:"systemStatus" json:"SystemStatus"`
	Instance         StatusSummary       `xml:"instanceStatus" json:"InstanceStatus"`
	Events           List[InstanceEvent] `xml:"eventsSet" json:"Events"`
}

// StatusSummary is the outcome of checks.
type StatusSummary struct {
	Status  string             `xml:"status" json:"Status"`
	Details List[StatusDetail] `xml:"details" json:"Details"`
}

// StatusDetail is one check. ImpairedSince is a time in ISO 8601.
type StatusDetail struct {
	Name          string `xml:"name" json:"Name"`
	Status        string `xml:"status" json:"Status"`
	ImpairedSince string `xml:"impairedSince,omitempty" json:"ImpairedSince,omitempty"`
}

// InstanceEvent is something that is going to happen to an instance. The times
// are in ISO 8601.
type InstanceEvent struct {
	Code        string `xml:"code" json:"Code"`
	Description string `xml:"description,omitempty" json:"Description,omitempty"`
	NotBefore   string `xml:"notBefore,omitempty" json:"NotBefore,omitempty"`
	NotAfter    string `xml:"notAfter,omitempty" json:"NotAfter,omitempty"`
}

// AllInstanceStatus lists how instances are as DescribeInstanceStatus does, over
// all pages of the list.
func (c *Client) AllInstanceStatus(ctx context.Context, in *DescribeInstanceStatusRequest) (*DescribeInstanceStatusResponse, error) {
	return allPages[DescribeInstanceStatusResponse](ctx, c, ActionDescribeInstanceStatus, in, maxListing)
}

func (r *DescribeInstanceStatusResponse) next() *string { return &r.NextToken }

func (r *DescribeInstanceStatusResponse) add(page *DescribeInstanceStatusResponse) {
	r.Instances = append(r.Instances, page.Instances...)
}
