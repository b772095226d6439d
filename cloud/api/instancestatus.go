package api

import (
	"context"
	"strconv"

	"emikit/cloud/instances"
	"emikit/ec2"
)

// describeInstanceStatus tells of instances that run, or of all, whether their nodes
// answer. That is all that is checked.
func (h *handler) describeInstanceStatus(ctx context.Context, c call, q *ec2.DescribeInstanceStatusRequest) (*ec2.DescribeInstanceStatusResponse, error) {
	page, err := paging{action: ec2.ActionDescribeInstanceStatus, least: 5, list: "instancesSet"}.page(q.MaxResults, q.NextToken, q.InstanceIDs)
	if err != nil {
		return nil, err
	}
	found, err := h.Instances.Describe(ctx, c.who, q.InstanceIDs)
	if err != nil {
		return nil, err
	}
	var rows []ec2.InstanceStatus
	for _, r := range found {
		for _, i := range r.Instances {
			if q.IncludeAll || i.State == instances.StateRunning {
				rows = append(rows, wireStatus(i))
			}
		}
	}
	if rows, err = statusFilters().keep(rows, q.Filters); err != nil {
		return nil, err
	}
	rows, next := take(page, rows, func(i ec2.InstanceStatus) position { return position{id: i.InstanceID} })
	return &ec2.DescribeInstanceStatusResponse{Instances: rows, NextToken: next}, nil
}

// wireStatus: an instance that runs is well as far as anybody knows, unless its node
// does not answer; then nothing is known of it.
func wireStatus(i instances.Instance) ec2.InstanceStatus {
	w := ec2.InstanceStatus{InstanceID: i.ID, AvailabilityZone: i.Zone, State: wireState(i.State)}
	switch {
	case i.State != instances.StateRunning:
		w.Instance.Status, w.System.Status = ec2.StatusNotApplicable, ec2.StatusNotApplicable
	case i.Unseen.IsZero():
		w.Instance, w.System = reachable(), reachable()
	default:
		w.Instance = ec2.StatusSummary{Status: ec2.StatusNoData, Details: ec2.List[ec2.StatusDetail]{
			{Name: ec2.DetailReachability, Status: ec2.StatusNoData},
		}}
		w.System = ec2.StatusSummary{Status: ec2.StatusImpaired, Details: ec2.List[ec2.StatusDetail]{
			{Name: ec2.DetailReachability, Status: ec2.DetailFailed, ImpairedSince: ec2.FormatTime(i.Unseen)},
		}}
	}
	return w
}

func reachable() ec2.StatusSummary {
	return ec2.StatusSummary{Status: ec2.StatusOK, Details: ec2.List[ec2.StatusDetail]{
		{Name: ec2.DetailReachability, Status: ec2.DetailPassed},
	}}
}

func statusFilters() filters[ec2.InstanceStatus] {
	details := func(of func(ec2.InstanceStatus) ec2.StatusSummary) func(ec2.InstanceStatus) []string {
		return func(i ec2.InstanceStatus) (values []string) {
			for _, d := range of(i).Details {
				values = append(values, d.Status)
			}
			return values
		}
	}
	all := filters[ec2.InstanceStatus]{
		"availability-zone":            one(func(i ec2.InstanceStatus) string { return i.AvailabilityZone }),
		"instance-state-code":          one(func(i ec2.InstanceStatus) string { return strconv.Itoa(i.State.Code) }),
		"instance-state-name":          one(func(i ec2.InstanceStatus) string { return i.State.Name }),
		"instance-status.status":       one(func(i ec2.InstanceStatus) string { return i.Instance.Status }),
		"instance-status.reachability": details(func(i ec2.InstanceStatus) ec2.StatusSummary { return i.Instance }),
		"system-status.status":         one(func(i ec2.InstanceStatus) string { return i.System.Status }),
		"system-status.reachability":   details(func(i ec2.InstanceStatus) ec2.StatusSummary { return i.System }),
	}
	for _, name := range []string{"event.code", "event.description", "event.not-after", "event.not-before"} {
		all[name] = func(ec2.InstanceStatus) []string { return nil } // nothing is ever going to happen
	}
	return all
}
