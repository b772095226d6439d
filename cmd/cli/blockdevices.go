package cli

import (
	"fmt"
	"strconv"
	"strings"

	"emikit/ec2"
)

// BlockDevices is a flag value: each DEVICE=MAPPED adds a device. MAPPED is
// ephemeralN, none, or [SNAPSHOT]:[GiB]:[true|false]:[TYPE[:IOPS]] with what is
// at its end left out, as with euca2ools 3.4.
type BlockDevices []ec2.BlockDeviceRequest

// String is empty: there is no default to show.
func (b *BlockDevices) String() string { return "" }

// Type names the flag's value in help texts.
func (b *BlockDevices) Type() string { return "DEVICE=MAPPED" }

// Set takes one DEVICE=MAPPED.
func (b *BlockDevices) Set(text string) error {
	device, mapped, ok := strings.Cut(text, "=")
	if !ok || device == "" || mapped == "" {
		return fmt.Errorf("block device %q: want DEVICE=MAPPED, such as /dev/sdb=ephemeral0", text)
	}
	request := ec2.BlockDeviceRequest{DeviceName: device}
	switch {
	case strings.HasPrefix(mapped, "ephemeral"):
		request.VirtualName = mapped
	case mapped == "none":
		request.NoDevice = "true"
	default:
		var err error
		if request.EBS, err = parseVolume(mapped); err != nil {
			return fmt.Errorf("block device %q: %w", text, err)
		}
	}
	*b = append(*b, request)
	return nil
}

func parseVolume(text string) (v ec2.EBSRequest, err error) {
	const parts = 5 // snapshot, size, whether it is deleted, type, operations a second
	fields := strings.Split(text, ":")
	if len(fields) > parts {
		return v, fmt.Errorf("more than %d parts", parts)
	}
	fields = append(fields, make([]string, parts-len(fields))...)
	v.SnapshotID, v.VolumeType = fields[0], fields[3]
	if v.VolumeSize, err = parseCount(fields[1]); err != nil {
		return v, fmt.Errorf("size %q is not a number of GiB", fields[1])
	}
	if v.IOPS, err = parseCount(fields[4]); err != nil {
		return v, fmt.Errorf("%q is not a number of operations a second", fields[4])
	}
	if fields[2] != "" {
		deleted, err := strconv.ParseBool(fields[2])
		if err != nil {
			return v, fmt.Errorf("%q is neither true nor false", fields[2])
		}
		v.DeleteOnTermination = &deleted
	}
	return v, nil
}

// parseCount reads a positive number; nothing is 0.
func parseCount(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err
}
