package ec2

import "context"

// Actions on elastic addresses.
const (
	ActionAllocateAddress     = "AllocateAddress"
	ActionAssociateAddress    = "AssociateAddress"
	ActionDescribeAddresses   = "DescribeAddresses"
	ActionDisassociateAddress = "DisassociateAddress"
	ActionReleaseAddress      = "ReleaseAddress"
)

// DomainStandard is the domain of addresses outside of virtual private clouds, those
// in them have DomainVPC.
const (
	DomainStandard = "standard"
	DomainVPC      = "vpc"
)

// AllocateAddressRequest asks for an address to keep.
type AllocateAddressRequest struct {
	Domain string `query:"Domain"`
	DryRun bool   `query:"DryRun"`
}

// AllocateAddressResponse is the address. Eucalyptus before 4.0 names no domain.
type AllocateAddressResponse struct {
	ResponseMetadata
	PublicIP     string `xml:"publicIp" json:"PublicIp"`
	Domain       string `xml:"domain,omitempty" json:"Domain,omitempty"`
	AllocationID string `xml:"allocationId,omitempty" json:"AllocationId,omitempty"`
}

// AssociateAddressRequest gives an instance an address; in a virtual private cloud
// the address is named by its AllocationID, and may go to one interface of several.
type AssociateAddressRequest struct {
	PublicIP           string `query:"PublicIp"`
	InstanceID         string `query:"InstanceId"`
	AllocationID       string `query:"AllocationId"`
	NetworkInterfaceID string `query:"NetworkInterfaceId"`
	PrivateIPAddress   string `query:"PrivateIpAddress"`
	AllowReassociation *bool  `query:"AllowReassociation"`
	DryRun             bool   `query:"DryRun"`
}

// AssociateAddressResponse has an id in virtual private clouds only.
type AssociateAddressResponse struct {
	ResponseMetadata
	Return        *bool  `xml:"return" json:"-"`
	AssociationID string `xml:"associationId,omitempty" json:"AssociationId,omitempty"`
}

// DisassociateAddressRequest takes an address from the instance that has it.
type DisassociateAddressRequest struct {
	PublicIP      string `query:"PublicIp"`
	AssociationID string `query:"AssociationId"`
	DryRun        bool   `query:"DryRun"`
}

// ReleaseAddressRequest gives an address back.
type ReleaseAddressRequest struct {
	PublicIP     string `query:"PublicIp"`
	AllocationID string `query:"AllocationId"`
	DryRun       bool   `query:"DryRun"`
}

// DescribeAddressesRequest lists the addresses that the account holds. To an
// administrator of a Eucalyptus the address "verbose" lists everybody's.
type DescribeAddressesRequest struct {
	PublicIPs     []string `query:"PublicIp"`
	AllocationIDs []string `query:"AllocationId"`
	Filters       []Filter `query:"Filter"`
	DryRun        bool     `query:"DryRun"`
}

// DescribeAddressesResponse lists elastic addresses.
type DescribeAddressesResponse struct {
	ResponseMetadata
	Addresses List[Address] `xml:"addressesSet" json:"Addresses"`
}

// Address is an elastic address. What an administrator of a Eucalyptus is shown as
// its InstanceID has the account behind it, or is no id.
type Address struct {
	PublicIP           string    `xml:"publicIp" json:"PublicIp"`
	AllocationID       string    `xml:"allocationId,omitempty" json:"AllocationId,omitempty"`
	Domain             string    `xml:"domain,omitempty" json:"Domain,omitempty"`
	InstanceID         string    `xml:"instanceId" json:"InstanceId"`
	AssociationID      string    `xml:"associationId,omitempty" json:"AssociationId,omitempty"`
	NetworkInterfaceID string    `xml:"networkInterfaceId,omitempty" json:"NetworkInterfaceId,omitempty"`
	PrivateIPAddress   string    `xml:"privateIpAddress,omitempty" json:"PrivateIpAddress,omitempty"`
	Tags               List[Tag] `xml:"tagSet" json:"Tags"`
}

// AllocateAddress takes an address to keep.
func (c *Client) AllocateAddress(ctx context.Context, in *AllocateAddressRequest) (*AllocateAddressResponse, error) {
	return call[AllocateAddressResponse](ctx, c, ActionAllocateAddress, in)
}

// AssociateAddress gives an instance an address.
func (c *Client) AssociateAddress(ctx context.Context, in *AssociateAddressRequest) (*AssociateAddressResponse, error) {
	return call[AssociateAddressResponse](ctx, c, ActionAssociateAddress, in)
}

// DisassociateAddress takes an address from the instance that has it.
func (c *Client) DisassociateAddress(ctx context.Context, in *DisassociateAddressRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionDisassociateAddress, in)
}

// ReleaseAddress gives an address back.
func (c *Client) ReleaseAddress(ctx context.Context, in *ReleaseAddressRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionReleaseAddress, in)
}

// DescribeAddresses lists elastic addresses.
func (c *Client) DescribeAddresses(ctx context.Context, in *DescribeAddressesRequest) (*DescribeAddressesResponse, error) {
	return call[DescribeAddressesResponse](ctx, c, ActionDescribeAddresses, in)
}
