package ec2

import "context"

// Actions that stop instances and start them again.
const (
	ActionStartInstances = "StartInstances"
	ActionStopInstances  = "StopInstances"
)

// StartInstancesRequest boots stopped instances again.
type StartInstancesRequest struct {
	InstanceIDs []string `query:"InstanceId"`
	DryRun      bool     `query:"DryRun"`
}

// StopInstancesRequest stops running instances: their disks are kept.
type StopInstancesRequest struct {
	InstanceIDs []string `query:"InstanceId"`
	Force       bool     `query:"Force"` // without asking the guest first
	Hibernate   bool     `query:"Hibernate"`
	DryRun      bool     `query:"DryRun"`
}

// StartInstancesResponse gives the states before and after.
type StartInstancesResponse struct {
	ResponseMetadata
	Instances List[InstanceStateChange] `xml:"instancesSet" json:"StartingInstances"`
}

// StopInstancesResponse gives the states before and after.
type StopInstancesResponse struct {
	ResponseMetadata
	Instances List[InstanceStateChange] `xml:"instancesSet" json:"StoppingInstances"`
}

// StartInstances boots stopped instances again.
func (c *Client) StartInstances(ctx context.Context, in *StartInstancesRequest) (*StartInstancesResponse, error) {
	return call[StartInstancesResponse](ctx, c, ActionStartInstances, in)
}

// StopInstances stops running instances.
func (c *Client) StopInstances(ctx context.Context, in *StopInstancesRequest) (*StopInstancesResponse, error) {
	return call[StopInstancesResponse](ctx, c, ActionStopInstances, in)
}
