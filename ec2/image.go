package ec2

// Image is a row of DescribeImages.
type Image struct {
	ID                 string            `xml:"imageId" json:"ImageId"`
	Location           string            `xml:"imageLocation" json:"ImageLocation"`
	State              string            `xml:"imageState" json:"State"`
	OwnerID            string            `xml:"imageOwnerId" json:"OwnerId"`
	Public             bool              `xml:"isPublic" json:"Public"`
	ProductCodes       List[ProductCode] `xml:"productCodes" json:"ProductCodes"`
	Architecture       string            `xml:"architecture" json:"Architecture"`
	Type               string            `xml:"imageType" json:"ImageType"` // machine, kernel or ramdisk
	KernelID           string            `xml:"kernelId,omitempty" json:"KernelId,omitempty"`
	RamdiskID          string            `xml:"ramdiskId,omitempty" json:"RamdiskId,omitempty"`
	Platform           string            `xml:"platform,omitempty" json:"Platform,omitempty"`
	StateReason        *StateReason      `xml:"stateReason" json:"StateReason,omitempty"`
	OwnerAlias         string            `xml:"imageOwnerAlias,omitempty" json:"ImageOwnerAlias,omitempty"`
	Name               string            `xml:"name,omitempty" json:"Name,omitempty"`
	Description        string            `xml:"description,omitempty" json:"Description,omitempty"`
	RootDeviceType     string            `xml:"rootDeviceType,omitempty" json:"RootDeviceType,omitempty"`
	RootDeviceName     string            `xml:"rootDeviceName,omitempty" json:"RootDeviceName,omitempty"`
	BlockDevices       List[BlockDevice] `xml:"blockDeviceMapping" json:"BlockDeviceMappings"`
	VirtualizationType string            `xml:"virtualizationType,omitempty" json:"VirtualizationType,omitempty"`
	Tags               List[Tag]         `xml:"tagSet" json:"Tags"`
	Hypervisor         string            `xml:"hypervisor,omitempty" json:"Hypervisor,omitempty"`
	CreationDate       string            `xml:"creationDate,omitempty" json:"CreationDate,omitempty"`
}

// The states of an image.
const (
	ImagePending      = "pending"
	ImageAvailable    = "available"
	ImageFailed       = "failed"
	ImageDeregistered = "deregistered"
)

// StateReason says why an image or instance is in its state. Code is one of
// AWS's, such as "Client.UserInitiatedShutdown".
type StateReason struct {
	Code    string `xml:"code" json:"Code"`
	Message string `xml:"message" json:"Message"`
}

// ProductCode is a label that an image passes on to its instances.
type ProductCode struct {
	Code string `xml:"productCode" json:"ProductCodeId"`
}

// BlockDevice is one device of an image: an ephemeral disk (VirtualName) or a
// volume (EBS).
type BlockDevice struct {
	DeviceName  string `xml:"deviceName" json:"DeviceName"`
	VirtualName string `xml:"virtualName,omitempty" json:"VirtualName,omitempty"`
	EBS         *EBS   `xml:"ebs" json:"Ebs,omitempty"`
}

// EBS describes a volume that an image brings. VolumeSize is in GiB.
type EBS struct {
	SnapshotID          string `xml:"snapshotId,omitempty" json:"SnapshotId,omitempty"`
	VolumeSize          *int   `xml:"volumeSize" json:"VolumeSize,omitempty"`
	DeleteOnTermination *bool  `xml:"deleteOnTermination" json:"DeleteOnTermination,omitempty"`
	VolumeType          string `xml:"volumeType,omitempty" json:"VolumeType,omitempty"`
	IOPS                *int   `xml:"iops" json:"Iops,omitempty"`
}

// Tag is a label on a resource.
type Tag struct {
	Key   string `xml:"key" json:"Key"`
	Value string `xml:"value" json:"Value"`
}
