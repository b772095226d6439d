package ec2

// Reservation is what one RunInstances made.
type Reservation struct {
	ID        string         `xml:"reservationId" json:"ReservationId"`
	OwnerID   string         `xml:"ownerId" json:"OwnerId"`
	Groups    List[GroupID]  `xml:"groupSet" json:"Groups"`
	Instances List[Instance] `xml:"instancesSet" json:"Instances"`
}

// GroupID refers to a security group. Eucalyptus before 3.0 sends only the ID,
// and puts the name there.
type GroupID struct {
	ID   string `xml:"groupId" json:"GroupId"`
	Name string `xml:"groupName,omitempty" json:"GroupName,omitempty"`
}

// Instance is a row of DescribeInstances. LaunchTime is as the server sent it,
// in ISO 8601.
type Instance struct {
	ID                    string                    `xml:"instanceId" json:"InstanceId"`
	ImageID               string                    `xml:"imageId" json:"ImageId"`
	State                 InstanceState             `xml:"instanceState" json:"State"`
	PrivateDNSName        string                    `xml:"privateDnsName" json:"PrivateDnsName"`
	DNSName               string                    `xml:"dnsName" json:"PublicDnsName"`
	Reason                string                    `xml:"reason,omitempty" json:"StateTransitionReason,omitempty"`
	KeyName               string                    `xml:"keyName,omitempty" json:"KeyName,omitempty"`
	LaunchIndex           int                       `xml:"amiLaunchIndex" json:"AmiLaunchIndex"`
	ProductCodes          List[ProductCode]         `xml:"productCodes" json:"ProductCodes"`
	Type                  string                    `xml:"instanceType" json:"InstanceType"`
	LaunchTime            string                    `xml:"launchTime" json:"LaunchTime"`
	Placement             Placement                 `xml:"placement" json:"Placement"`
	KernelID              string                    `xml:"kernelId,omitempty" json:"KernelId,omitempty"`
	RamdiskID             string                    `xml:"ramdiskId,omitempty" json:"RamdiskId,omitempty"`
	Platform              string                    `xml:"platform,omitempty" json:"Platform,omitempty"`
	Monitoring            Monitoring                `xml:"monitoring" json:"Monitoring"`
	SubnetID              string                    `xml:"subnetId,omitempty" json:"SubnetId,omitempty"`
	VPCID                 string                    `xml:"vpcId,omitempty" json:"VpcId,omitempty"`
	PrivateIPAddress      string                    `xml:"privateIpAddress,omitempty" json:"PrivateIpAddress,omitempty"`
	IPAddress             string                    `xml:"ipAddress,omitempty" json:"PublicIpAddress,omitempty"`
	SourceDestCheck       *bool                     `xml:"sourceDestCheck" json:"SourceDestCheck,omitempty"`
	Groups                List[GroupID]             `xml:"groupSet" json:"SecurityGroups"`
	StateReason           *StateReason              `xml:"stateReason" json:"StateReason,omitempty"`
	Architecture          string                    `xml:"architecture,omitempty" json:"Architecture,omitempty"`
	RootDeviceType        string                    `xml:"rootDeviceType,omitempty" json:"RootDeviceType,omitempty"`
	RootDeviceName        string                    `xml:"rootDeviceName,omitempty" json:"RootDeviceName,omitempty"`
	BlockDevices          List[InstanceBlockDevice] `xml:"blockDeviceMapping" json:"BlockDeviceMappings"`
	VirtualizationType    string                    `xml:"virtualizationType,omitempty" json:"VirtualizationType,omitempty"`
	Lifecycle             string                    `xml:"instanceLifecycle,omitempty" json:"InstanceLifecycle,omitempty"`
	SpotInstanceRequestID string                    `xml:"spotInstanceRequestId,omitempty" json:"SpotInstanceRequestId,omitempty"`
	ClientToken           string                    `xml:"clientToken,omitempty" json:"ClientToken,omitempty"`
	Tags                  List[Tag]                 `xml:"tagSet" json:"Tags"`
	Hypervisor            string                    `xml:"hypervisor,omitempty" json:"Hypervisor,omitempty"`
	NetworkInterfaces     List[NetworkInterface]    `xml:"networkInterfaceSet" json:"NetworkInterfaces"`
	InstanceProfile       *InstanceProfile          `xml:"iamInstanceProfile" json:"IamInstanceProfile,omitempty"`
	EBSOptimized          *bool                     `xml:"ebsOptimized" json:"EbsOptimized,omitempty"`
}

// InstanceState is a state's name and the number that EC2 gives it.
type InstanceState struct {
	Code int    `xml:"code" json:"Code"`
	Name string `xml:"name" json:"Name"`
}

// Placement is where an instance runs.
type Placement struct {
	AvailabilityZone string `xml:"availabilityZone" json:"AvailabilityZone"`
	GroupName        string `xml:"groupName" json:"GroupName"`
	Tenancy          string `xml:"tenancy,omitempty" json:"Tenancy,omitempty"`
}

// Monitoring is "enabled" or "disabled".
type Monitoring struct {
	State string `xml:"state,omitempty" json:"State,omitempty"`
}

// InstanceBlockDevice is a volume attached to an instance.
type InstanceBlockDevice struct {
	DeviceName string       `xml:"deviceName" json:"DeviceName"`
	EBS        *InstanceEBS `xml:"ebs" json:"Ebs,omitempty"`
}

// InstanceEBS says which volume, and what becomes of it.
type InstanceEBS struct {
	VolumeID            string `xml:"volumeId" json:"VolumeId"`
	Status              string `xml:"status,omitempty" json:"Status,omitempty"`
	AttachTime          string `xml:"attachTime,omitempty" json:"AttachTime,omitempty"`
	DeleteOnTermination *bool  `xml:"deleteOnTermination" json:"DeleteOnTermination,omitempty"`
	VolumeType          string `xml:"volumeType,omitempty" json:"-"`
	IOPS                *int   `xml:"iops" json:"-"`
}

// InstanceProfile is the role that an instance has.
type InstanceProfile struct {
	ARN string `xml:"arn" json:"Arn"`
	ID  string `xml:"id" json:"Id"`
}

// NetworkInterface is an interface in a virtual private cloud.
type NetworkInterface struct {
	ID                 string                `xml:"networkInterfaceId" json:"NetworkInterfaceId"`
	SubnetID           string                `xml:"subnetId,omitempty" json:"SubnetId,omitempty"`
	VPCID              string                `xml:"vpcId,omitempty" json:"VpcId,omitempty"`
	OwnerID            string                `xml:"ownerId,omitempty" json:"OwnerId,omitempty"`
	Status             string                `xml:"status,omitempty" json:"Status,omitempty"`
	PrivateIPAddress   string                `xml:"privateIpAddress,omitempty" json:"PrivateIpAddress,omitempty"`
	PrivateDNSName     string                `xml:"privateDnsName,omitempty" json:"PrivateDnsName,omitempty"`
	SourceDestCheck    *bool                 `xml:"sourceDestCheck" json:"SourceDestCheck,omitempty"`
	Groups             List[GroupID]         `xml:"groupSet" json:"Groups"`
	Attachment         *InterfaceAttachment  `xml:"attachment" json:"Attachment,omitempty"`
	Association        *InterfaceAssociation `xml:"association" json:"Association,omitempty"`
	PrivateIPAddresses List[PrivateAddress]  `xml:"privateIpAddressesSet" json:"PrivateIpAddresses"`
}

// InterfaceAttachment ties an interface to its instance.
type InterfaceAttachment struct {
	ID                  string `xml:"attachmentId" json:"AttachmentId"`
	DeviceIndex         *int   `xml:"deviceIndex" json:"DeviceIndex,omitempty"`
	Status              string `xml:"status,omitempty" json:"Status,omitempty"`
	AttachTime          string `xml:"attachTime,omitempty" json:"AttachTime,omitempty"`
	DeleteOnTermination *bool  `xml:"deleteOnTermination" json:"DeleteOnTermination,omitempty"`
}

// InterfaceAssociation ties a private address to a public one.
type InterfaceAssociation struct {
	PublicIP  string `xml:"publicIp" json:"PublicIp"`
	IPOwnerID string `xml:"ipOwnerId,omitempty" json:"IpOwnerId,omitempty"`
}

// PrivateAddress is one address of an interface.
type PrivateAddress struct {
	PrivateIPAddress string                `xml:"privateIpAddress" json:"PrivateIpAddress"`
	PrivateDNSName   string                `xml:"privateDnsName,omitempty" json:"PrivateDnsName,omitempty"`
	Primary          bool                  `xml:"primary" json:"Primary"`
	Association      *InterfaceAssociation `xml:"association" json:"Association,omitempty"`
}
