package instances

import (
	"strconv"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// The records here have the fields of euca2ools 3.4.1, in its order.

func addReservation(r *cli.Records, reservation ec2.Reservation) {
	r.Add("RESERVATION", reservation.ID, reservation.OwnerID, cli.Join(", ", reservation.Groups, groupName))
	for _, i := range reservation.Instances {
		addInstance(r, i)
	}
}

// groupName is the group's id where the cloud is so old that the id is the
// name.
func groupName(g ec2.GroupID) string {
	if g.Name == "" {
		return g.ID
	}
	return g.Name
}

func addInstance(r *cli.Records, i ec2.Instance) {
	const license = "" // no cloud sends one any more
	codes := cli.Join(",", i.ProductCodes, func(p ec2.ProductCode) string { return p.Code })
	groups := cli.Join(",", i.Groups, func(g ec2.GroupID) string { return g.ID })
	r.Add("INSTANCE", i.ID, i.ImageID, i.DNSName, i.PrivateDNSName, i.State.Name, i.KeyName,
		strconv.Itoa(i.LaunchIndex), codes, i.Type, i.LaunchTime, i.Placement.AvailabilityZone,
		i.KernelID, i.RamdiskID, i.Platform, monitoring(i.Monitoring), i.IPAddress, i.PrivateIPAddress,
		i.VPCID, i.SubnetID, i.RootDeviceType, i.Lifecycle, i.SpotInstanceRequestID, license,
		i.Placement.GroupName, i.VirtualizationType, i.Hypervisor, i.ClientToken, groups,
		i.Placement.Tenancy, cli.Optional(i.EBSOptimized, strconv.FormatBool), profile(i.InstanceProfile), i.Architecture)
	for _, d := range i.BlockDevices {
		addDevice(r, d)
	}
	for _, n := range i.NetworkInterfaces {
		addInterface(r, n)
	}
	for _, tag := range i.Tags {
		r.Add("TAG", "instance", i.ID, tag.Key, tag.Value)
	}
}

func monitoring(m ec2.Monitoring) string {
	if m.State == "" {
		return "monitoring-disabled"
	}
	return "monitoring-" + m.State
}

func profile(p *ec2.InstanceProfile) string {
	if p == nil {
		return ""
	}
	return p.ARN
}

func addDevice(r *cli.Records, d ec2.InstanceBlockDevice) {
	volume := d.EBS
	if volume == nil {
		volume = &ec2.InstanceEBS{}
	}
	r.Add("BLOCKDEVICE", d.DeviceName, volume.VolumeID, volume.AttachTime,
		cli.Optional(volume.DeleteOnTermination, strconv.FormatBool), volume.VolumeType, cli.Optional(volume.IOPS, strconv.Itoa))
}

func addInterface(r *cli.Records, n ec2.NetworkInterface) {
	r.Add("NETWORKINTERFACE", n.ID, n.SubnetID, n.VPCID, n.OwnerID, n.Status, n.PrivateIPAddress,
		n.PrivateDNSName, cli.Optional(n.SourceDestCheck, strconv.FormatBool))
	if a := n.Attachment; a != nil {
		const instance = "" // it is the one above
		r.Add("ATTACHMENT", instance, a.ID, cli.Optional(a.DeviceIndex, strconv.Itoa), a.Status, a.AttachTime,
			cli.Optional(a.DeleteOnTermination, strconv.FormatBool))
	}
	if a := n.Association; a != nil {
		r.Add("ASSOCIATION", a.PublicIP, a.IPOwnerID, n.PrivateIPAddress)
	}
	for _, g := range n.Groups {
		r.Add("GROUP", g.ID, g.Name)
	}
	for _, a := range n.PrivateIPAddresses {
		primary := ""
		if a.Primary {
			primary = "primary"
		}
		r.Add("PRIVATEIPADDRESS", a.PrivateIPAddress, a.PrivateDNSName, primary)
	}
}
