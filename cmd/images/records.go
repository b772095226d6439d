package images

import (
	"strconv"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// instanceStore is the root device type of an image that was a bundle. Clouds
// before 2009-10-31 have no other and do not name it.
const instanceStore = "instance-store"

// addImage writes the records of one image as euca2ools 3.4.1 does. The
// ec2-api-tools have a field for product codes before the architecture.
func addImage(r *cli.Records, i ec2.Image, family cli.Family) {
	fields := []string{"IMAGE", i.ID, location(i), owner(i), i.State, access(i)}
	if family == cli.EC2 {
		fields = append(fields, cli.Join(",", i.ProductCodes, func(p ec2.ProductCode) string { return p.Code }))
	}
	r.Add(append(fields, i.Architecture, i.Type, i.KernelID, i.RamdiskID, i.Platform,
		i.RootDeviceType, i.VirtualizationType, i.Hypervisor)...)
	for _, d := range i.BlockDevices {
		addDevice(r, d)
	}
	for _, tag := range i.Tags {
		r.Add("TAG", "image", i.ID, tag.Key, tag.Value)
	}
}

func addDevice(r *cli.Records, d ec2.BlockDevice) {
	if d.EBS == nil {
		r.Add("BLOCKDEVICEMAPPING", "EPHEMERAL", d.DeviceName, d.VirtualName)
		return
	}
	r.Add("BLOCKDEVICEMAPPING", "EBS", d.DeviceName, d.EBS.SnapshotID, cli.Optional(d.EBS.VolumeSize, strconv.Itoa),
		cli.Optional(d.EBS.DeleteOnTermination, strconv.FormatBool), d.EBS.VolumeType, cli.Optional(d.EBS.IOPS, strconv.Itoa))
}

// location is where the image came from: a manifest, or for one made of a
// volume its owner and name.
func location(i ec2.Image) string {
	if i.RootDeviceType == "" || i.RootDeviceType == instanceStore || i.Name == "" {
		return i.Location
	}
	return i.OwnerID + "/" + i.Name
}

func owner(i ec2.Image) string {
	if i.OwnerAlias != "" {
		return i.OwnerAlias
	}
	return i.OwnerID
}

func tags(i ec2.Image) string {
	return cli.Join(",", i.Tags, func(t ec2.Tag) string { return t.Key + "=" + t.Value })
}

func access(i ec2.Image) string {
	if i.Public {
		return "public"
	}
	return "private"
}
