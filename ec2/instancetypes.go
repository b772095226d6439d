package ec2

import "context"

// ActionDescribeInstanceTypes lists VM types. Eucalyptus had the action first; AWS
// has one of that name since InstanceTypesSince, with other parameters and another
// answer.
const (
	ActionDescribeInstanceTypes = "DescribeInstanceTypes"
	InstanceTypesSince          = "2016-11-15"
)

// DescribeInstanceTypesRequest lists VM types: those named, or all. Availability is
// of Eucalyptus, and asks how many of each type there is room for; the fields below
// it are of AWS.
type DescribeInstanceTypesRequest struct {
	InstanceTypes []string `query:"InstanceType"`
	Availability  bool     `query:"Availability"`

	Filters    []Filter `query:"Filter"`
	MaxResults *int     `query:"MaxResults"`
	NextToken  string   `query:"NextToken"`
	DryRun     bool     `query:"DryRun"`
}

// DescribeInstanceTypesResponse has VM types in the one form or the other: Details
// as Eucalyptus sends them, Types as AWS does. The list that is nil is not sent.
type DescribeInstanceTypesResponse struct {
	ResponseMetadata
	Details   *List[InstanceTypeDetails] `xml:"instanceTypeDetails" json:"InstanceTypeDetails,omitempty"`
	Types     *List[InstanceType]        `xml:"instanceTypeSet" json:"InstanceTypes,omitempty"`
	NextToken string                     `xml:"nextToken,omitempty" json:"NextToken,omitempty"`
}

// InstanceTypeDetails is a VM type in Eucalyptus' form.
type InstanceTypeDetails struct {
	Name         string             `xml:"name" json:"Name"`
	CPUs         int                `xml:"cpu" json:"Cpu"`
	DiskGB       int                `xml:"disk" json:"Disk"`     // GiB
	MemoryMB     int                `xml:"memory" json:"Memory"` // MiB
	Availability List[TypeZoneRoom] `xml:"availability" json:"Availability"`
}

// TypeZoneRoom says how many instances of a type a zone can still take, and how
// many it could if it were empty.
type TypeZoneRoom struct {
	Zone      string `xml:"zoneName" json:"ZoneName"`
	Max       int    `xml:"max" json:"Max"`
	Available int    `xml:"available" json:"Available"`
}

// InstanceType is a VM type in AWS' form, as far as a cloud of one machine has
// something to say of it.
type InstanceType struct {
	Name              string        `xml:"instanceType" json:"InstanceType"`
	CurrentGeneration bool          `xml:"currentGeneration" json:"CurrentGeneration"`
	FreeTier          bool          `xml:"freeTierEligible" json:"FreeTierEligible"`
	UsageClasses      List[string]  `xml:"supportedUsageClasses" json:"SupportedUsageClasses"`
	RootDeviceTypes   List[string]  `xml:"supportedRootDeviceTypes" json:"SupportedRootDeviceTypes"`
	Virtualization    List[string]  `xml:"supportedVirtualizationTypes" json:"SupportedVirtualizationTypes"`
	BareMetal         bool          `xml:"bareMetal" json:"BareMetal"`
	Processor         ProcessorInfo `xml:"processorInfo" json:"ProcessorInfo"`
	CPU               CPUInfo       `xml:"vCpuInfo" json:"VCpuInfo"`
	Memory            MemoryInfo    `xml:"memoryInfo" json:"MemoryInfo"`
	StorageSupported  bool          `xml:"instanceStorageSupported" json:"InstanceStorageSupported"`
	Storage           *StorageInfo  `xml:"instanceStorageInfo" json:"InstanceStorageInfo,omitempty"`
}

// ProcessorInfo names the architectures of a type.
type ProcessorInfo struct {
	Architectures List[string] `xml:"supportedArchitectures" json:"SupportedArchitectures"`
}

// CPUInfo counts the processors of a type.
type CPUInfo struct {
	CPUs           int `xml:"defaultVCpus" json:"DefaultVCpus"`
	Cores          int `xml:"defaultCores" json:"DefaultCores"`
	ThreadsPerCore int `xml:"defaultThreadsPerCore" json:"DefaultThreadsPerCore"`
}

// MemoryInfo is a type's memory.
type MemoryInfo struct {
	SizeMB int `xml:"sizeInMiB" json:"SizeInMiB"` // MiB
}

// StorageInfo is what a type has of a machine's own disk.
type StorageInfo struct {
	TotalGB int            `xml:"totalSizeInGB" json:"TotalSizeInGB"`
	Disks   List[TypeDisk] `xml:"disks" json:"Disks"`
}

// TypeDisk is some disks of one size.
type TypeDisk struct {
	SizeGB int    `xml:"sizeInGB" json:"SizeInGB"`
	Count  int    `xml:"count" json:"Count"`
	Type   string `xml:"type" json:"Type"` // hdd or ssd
}

// AllInstanceTypes lists VM types over all pages of the list.
func (c *Client) AllInstanceTypes(ctx context.Context, in *DescribeInstanceTypesRequest) (*DescribeInstanceTypesResponse, error) {
	return allPages[DescribeInstanceTypesResponse](ctx, c, ActionDescribeInstanceTypes, in, maxListing)
}

func (r *DescribeInstanceTypesResponse) next() *string { return &r.NextToken }

func (r *DescribeInstanceTypesResponse) add(page *DescribeInstanceTypesResponse) {
	r.Details, r.Types = joined(r.Details, page.Details), joined(r.Types, page.Types)
}

// joined appends a list that may not be there to another such.
func joined[T any](list, more *List[T]) *List[T] {
	if list == nil || more == nil {
		return more
	}
	all := append(*list, *more...)
	return &all
}
