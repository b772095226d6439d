package api

import (
	"context"
	"strconv"

	"emikit/cloud/images"
	"emikit/cloud/tags"
	"emikit/ec2"
	"emikit/manifest"
)

const (
	instanceStore = "instance-store"
	// rootDevice is where a machine image's filesystem appears.
	rootDevice  = "/dev/sda1"
	paravirtual = "paravirtual" // boots the kernel that the cloud gives it
	hvm         = "hvm"         // boots by itself
)

func (h *handler) registerImage(ctx context.Context, c call, q *ec2.RegisterImageRequest) (*ec2.RegisterImageResponse, error) {
	if err := (unsupported{
		"BlockDeviceMapping":                 len(q.BlockDevices) > 0,
		"Platform":                           q.Platform != "",
		"RootDeviceName " + q.RootDeviceName: q.RootDeviceName != "" && q.RootDeviceName != rootDevice,
	}).check(); err != nil {
		return nil, err
	}
	if err := required("ImageLocation", q.ImageLocation); err != nil {
		return nil, err
	}
	wanted, err := specified(q.TagSpecifications, tags.Image)
	if err != nil {
		return nil, err
	}
	c.record(ctx, given(map[string]bool{
		"EnaSupport": q.EnaSupport != nil, "SriovNetSupport": q.SriovNetSupport != "", "VirtualizationType": q.VirtualizationType != "",
	})...)
	image, err := h.Images.Register(ctx, c.who, images.Request{
		Location:    q.ImageLocation,
		Name:        q.Name,
		Description: q.Description,
		Arch:        q.Architecture,
		KernelID:    q.KernelID,
		RamdiskID:   q.RamdiskID,
	})
	if err == nil {
		err = h.tagNew(ctx, c, image.ID, wanted)
	}
	return &ec2.RegisterImageResponse{ImageID: image.ID}, err
}

func (h *handler) deregisterImage(ctx context.Context, c call, q *ec2.DeregisterImageRequest) (*ec2.ReturnResponse, error) {
	if err := required("ImageId", q.ImageID); err != nil {
		return nil, err
	}
	return &ec2.ReturnResponse{Return: true}, h.Images.Deregister(ctx, c.who, q.ImageID)
}

func (h *handler) describeImages(ctx context.Context, c call, q *ec2.DescribeImagesRequest) (*ec2.DescribeImagesResponse, error) {
	page, err := paging{action: ec2.ActionDescribeImages, least: 1, list: "imagesSet"}.page(q.MaxResults, q.NextToken, q.ImageIDs)
	if err != nil {
		return nil, err
	}
	found, err := h.Images.Describe(ctx, c.who, images.Query{IDs: q.ImageIDs, Owners: q.Owners, ExecutableBy: q.ExecutableBy})
	if err != nil {
		return nil, err
	}
	response := &ec2.DescribeImagesResponse{}
	for _, image := range found {
		response.Images = append(response.Images, wireImage(image))
	}
	if err := h.tagImages(ctx, c, response.Images); err != nil {
		return nil, err
	}
	if response.Images, err = imageFilters().tagged(q.Filters, imageTags).keep(response.Images, q.Filters); err != nil {
		return nil, err
	}
	response.Images, response.NextToken = take(page, response.Images, func(i ec2.Image) position {
		return position{time: i.CreationDate, id: i.ID}
	})
	return response, nil
}

func wireImage(i images.Image) ec2.Image {
	w := ec2.Image{
		ID: i.ID, Location: i.Location, State: string(i.State),
		OwnerID: i.Owner, OwnerAlias: i.OwnerName, Public: i.Public,
		Architecture: i.Arch, Type: string(i.Kind), KernelID: i.KernelID, RamdiskID: i.RamdiskID, Platform: i.Platform,
		Name: i.Name, Description: i.Description, CreationDate: ec2.FormatTime(i.Registered),
		RootDeviceType: instanceStore, RootDeviceName: rootDevice, VirtualizationType: virtualization(i),
	}
	if i.Reason != "" {
		w.StateReason = &ec2.StateReason{Code: reasonCode(i.State), Message: i.Reason}
	}
	for _, code := range i.ProductCodes {
		w.ProductCodes = append(w.ProductCodes, ec2.ProductCode{Code: code})
	}
	if i.Unverified {
		w.Tags = ec2.List[ec2.Tag]{{Key: ec2.SignatureTag, Value: ec2.SignatureUnverified}}
	}
	for _, m := range i.Mappings {
		w.BlockDevices = append(w.BlockDevices, ec2.BlockDevice{DeviceName: m.Device, VirtualName: m.Virtual})
	}
	return w
}

// reasonCode is EC2's for an image that could not be used.
func reasonCode(s images.State) string {
	if s == images.StateFailed {
		return "Client.ImageImportFailure"
	}
	return string(s)
}

func virtualization(i images.Image) string {
	if i.Kind == manifest.KindMachine && i.KernelID == "" {
		return hvm
	}
	return paravirtual
}

// tagImages adds the tags that the caller may see to those of the cloud itself.
func (h *handler) tagImages(ctx context.Context, c call, list []ec2.Image) error {
	tagged, err := h.tagsOf(ctx, c, tags.Image)
	for i := range list {
		list[i].Tags = append(list[i].Tags, tagged[list[i].ID]...)
	}
	return err
}

func imageTags(i ec2.Image) []ec2.Tag { return i.Tags }

func imageFilters() filters[ec2.Image] {
	return filters[ec2.Image]{
		"architecture":        one(func(i ec2.Image) string { return i.Architecture }),
		"description":         one(func(i ec2.Image) string { return i.Description }),
		"image-id":            one(func(i ec2.Image) string { return i.ID }),
		"image-type":          one(func(i ec2.Image) string { return i.Type }),
		"is-public":           one(func(i ec2.Image) string { return strconv.FormatBool(i.Public) }),
		"kernel-id":           one(func(i ec2.Image) string { return i.KernelID }),
		"manifest-location":   one(func(i ec2.Image) string { return i.Location }),
		"name":                one(func(i ec2.Image) string { return i.Name }),
		"owner-alias":         one(func(i ec2.Image) string { return i.OwnerAlias }),
		"owner-id":            one(func(i ec2.Image) string { return i.OwnerID }),
		"platform":            one(func(i ec2.Image) string { return i.Platform }),
		"product-code":        func(i ec2.Image) []string { return productCodes(i.ProductCodes) },
		"ramdisk-id":          one(func(i ec2.Image) string { return i.RamdiskID }),
		"root-device-name":    one(func(i ec2.Image) string { return i.RootDeviceName }),
		"root-device-type":    one(func(i ec2.Image) string { return i.RootDeviceType }),
		"state":               one(func(i ec2.Image) string { return i.State }),
		"virtualization-type": one(func(i ec2.Image) string { return i.VirtualizationType }),
	}
}

func tagValues(tags []ec2.Tag, key string) []string {
	var values []string
	for _, t := range tags {
		if t.Key == key {
			values = append(values, t.Value)
		}
	}
	return values
}

func productCodes(codes []ec2.ProductCode) []string {
	var values []string
	for _, c := range codes {
		values = append(values, c.Code)
	}
	return values
}
