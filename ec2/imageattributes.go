package ec2

import "context"

// Actions on one attribute of an image.
const (
	ActionDescribeImageAttribute = "DescribeImageAttribute"
	ActionModifyImageAttribute   = "ModifyImageAttribute"
	ActionResetImageAttribute    = "ResetImageAttribute"
)

// The attributes of an image. Only the launch permissions can be reset; kernel,
// ramdisk and block devices can only be read.
const (
	AttributeLaunchPermission = "launchPermission"
	AttributeProductCodes     = "productCodes"
	AttributeDescription      = "description"
	AttributeKernel           = "kernel"
	AttributeRamdisk          = "ramdisk"
	AttributeBlockDevices     = "blockDeviceMapping"
)

// What a launch permission is added to or removed from.
const (
	OperationAdd    = "add"
	OperationRemove = "remove"
)

// GroupAll is the only group that a launch permission can name: everyone.
const GroupAll = "all"

// SignatureTag is emikit's own tag on an image whose manifest nobody vouches
// for, with the value SignatureUnverified. The cloud takes such manifests only
// where its policy says so.
const (
	SignatureTag        = "emikit:signature"
	SignatureUnverified = "unverified"
)

// DescribeImageAttributeRequest asks for one attribute of an image.
type DescribeImageAttributeRequest struct {
	ImageID   string `query:"ImageId"`
	Attribute string `query:"Attribute"`
	DryRun    bool   `query:"DryRun"`
}

// DescribeImageAttributeResponse holds the attribute that was asked for; the
// others are nil.
type DescribeImageAttributeResponse struct {
	ResponseMetadata
	ImageID           string                  `xml:"imageId" json:"ImageId"`
	LaunchPermissions *List[LaunchPermission] `xml:"launchPermission" json:"LaunchPermissions,omitempty"`
	ProductCodes      *List[ProductCode]      `xml:"productCodes" json:"ProductCodes,omitempty"`
	Kernel            *AttributeValue         `xml:"kernel" json:"KernelId,omitempty"`
	Ramdisk           *AttributeValue         `xml:"ramdisk" json:"RamdiskId,omitempty"`
	Description       *AttributeValue         `xml:"description" json:"Description,omitempty"`
	BlockDevices      *List[BlockDevice]      `xml:"blockDeviceMapping" json:"BlockDeviceMappings,omitempty"`
}

// AttributeValue is an attribute of one value, which may be empty.
type AttributeValue struct {
	Value string `xml:"value,omitempty" json:"Value"`
}

// LaunchPermission lets an account, or a group of them, run an image.
type LaunchPermission struct {
	UserID string `query:"UserId" xml:"userId,omitempty" json:"UserId,omitempty"` // 12 digits
	Group  string `query:"Group" xml:"group,omitempty" json:"Group,omitempty"`    // GroupAll
}

// ModifyImageAttributeRequest changes one attribute of an image. Launch
// permissions have two forms: the first versions of the protocol name the
// attribute, an operation and what it is done with; later ones nest that.
type ModifyImageAttributeRequest struct {
	ImageID string `query:"ImageId"`

	Attribute     string   `query:"Attribute"`
	OperationType string   `query:"OperationType"` // OperationAdd or OperationRemove
	UserIDs       []string `query:"UserId"`
	UserGroups    []string `query:"UserGroup"`
	ProductCodes  []string `query:"ProductCode"` // are only ever added
	Value         *string  `query:"Value"`       // of the description

	LaunchPermission LaunchPermissionChange `query:"LaunchPermission"`
	Description      DescriptionChange      `query:"Description"`

	DryRun bool `query:"DryRun"`
}

// LaunchPermissionChange adds and removes launch permissions.
type LaunchPermissionChange struct {
	Add    []LaunchPermission `query:"Add"`
	Remove []LaunchPermission `query:"Remove"`
}

// DescriptionChange is the new description; nil leaves it as it is.
type DescriptionChange struct {
	Value *string `query:"Value"`
}

// ResetImageAttributeRequest gives an attribute back the value that new images
// have.
type ResetImageAttributeRequest struct {
	ImageID   string `query:"ImageId"`
	Attribute string `query:"Attribute"`
	DryRun    bool   `query:"DryRun"`
}

// DescribeImageAttribute reads one attribute of an image.
func (c *Client) DescribeImageAttribute(ctx context.Context, in *DescribeImageAttributeRequest) (*DescribeImageAttributeResponse, error) {
	return call[DescribeImageAttributeResponse](ctx, c, ActionDescribeImageAttribute, in)
}

// ModifyImageAttribute changes one attribute of an image.
func (c *Client) ModifyImageAttribute(ctx context.Context, in *ModifyImageAttributeRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionModifyImageAttribute, in)
}

// ResetImageAttribute gives an attribute of an image its first value.
func (c *Client) ResetImageAttribute(ctx context.Context, in *ResetImageAttributeRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionResetImageAttribute, in)
}
