package api

import (
	"context"
	"errors"
	"net/netip"

	"emikit/cloud/instances"
	"emikit/cloud/tags"
	"emikit/ec2"
)

func (h *handler) runInstances(ctx context.Context, c call, q *ec2.RunInstancesRequest) (*ec2.RunInstancesResponse, error) {
	if err := checkRun(q); err != nil {
		return nil, err
	}
	wanted, err := specified(q.TagSpecifications, tags.Instance)
	if err != nil {
		return nil, err
	}
	c.record(ctx, given(map[string]bool{"Monitoring.Enabled": q.Monitoring.Enabled})...)
	r, err := h.Instances.Run(ctx, c.who, instances.RunRequest{
		Image: q.ImageID, Kernel: q.KernelID, Ramdisk: q.RamdiskID,
		Type: q.InstanceType, KeyName: q.KeyName, Zone: q.Placement.AvailabilityZone,
		ClientToken: q.ClientToken, Min: q.MinCount, Max: q.MaxCount,
		Groups: append(q.SecurityGroups, q.SecurityGroupIDs...), UserData: q.UserData,
		Protected: q.DisableAPITermination, Tags: instanceTags(wanted),
	})
	if err != nil {
		return nil, err
	}
	reservation := wireReservation(r)
	for i := range reservation.Instances {
		reservation.Instances[i].Tags = wireTags(wanted)
	}
	return &ec2.RunInstancesResponse{Reservation: reservation}, nil
}

func instanceTags(all []tags.Tag) (list []instances.Tag) {
	for _, t := range all {
		list = append(list, instances.Tag(t))
	}
	return list
}

// checkRun refuses what is missing and what this cloud cannot do. Monitoring is
// let pass: the answer says that it is off.
func checkRun(q *ec2.RunInstancesRequest) error {
	switch {
	case q.ImageID == "":
		return missing("ImageId")
	case q.MinCount == 0:
		return missing("MinCount")
	case q.MaxCount == 0:
		return missing("MaxCount")
	}
	return unsupported{
		"AddressingType " + q.AddressingType: q.AddressingType != "" && q.AddressingType != "public",
		"BlockDeviceMapping":                 len(q.BlockDevices) > 0,
		"EbsOptimized":                       q.EBSOptimized,
		"IamInstanceProfile":                 q.InstanceProfile != ec2.InstanceProfileRequest{},
		"InstanceInitiatedShutdownBehavior " + q.ShutdownBehavior: q.ShutdownBehavior != "" && q.ShutdownBehavior != "terminate",
		"NetworkInterface":    len(q.NetworkInterfaces) > 0,
		"Placement.GroupName": q.Placement.GroupName != "",
		"Placement.Tenancy":   q.Placement.Tenancy != "" && q.Placement.Tenancy != "default",
		"PrivateIpAddress":    q.PrivateIPAddress != "",
		"SubnetId":            q.SubnetID != "",
	}.check()
}

func (h *handler) describeInstances(ctx context.Context, c call, q *ec2.DescribeInstancesRequest) (*ec2.DescribeInstancesResponse, error) {
	page, err := paging{action: ec2.ActionDescribeInstances, least: 5, list: "instancesSet"}.page(q.MaxResults, q.NextToken, q.InstanceIDs)
	if err != nil {
		return nil, err
	}
	if _, err := instanceFilters(ec2.Reservation{}, q.Filters).keep(nil, q.Filters); err != nil {
		return nil, err // also when there is nothing to filter
	}
	found, err := h.Instances.Describe(ctx, c.who, q.InstanceIDs)
	if err != nil {
		return nil, err
	}
	tagged, err := h.tagsOf(ctx, c, tags.Instance)
	if err != nil {
		return nil, err
	}
	var rows []ec2.Reservation
	for _, r := range found {
		reservation := wireReservation(r)
		for i := range reservation.Instances {
			reservation.Instances[i].Tags = tagged[reservation.Instances[i].ID]
		}
		if reservation.Instances, err = instanceFilters(reservation, q.Filters).keep(reservation.Instances, q.Filters); err != nil {
			return nil, err
		}
		rows = append(rows, apart(reservation)...)
	}
	rows, next := take(page, rows, func(r ec2.Reservation) position {
		return position{time: r.Instances[0].LaunchTime, id: r.ID, index: r.Instances[0].LaunchIndex}
	})
	return &ec2.DescribeInstancesResponse{Reservations: together(rows), NextToken: next}, nil
}

// apart makes a row of each instance, with its reservation around it: pages are
// counted in instances.
func apart(r ec2.Reservation) []ec2.Reservation {
	var rows []ec2.Reservation
	for i := range r.Instances {
		row := r
		row.Instances = r.Instances[i : i+1 : i+1]
		rows = append(rows, row)
	}
	return rows
}

// together joins the rows of a reservation, which stand side by side.
func together(rows []ec2.Reservation) []ec2.Reservation {
	var joined []ec2.Reservation
	for _, row := range rows {
		if last := len(joined) - 1; last >= 0 && joined[last].ID == row.ID {
			joined[last].Instances = append(joined[last].Instances, row.Instances...)
			continue
		}
		joined = append(joined, row)
	}
	return joined
}

func (h *handler) terminateInstances(ctx context.Context, c call, q *ec2.TerminateInstancesRequest) (*ec2.TerminateInstancesResponse, error) {
	if err := requiredList("InstanceId", q.InstanceIDs); err != nil {
		return nil, err
	}
	changes, err := h.Instances.Terminate(ctx, c.who, q.InstanceIDs)
	return &ec2.TerminateInstancesResponse{Instances: wireChanges(changes)}, err
}

func (h *handler) rebootInstances(ctx context.Context, c call, q *ec2.RebootInstancesRequest) (*ec2.ReturnResponse, error) {
	if err := requiredList("InstanceId", q.InstanceIDs); err != nil {
		return nil, err
	}
	return &ec2.ReturnResponse{Return: true}, h.Instances.Reboot(ctx, c.who, q.InstanceIDs)
}

func (h *handler) consoleOutput(ctx context.Context, c call, q *ec2.GetConsoleOutputRequest) (*ec2.GetConsoleOutputResponse, error) {
	if err := required("InstanceId", q.InstanceID); err != nil {
		return nil, err
	}
	console, err := h.Instances.Console(ctx, c.who, q.InstanceID)
	if err != nil {
		return nil, err
	}
	if console.Time.IsZero() {
		console.Time = h.Now()
	}
	return &ec2.GetConsoleOutputResponse{
		InstanceID: q.InstanceID,
		Timestamp:  ec2.FormatTime(console.Time),
		Output:     console.Output,
	}, nil
}

func (h *handler) instanceMetadata(ctx context.Context, c call, q *ec2.GetInstanceMetadataRequest) (*ec2.GetInstanceMetadataResponse, error) {
	if err := required("InstanceId", q.InstanceID); err != nil {
		return nil, err
	}
	body, err := h.Metadata(ctx, c.who, q.InstanceID, q.Path)
	if errors.Is(err, ErrNoMetadata) {
		return nil, fail(codeInvalidParameter, "%.200s: no metadata there", q.Path)
	}
	return &ec2.GetInstanceMetadataResponse{InstanceID: q.InstanceID, Path: q.Path, Body: body}, err
}

func wireReservation(r instances.Reservation) ec2.Reservation {
	w := ec2.Reservation{ID: r.ID, OwnerID: r.Account, Groups: wireGroups(r.Groups)}
	for _, i := range r.Instances {
		w.Instances = append(w.Instances, wireInstance(i))
	}
	return w
}

func wireInstance(i instances.Instance) ec2.Instance {
	public, private := addressText(i.PublicIP), addressText(i.PrivateIP)
	optimized := false
	w := ec2.Instance{
		ID: i.ID, ImageID: i.Image, State: wireState(i.State), Reason: i.Reason.Message,
		DNSName: public, IPAddress: public, PrivateDNSName: private, PrivateIPAddress: private,
		KeyName: i.KeyName, LaunchIndex: i.LaunchIndex, Type: i.Type.Name, LaunchTime: ec2.FormatTime(i.Launched),
		Placement: ec2.Placement{AvailabilityZone: i.Zone, Tenancy: "default"},
		KernelID:  i.Kernel, RamdiskID: i.Ramdisk, Platform: i.Platform, Architecture: i.Arch,
		Monitoring: ec2.Monitoring{State: "disabled"}, Groups: wireGroups(i.Groups),
		RootDeviceType: instanceStore, RootDeviceName: rootDevice, VirtualizationType: hvm,
		EBSOptimized: &optimized, ClientToken: i.ClientToken,
	}
	if i.Kernel != "" {
		w.VirtualizationType = paravirtual
	}
	if i.Reason != (instances.Reason{}) {
		w.StateReason = &ec2.StateReason{Code: i.Reason.Code, Message: i.Reason.Message}
	}
	for _, code := range i.ProductCodes {
		w.ProductCodes = append(w.ProductCodes, ec2.ProductCode{Code: code})
	}
	return w
}

// stateCode is EC2's number for a state.
func stateCode(s instances.State) int {
	switch s {
	case instances.StatePending:
		return 0
	case instances.StateRunning:
		return 16
	case instances.StateShuttingDown:
		return 32
	case instances.StateStopping:
		return 64
	case instances.StateStopped:
		return 80
	default:
		return 48
	}
}

func wireState(s instances.State) ec2.InstanceState {
	return ec2.InstanceState{Code: stateCode(s), Name: string(s)}
}

func wireGroups(groups []instances.Group) ec2.List[ec2.GroupID] {
	var w ec2.List[ec2.GroupID]
	for _, g := range groups {
		w = append(w, ec2.GroupID{ID: g.ID, Name: g.Name})
	}
	return w
}

// addressText is empty while there is no address.
func addressText(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}
