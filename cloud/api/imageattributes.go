package api

import (
	"context"

	"emikit/cloud/caller"
	"emikit/cloud/images"
	"emikit/ec2"
	"emikit/manifest"
)

func (h *handler) describeImageAttribute(ctx context.Context, c call, q *ec2.DescribeImageAttributeRequest) (*ec2.DescribeImageAttributeResponse, error) {
	if err := required("ImageId", q.ImageID); err != nil {
		return nil, err
	}
	if err := required("Attribute", q.Attribute); err != nil {
		return nil, err
	}
	fill, ok := attributes()[q.Attribute]
	if !ok {
		return nil, unknownAttribute(q.Attribute)
	}
	found, err := h.Images.Attributes(ctx, c.who, q.ImageID)
	if err != nil {
		return nil, err
	}
	response := &ec2.DescribeImageAttributeResponse{ImageID: found.ID}
	fill(response, found)
	return response, nil
}

func unknownAttribute(name string) error {
	return fail(codeInvalidParameter, "Value ( %.100s ) for parameter attribute is invalid. Unknown attribute.", name)
}

// attributes gives for each attribute that can be read how its answer is filled
// in.
func attributes() map[string]func(*ec2.DescribeImageAttributeResponse, images.Attributes) {
	return map[string]func(*ec2.DescribeImageAttributeResponse, images.Attributes){
		ec2.AttributeLaunchPermission: func(r *ec2.DescribeImageAttributeResponse, a images.Attributes) {
			r.LaunchPermissions = launchPermissions(a.Permissions)
		},
		ec2.AttributeProductCodes: func(r *ec2.DescribeImageAttributeResponse, a images.Attributes) {
			codes := wireImage(a.Image).ProductCodes
			r.ProductCodes = &codes
		},
		ec2.AttributeDescription: func(r *ec2.DescribeImageAttributeResponse, a images.Attributes) {
			r.Description = &ec2.AttributeValue{Value: a.Description}
		},
		ec2.AttributeKernel: func(r *ec2.DescribeImageAttributeResponse, a images.Attributes) {
			r.Kernel = &ec2.AttributeValue{Value: a.KernelID}
		},
		ec2.AttributeRamdisk: func(r *ec2.DescribeImageAttributeResponse, a images.Attributes) {
			r.Ramdisk = &ec2.AttributeValue{Value: a.RamdiskID}
		},
		ec2.AttributeBlockDevices: func(r *ec2.DescribeImageAttributeResponse, a images.Attributes) {
			r.BlockDevices = blockDevices(a.Image)
		},
	}
}

func launchPermissions(p images.Permissions) *ec2.List[ec2.LaunchPermission] {
	var all ec2.List[ec2.LaunchPermission]
	if p.Public {
		all = append(all, ec2.LaunchPermission{Group: ec2.GroupAll})
	}
	for _, account := range p.Accounts {
		all = append(all, ec2.LaunchPermission{UserID: account})
	}
	return &all
}

// blockDevices are those of the bundle, or else what Eucalyptus 1.6 and 2.0 say
// of every machine image.
func blockDevices(i images.Image) *ec2.List[ec2.BlockDevice] {
	devices := wireImage(i).BlockDevices
	if len(devices) == 0 && i.Kind == manifest.KindMachine {
		devices = ec2.List[ec2.BlockDevice]{
			{VirtualName: "emi", DeviceName: "sda1"}, {VirtualName: "ephemeral0", DeviceName: "sda2"},
			{VirtualName: "swap", DeviceName: "sda3"}, {VirtualName: "root", DeviceName: rootDevice},
		}
	}
	return &devices
}

func (h *handler) modifyImageAttribute(ctx context.Context, c call, q *ec2.ModifyImageAttributeRequest) (*ec2.ReturnResponse, error) {
	if err := required("ImageId", q.ImageID); err != nil {
		return nil, err
	}
	change, err := h.attributeChange(q)
	if err != nil {
		return nil, err
	}
	return &ec2.ReturnResponse{Return: true}, change(ctx, c.who, q.ImageID)
}

// attributeChange changes an attribute of an image.
type attributeChange func(ctx context.Context, who caller.Caller, id string) error

// attributeChange finds out which attribute a request changes, and how. EC2
// changes one with each request.
func (h *handler) attributeChange(q *ec2.ModifyImageAttributeRequest) (attributeChange, error) {
	named := attributesWithValues(q)
	if err := oneAttribute(q, named); err != nil {
		return nil, err
	}
	switch named[0] {
	case ec2.AttributeLaunchPermission:
		permissions, err := permissionChange(q)
		return func(ctx context.Context, who caller.Caller, id string) error {
			return h.Images.Permit(ctx, who, id, permissions)
		}, err
	case ec2.AttributeProductCodes:
		return func(ctx context.Context, who caller.Caller, id string) error {
			return h.Images.AddProductCodes(ctx, who, id, q.ProductCodes)
		}, notRemoved(q.OperationType)
	}
	return func(ctx context.Context, who caller.Caller, id string) error {
		return h.Images.Redescribe(ctx, who, id, *description(q))
	}, nil
}

func attributesWithValues(q *ec2.ModifyImageAttributeRequest) (named []string) {
	if len(q.UserIDs)+len(q.UserGroups)+len(q.LaunchPermission.Add)+len(q.LaunchPermission.Remove) > 0 {
		named = append(named, ec2.AttributeLaunchPermission)
	}
	if len(q.ProductCodes) > 0 {
		named = append(named, ec2.AttributeProductCodes)
	}
	if description(q) != nil {
		named = append(named, ec2.AttributeDescription)
	}
	return named
}

// description is the new description in either form, nil for none.
func description(q *ec2.ModifyImageAttributeRequest) *string {
	if q.Description.Value != nil {
		return q.Description.Value
	}
	return q.Value
}

// oneAttribute refuses a request that gives values for none or for several
// attributes, or not for the one that it names.
func oneAttribute(q *ec2.ModifyImageAttributeRequest, named []string) error {
	_, known := attributes()[q.Attribute]
	switch {
	case q.Attribute != "" && !known:
		return unknownAttribute(q.Attribute)
	case q.Attribute == ec2.AttributeKernel, q.Attribute == ec2.AttributeRamdisk, q.Attribute == ec2.AttributeBlockDevices:
		return fail(codeInvalidParameter, "The attribute %s of an image cannot be changed; register it again.", q.Attribute)
	case len(named) == 0 && q.Attribute != "":
		return fail(codeMissingParameter, "The request must contain a value for the attribute %s", q.Attribute)
	case len(named) == 0:
		return fail(codeBadCombination, "No attributes specified.")
	case len(named) > 1:
		return fail(codeBadCombination, "Fields for multiple attribute types specified: %s, %s", named[0], named[1])
	case q.Attribute != "" && q.Attribute != named[0]:
		return fail(codeBadCombination, "The request names the attribute %s but has values for %s", q.Attribute, named[0])
	}
	return nil
}

// permissionChange reads the launch permissions of either form.
func permissionChange(q *ec2.ModifyImageAttributeRequest) (change images.PermissionChange, err error) {
	nested := len(q.LaunchPermission.Add)+len(q.LaunchPermission.Remove) > 0
	flat := len(q.UserIDs)+len(q.UserGroups) > 0
	if nested && (flat || q.OperationType != "") {
		return change, fail(codeBadCombination, "Give launch permissions either as LaunchPermission or with OperationType, not both.")
	}
	if nested {
		if change.Add, err = permissions(q.LaunchPermission.Add); err == nil {
			change.Remove, err = permissions(q.LaunchPermission.Remove)
		}
		return change, err
	}
	of, err := flatPermissions(q)
	if err != nil {
		return change, err
	}
	switch q.OperationType {
	case ec2.OperationAdd:
		change.Add = of
	case ec2.OperationRemove:
		change.Remove = of
	case "":
		err = missing("OperationType")
	default:
		err = fail(codeInvalidParameter, "Value ( %.100s ) for parameter operationType is invalid. Expecting add or remove.", q.OperationType)
	}
	return change, err
}

func flatPermissions(q *ec2.ModifyImageAttributeRequest) (images.Permissions, error) {
	var list []ec2.LaunchPermission
	for _, group := range q.UserGroups {
		list = append(list, ec2.LaunchPermission{Group: group})
	}
	for _, account := range q.UserIDs {
		list = append(list, ec2.LaunchPermission{UserID: account})
	}
	return permissions(list)
}

func permissions(list []ec2.LaunchPermission) (p images.Permissions, err error) {
	for _, item := range list {
		switch item.Group {
		case "":
		case ec2.GroupAll:
			p.Public = true
		default:
			return p, fail(codeAttributeItem, "Invalid attribute item value %.100q for group item type.", item.Group)
		}
		if item.UserID != "" {
			p.Accounts = append(p.Accounts, item.UserID)
		}
	}
	return p, nil
}

// notRemoved refuses to take product codes off an image.
func notRemoved(operation string) error {
	if operation == "" || operation == ec2.OperationAdd {
		return nil
	}
	return fail(codeInvalidParameter, "Product codes can only be added.")
}

func (h *handler) resetImageAttribute(ctx context.Context, c call, q *ec2.ResetImageAttributeRequest) (*ec2.ReturnResponse, error) {
	if err := required("ImageId", q.ImageID); err != nil {
		return nil, err
	}
	if err := required("Attribute", q.Attribute); err != nil {
		return nil, err
	}
	if q.Attribute != ec2.AttributeLaunchPermission {
		return nil, fail(codeInvalidParameter, "Value ( %.100s ) for parameter attribute is invalid. Only %s can be reset.",
			q.Attribute, ec2.AttributeLaunchPermission)
	}
	return &ec2.ReturnResponse{Return: true}, h.Images.ResetPermissions(ctx, c.who, q.ImageID)
}
