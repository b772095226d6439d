package api

import (
	"maps"
	"strconv"

	"emikit/ec2"
)

// instanceFilters are those for the instances of one reservation, as far as they are
// asked for.
func instanceFilters(r ec2.Reservation, asked []ec2.Filter) filters[ec2.Instance] {
	groups := func(pick func(ec2.GroupID) string) func(ec2.Instance) []string {
		return func(i ec2.Instance) (values []string) {
			for _, g := range i.Groups {
				values = append(values, pick(g))
			}
			return values
		}
	}
	all := filters[ec2.Instance]{
		"availability-zone":    one(func(i ec2.Instance) string { return i.Placement.AvailabilityZone }),
		"client-token":         one(func(i ec2.Instance) string { return i.ClientToken }),
		"dns-name":             one(func(i ec2.Instance) string { return i.DNSName }),
		"group-id":             groups(func(g ec2.GroupID) string { return g.ID }),
		"group-name":           groups(func(g ec2.GroupID) string { return g.Name }),
		"instance-id":          one(func(i ec2.Instance) string { return i.ID }),
		"instance-state-code":  one(func(i ec2.Instance) string { return strconv.Itoa(i.State.Code) }),
		"instance-state-name":  one(func(i ec2.Instance) string { return i.State.Name }),
		"instance.group-id":    groups(func(g ec2.GroupID) string { return g.ID }),
		"instance.group-name":  groups(func(g ec2.GroupID) string { return g.Name }),
		"ip-address":           one(func(i ec2.Instance) string { return i.IPAddress }),
		"launch-index":         one(func(i ec2.Instance) string { return strconv.Itoa(i.LaunchIndex) }),
		"launch-time":          one(func(i ec2.Instance) string { return i.LaunchTime }),
		"owner-id":             one(func(ec2.Instance) string { return r.OwnerID }),
		"private-dns-name":     one(func(i ec2.Instance) string { return i.PrivateDNSName }),
		"private-ip-address":   one(func(i ec2.Instance) string { return i.PrivateIPAddress }),
		"reason":               one(func(i ec2.Instance) string { return i.Reason }),
		"reservation-id":       one(func(ec2.Instance) string { return r.ID }),
		"monitoring-state":     one(func(i ec2.Instance) string { return i.Monitoring.State }),
		"state-reason-code":    one(func(i ec2.Instance) string { return stateReason(i).Code }),
		"state-reason-message": one(func(i ec2.Instance) string { return stateReason(i).Message }),
		"tenancy":              one(func(i ec2.Instance) string { return i.Placement.Tenancy }),
		"subnet-id":            func(ec2.Instance) []string { return nil }, // there are no virtual private clouds
		"vpc-id":               func(ec2.Instance) []string { return nil },
	}
	maps.Copy(all, launchFilters())
	return all.tagged(asked, func(i ec2.Instance) []ec2.Tag { return i.Tags })
}

// launchFilters are those for what an instance was launched with.
func launchFilters() filters[ec2.Instance] {
	return filters[ec2.Instance]{
		"architecture":        one(func(i ec2.Instance) string { return i.Architecture }),
		"image-id":            one(func(i ec2.Instance) string { return i.ImageID }),
		"kernel-id":           one(func(i ec2.Instance) string { return i.KernelID }),
		"platform":            one(func(i ec2.Instance) string { return i.Platform }),
		"product-code":        func(i ec2.Instance) []string { return productCodes(i.ProductCodes) },
		"ramdisk-id":          one(func(i ec2.Instance) string { return i.RamdiskID }),
		"root-device-name":    one(func(i ec2.Instance) string { return i.RootDeviceName }),
		"root-device-type":    one(func(i ec2.Instance) string { return i.RootDeviceType }),
		"virtualization-type": one(func(i ec2.Instance) string { return i.VirtualizationType }),
		"instance-type":       one(func(i ec2.Instance) string { return i.Type }),
		"key-name":            one(func(i ec2.Instance) string { return i.KeyName }),
	}
}

func stateReason(i ec2.Instance) ec2.StateReason {
	if i.StateReason == nil {
		return ec2.StateReason{}
	}
	return *i.StateReason
}
