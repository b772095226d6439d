package ec2

// APIVersion is the version that the client asks for, the one euca2ools 3.4
// sends.
const APIVersion = "2015-10-01"

// The actions, by their names on the wire.
const (
	ActionCreateKeyPair             = "CreateKeyPair"
	ActionDeleteKeyPair             = "DeleteKeyPair"
	ActionDeregisterImage           = "DeregisterImage"
	ActionDescribeAvailabilityZones = "DescribeAvailabilityZones"
	ActionDescribeImages            = "DescribeImages"
	ActionDescribeInstances         = "DescribeInstances"
	ActionDescribeKeyPairs          = "DescribeKeyPairs"
	ActionDescribeRegions           = "DescribeRegions"
	ActionGetConsoleOutput          = "GetConsoleOutput"
	ActionGetInstanceMetadata       = "GetInstanceMetadata" // emikit's own
	ActionRebootInstances           = "RebootInstances"
	ActionRegisterImage             = "RegisterImage"
	ActionRunInstances              = "RunInstances"
	ActionTerminateInstances        = "TerminateInstances"
)

// Filter narrows a Describe action to what has one of Values as Name.
type Filter struct {
	Name   string   `query:"Name"`
	Values []string `query:"Value"`
}

// BlockDeviceRequest asks for one device of an image or instance: an ephemeral
// disk by VirtualName, or a volume by EBS.
type BlockDeviceRequest struct {
	DeviceName  string     `query:"DeviceName"`
	VirtualName string     `query:"VirtualName"`
	NoDevice    string     `query:"NoDevice"`
	EBS         EBSRequest `query:"Ebs"`
}

// EBSRequest describes a volume to attach. VolumeSize is in GiB.
type EBSRequest struct {
	SnapshotID          string `query:"SnapshotId"`
	VolumeSize          int    `query:"VolumeSize"`
	DeleteOnTermination *bool  `query:"DeleteOnTermination"`
	VolumeType          string `query:"VolumeType"`
	IOPS                int    `query:"Iops"`
	Encrypted           *bool  `query:"Encrypted"`
}

// RegisterImageRequest turns an uploaded bundle into an image.
type RegisterImageRequest struct {
	ImageLocation      string               `query:"ImageLocation"` // bucket/key of the manifest
	Name               string               `query:"Name"`
	Description        string               `query:"Description"`
	Architecture       string               `query:"Architecture"`
	KernelID           string               `query:"KernelId"`
	RamdiskID          string               `query:"RamdiskId"`
	RootDeviceName     string               `query:"RootDeviceName"`
	BlockDevices       []BlockDeviceRequest `query:"BlockDeviceMapping"`
	VirtualizationType string               `query:"VirtualizationType"`
	Platform           string               `query:"Platform"`
	SriovNetSupport    string               `query:"SriovNetSupport"`
	EnaSupport         *bool                `query:"EnaSupport"`
	TagSpecifications  []TagSpecification   `query:"TagSpecification"`
	DryRun             bool                 `query:"DryRun"`
}

// DeregisterImageRequest removes an image; its bundle stays where it is.
type DeregisterImageRequest struct {
	ImageID string `query:"ImageId"`
	DryRun  bool   `query:"DryRun"`
}

// DescribeImagesRequest lists images. Owners and ExecutableBy take account
// numbers and the words "self" and "all". A paging client sends MaxResults and
// NextToken.
type DescribeImagesRequest struct {
	ImageIDs     []string `query:"ImageId"`
	Owners       []string `query:"Owner"`
	ExecutableBy []string `query:"ExecutableBy"`
	Filters      []Filter `query:"Filter"`
	MaxResults   *int     `query:"MaxResults"`
	NextToken    string   `query:"NextToken"`
	DryRun       bool     `query:"DryRun"`
}

// DescribeAvailabilityZonesRequest lists zones. To an administrator of a
// Eucalyptus the zone name "verbose" adds the free and maximum capacity for
// each VM type.
type DescribeAvailabilityZonesRequest struct {
	ZoneNames []string `query:"ZoneName"`
	Filters   []Filter `query:"Filter"`
	DryRun    bool     `query:"DryRun"`
}

// DescribeRegionsRequest lists the cloud's regions and their endpoints.
type DescribeRegionsRequest struct {
	RegionNames []string `query:"RegionName"`
	Filters     []Filter `query:"Filter"`
	DryRun      bool     `query:"DryRun"`
}

// RunInstancesRequest starts between MinCount and MaxCount instances of an
// image. A request with a ClientToken may be repeated: the second time it
// answers with the reservation that the first one made.
type RunInstancesRequest struct {
	ImageID               string                 `query:"ImageId"`
	MinCount              int                    `query:"MinCount"`
	MaxCount              int                    `query:"MaxCount"`
	KeyName               string                 `query:"KeyName"`
	SecurityGroups        []string               `query:"SecurityGroup"`
	SecurityGroupIDs      []string               `query:"SecurityGroupId"`
	UserData              []byte                 `query:"UserData"` // base64 on the wire
	AddressingType        string                 `query:"AddressingType"`
	InstanceType          string                 `query:"InstanceType"`
	Placement             PlacementRequest       `query:"Placement"`
	KernelID              string                 `query:"KernelId"`
	RamdiskID             string                 `query:"RamdiskId"`
	BlockDevices          []BlockDeviceRequest   `query:"BlockDeviceMapping"`
	Monitoring            MonitoringRequest      `query:"Monitoring"`
	DisableAPITermination bool                   `query:"DisableApiTermination"`
	ShutdownBehavior      string                 `query:"InstanceInitiatedShutdownBehavior"`
	ClientToken           string                 `query:"ClientToken"`
	SubnetID              string                 `query:"SubnetId"`
	PrivateIPAddress      string                 `query:"PrivateIpAddress"`
	NetworkInterfaces     []NetworkInterfaceSpec `query:"NetworkInterface"`
	InstanceProfile       InstanceProfileRequest `query:"IamInstanceProfile"`
	EBSOptimized          bool                   `query:"EbsOptimized"`
	TagSpecifications     []TagSpecification     `query:"TagSpecification"`
	DryRun                bool                   `query:"DryRun"`
}

// PlacementRequest says where instances are to run.
type PlacementRequest struct {
	AvailabilityZone string `query:"AvailabilityZone"`
	GroupName        string `query:"GroupName"`
	Tenancy          string `query:"Tenancy"`
}

// MonitoringRequest asks for detailed monitoring.
type MonitoringRequest struct {
	Enabled bool `query:"Enabled"`
}

// InstanceProfileRequest names a role for the instances.
type InstanceProfileRequest struct {
	ARN  string `query:"Arn"`
	Name string `query:"Name"`
}

// NetworkInterfaceSpec asks for an interface in a virtual private cloud: one that
// exists, by its ID, or a new one.
type NetworkInterfaceSpec struct {
	ID                       string                  `query:"NetworkInterfaceId"`
	DeviceIndex              *int                    `query:"DeviceIndex"`
	SubnetID                 string                  `query:"SubnetId"`
	Description              string                  `query:"Description"`
	SecurityGroupIDs         []string                `query:"SecurityGroupId"`
	DeleteOnTermination      *bool                   `query:"DeleteOnTermination"`
	AssociatePublicIPAddress *bool                   `query:"AssociatePublicIpAddress"`
	PrivateIPAddresses       []PrivateAddressRequest `query:"PrivateIpAddresses"`
	SecondaryCount           *int                    `query:"SecondaryPrivateIpAddressCount"`
}

// PrivateAddressRequest asks for a particular private address.
type PrivateAddressRequest struct {
	Primary          *bool  `query:"Primary"`
	PrivateIPAddress string `query:"PrivateIpAddress"`
}

// DescribeInstancesRequest lists reservations and their instances. A paging
// client sends MaxResults, which counts instances, and NextToken.
type DescribeInstancesRequest struct {
	InstanceIDs []string `query:"InstanceId"`
	Filters     []Filter `query:"Filter"`
	MaxResults  *int     `query:"MaxResults"`
	NextToken   string   `query:"NextToken"`
	DryRun      bool     `query:"DryRun"`
}

// TerminateInstancesRequest ends instances.
type TerminateInstancesRequest struct {
	InstanceIDs []string `query:"InstanceId"`
	DryRun      bool     `query:"DryRun"`
}

// RebootInstancesRequest restarts instances in place.
type RebootInstancesRequest struct {
	InstanceIDs []string `query:"InstanceId"`
	DryRun      bool     `query:"DryRun"`
}

// GetConsoleOutputRequest asks for what an instance wrote on its console.
type GetConsoleOutputRequest struct {
	InstanceID string `query:"InstanceId"`
	DryRun     bool   `query:"DryRun"`
}

// CreateKeyPairRequest makes a key pair; the cloud keeps only its public half.
type CreateKeyPairRequest struct {
	KeyName string `query:"KeyName"`
	DryRun  bool   `query:"DryRun"`

	TagSpecifications []TagSpecification `query:"TagSpecification"`
}

// DeleteKeyPairRequest removes a key pair. Instances that run with it keep it.
type DeleteKeyPairRequest struct {
	KeyName string `query:"KeyName"`
	DryRun  bool   `query:"DryRun"`
}

// DescribeKeyPairsRequest lists key pairs.
type DescribeKeyPairsRequest struct {
	KeyNames []string `query:"KeyName"`
	Filters  []Filter `query:"Filter"`
	DryRun   bool     `query:"DryRun"`
}

// GetInstanceMetadataRequest is emikit's own: it asks the metadata service what
// the instance would see at Path, such as "/latest/meta-data/ami-id". Only the
// instance's owner may ask.
type GetInstanceMetadataRequest struct {
	InstanceID string `query:"InstanceId"`
	Path       string `query:"Path"`
}
