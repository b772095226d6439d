package ec2

import "context"

// Actions on one attribute of an instance.
const (
	ActionDescribeInstanceAttribute = "DescribeInstanceAttribute"
	ActionModifyInstanceAttribute   = "ModifyInstanceAttribute"
)

// The attributes of an instance; kernel, ramdisk, product codes and block devices
// are called as those of an image.
const (
	AttributeDisableTermination = "disableApiTermination"
	AttributeEBSOptimized       = "ebsOptimized"
	AttributeGroups             = "groupSet"
	AttributeInstanceType       = "instanceType"
	AttributeRootDevice         = "rootDeviceName"
	AttributeShutdownBehavior   = "instanceInitiatedShutdownBehavior"
	AttributeSourceDestCheck    = "sourceDestCheck"
	AttributeUserData           = "userData"
)

// DescribeInstanceAttributeRequest asks for one attribute of an instance.
type DescribeInstanceAttributeRequest struct {
	InstanceID string `query:"InstanceId"`
	Attribute  string `query:"Attribute"`
	DryRun     bool   `query:"DryRun"`
}

// DescribeInstanceAttributeResponse holds the attribute that was asked for; the
// others are nil. The value of UserData is base64.
type DescribeInstanceAttributeResponse struct {
	ResponseMetadata
	InstanceID         string                     `xml:"instanceId" json:"InstanceId"`
	DisableTermination *AttributeBool             `xml:"disableApiTermination" json:"DisableApiTermination,omitempty"`
	EBSOptimized       *AttributeBool             `xml:"ebsOptimized" json:"EbsOptimized,omitempty"`
	SourceDestCheck    *AttributeBool             `xml:"sourceDestCheck" json:"SourceDestCheck,omitempty"`
	InstanceType       *AttributeValue            `xml:"instanceType" json:"InstanceType,omitempty"`
	Kernel             *AttributeValue            `xml:"kernel" json:"KernelId,omitempty"`
	Ramdisk            *AttributeValue            `xml:"ramdisk" json:"RamdiskId,omitempty"`
	RootDevice         *AttributeValue            `xml:"rootDeviceName" json:"RootDeviceName,omitempty"`
	ShutdownBehavior   *AttributeValue            `xml:"instanceInitiatedShutdownBehavior" json:"InstanceInitiatedShutdownBehavior,omitempty"`
	UserData           *AttributeValue            `xml:"userData" json:"UserData,omitempty"`
	Groups             *List[GroupID]             `xml:"groupSet" json:"Groups,omitempty"`
	ProductCodes       *List[ProductCode]         `xml:"productCodes" json:"ProductCodes,omitempty"`
	BlockDevices       *List[InstanceBlockDevice] `xml:"blockDeviceMapping" json:"BlockDeviceMappings,omitempty"`
}

// AttributeBool is an attribute that is true or false.
type AttributeBool struct {
	Value bool `xml:"value" json:"Value"`
}

// ModifyInstanceAttributeRequest changes one attribute of an instance. The first
// versions of the protocol name the attribute and its value; later ones have a
// parameter for each.
type ModifyInstanceAttributeRequest struct {
	InstanceID string  `query:"InstanceId"`
	Attribute  string  `query:"Attribute"`
	Value      *string `query:"Value"`

	DisableTermination BoolChange           `query:"DisableApiTermination"`
	EBSOptimized       BoolChange           `query:"EbsOptimized"`
	SourceDestCheck    BoolChange           `query:"SourceDestCheck"`
	InstanceType       TextChange           `query:"InstanceType"`
	Kernel             TextChange           `query:"Kernel"`
	Ramdisk            TextChange           `query:"Ramdisk"`
	ShutdownBehavior   TextChange           `query:"InstanceInitiatedShutdownBehavior"`
	UserData           TextChange           `query:"UserData"` // base64
	Groups             []string             `query:"GroupId"`
	BlockDevices       []BlockDeviceRequest `query:"BlockDeviceMapping"`

	DryRun bool `query:"DryRun"`
}

// BoolChange is the new value of an attribute; nil leaves it as it is.
type BoolChange struct {
	Value *bool `query:"Value"`
}

// TextChange is the new value of an attribute; nil leaves it as it is.
type TextChange struct {
	Value *string `query:"Value"`
}

// DescribeInstanceAttribute reads one attribute of an instance.
func (c *Client) DescribeInstanceAttribute(ctx context.Context, in *DescribeInstanceAttributeRequest) (*DescribeInstanceAttributeResponse, error) {
	return call[DescribeInstanceAttributeResponse](ctx, c, ActionDescribeInstanceAttribute, in)
}

// ModifyInstanceAttribute changes one attribute of an instance.
func (c *Client) ModifyInstanceAttribute(ctx context.Context, in *ModifyInstanceAttributeRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionModifyInstanceAttribute, in)
}
