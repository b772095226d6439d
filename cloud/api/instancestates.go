package api

import (
	"context"

	"emikit/cloud/instances"
	"emikit/ec2"
)

func (h *handler) startInstances(ctx context.Context, c call, q *ec2.StartInstancesRequest) (*ec2.StartInstancesResponse, error) {
	if err := requiredList("InstanceId", q.InstanceIDs); err != nil {
		return nil, err
	}
	changes, err := h.Instances.Start(ctx, c.who, q.InstanceIDs)
	return &ec2.StartInstancesResponse{Instances: wireChanges(changes)}, err
}

// stopInstances stops instances with and without force in the same way: a guest is
// asked first, and is not asked for long.
func (h *handler) stopInstances(ctx context.Context, c call, q *ec2.StopInstancesRequest) (*ec2.StopInstancesResponse, error) {
	if err := requiredList("InstanceId", q.InstanceIDs); err != nil {
		return nil, err
	}
	if err := (unsupported{"Hibernate": q.Hibernate}).check(); err != nil {
		return nil, err
	}
	c.record(ctx, given(map[string]bool{"Force": q.Force})...)
	changes, err := h.Instances.Stop(ctx, c.who, q.InstanceIDs)
	return &ec2.StopInstancesResponse{Instances: wireChanges(changes)}, err
}

func wireChanges(changes []instances.Change) (all ec2.List[ec2.InstanceStateChange]) {
	for _, change := range changes {
		all = append(all, ec2.InstanceStateChange{
			InstanceID: change.ID,
			Current:    wireState(change.Current),
			Previous:   wireState(change.Previous),
		})
	}
	return all
}
