package api

import (
	"context"
	"net/netip"

	"emikit/cloud/network"
	"emikit/ec2"
)

func (h *handler) allocateAddress(ctx context.Context, c call, q *ec2.AllocateAddressRequest) (*ec2.AllocateAddressResponse, error) {
	switch q.Domain {
	case "", ec2.DomainStandard:
	case ec2.DomainVPC:
		return nil, unsupported{"Domain " + q.Domain: true}.check()
	default:
		return nil, fail(codeInvalidParameter, "Value (%.100s) for parameter Domain is invalid.", q.Domain)
	}
	ip, err := h.Network.AllocateAddress(ctx, c.who.Account, c.who.Admin)
	return &ec2.AllocateAddressResponse{PublicIP: addressText(ip), Domain: ec2.DomainStandard}, err
}

func (h *handler) releaseAddress(ctx context.Context, c call, q *ec2.ReleaseAddressRequest) (*ec2.ReturnResponse, error) {
	ip, err := elasticAddress(q.PublicIP, unsupported{"AllocationId": q.AllocationID != ""})
	if err != nil {
		return nil, err
	}
	return &ec2.ReturnResponse{Return: true}, h.Network.ReleaseAddress(ctx, c.who, ip)
}

// associateAddress moves an address that an instance has, as outside of virtual
// private clouds always: AllowReassociation may only say so.
func (h *handler) associateAddress(ctx context.Context, c call, q *ec2.AssociateAddressRequest) (*ec2.AssociateAddressResponse, error) {
	ip, err := elasticAddress(q.PublicIP, unsupported{
		"AllocationId":             q.AllocationID != "",
		"AllowReassociation false": q.AllowReassociation != nil && !*q.AllowReassociation,
		"NetworkInterfaceId":       q.NetworkInterfaceID != "",
		"PrivateIpAddress":         q.PrivateIPAddress != "",
	})
	if err != nil {
		return nil, err
	}
	if err := required("InstanceId", q.InstanceID); err != nil {
		return nil, err
	}
	c.record(ctx, given(map[string]bool{"AllowReassociation": q.AllowReassociation != nil})...)
	done := true
	return &ec2.AssociateAddressResponse{Return: &done}, h.Network.AssociateAddress(ctx, c.who, ip, q.InstanceID)
}

func (h *handler) disassociateAddress(ctx context.Context, c call, q *ec2.DisassociateAddressRequest) (*ec2.ReturnResponse, error) {
	ip, err := elasticAddress(q.PublicIP, unsupported{"AssociationId": q.AssociationID != ""})
	if err != nil {
		return nil, err
	}
	return &ec2.ReturnResponse{Return: true}, h.Network.DisassociateAddress(ctx, c.who, ip)
}

// elasticAddress is the address that a request must name, by itself and not by
// what only virtual private clouds have.
func elasticAddress(text string, elsewhere unsupported) (netip.Addr, error) {
	if err := elsewhere.check(); err != nil {
		return netip.Addr{}, err
	}
	if err := required("PublicIp", text); err != nil {
		return netip.Addr{}, err
	}
	return parseAddress(text)
}

func parseAddress(text string) (netip.Addr, error) {
	ip, err := netip.ParseAddr(text)
	if err != nil || !ip.Is4() {
		return netip.Addr{}, fail(codeInvalidParameter, "Value (%.100s) for parameter PublicIp is invalid. Invalid IPv4 address.", text)
	}
	return ip, nil
}

// describeAddresses lists the caller's addresses; "verbose" lists everybody's for
// an administrator, in the words of every Eucalyptus.
func (h *handler) describeAddresses(ctx context.Context, c call, q *ec2.DescribeAddressesRequest) (*ec2.DescribeAddressesResponse, error) {
	if err := (unsupported{"AllocationId": len(q.AllocationIDs) > 0}).check(); err != nil {
		return nil, err
	}
	asked := q.PublicIPs
	everybodys := len(asked) == 1 && asked[0] == verbose
	if everybodys {
		asked = nil
	}
	found, err := h.addresses(ctx, c, asked, everybodys && c.who.Admin)
	if err != nil {
		return nil, err
	}
	response := &ec2.DescribeAddressesResponse{}
	for _, a := range found {
		response.Addresses = append(response.Addresses, wireAddress(a, everybodys && c.who.Admin))
	}
	response.Addresses, err = addressFilters().keep(response.Addresses, q.Filters)
	return response, err
}

func (h *handler) addresses(ctx context.Context, c call, asked []string, everybodys bool) ([]network.Address, error) {
	if everybodys {
		return h.Network.AllAddresses(ctx)
	}
	var ips []netip.Addr
	for _, text := range asked {
		ip, err := parseAddress(text)
		if err != nil {
			return nil, err
		}
		ips = append(ips, ip)
	}
	return h.Network.Addresses(ctx, c.who.Account, ips)
}

func wireAddress(a network.Address, withAccount bool) ec2.Address {
	w := ec2.Address{PublicIP: addressText(a.IP), Domain: ec2.DomainStandard, InstanceID: a.Instance}
	if withAccount {
		if a.Instance == "" {
			w.InstanceID = "available"
		}
		w.InstanceID += " (" + a.Account + ")"
	}
	return w
}

// addressFilters has those of virtual private clouds, too: nothing matches them.
func addressFilters() filters[ec2.Address] {
	none := func(ec2.Address) []string { return nil }
	return filters[ec2.Address]{
		"allocation-id":              none,
		"association-id":             none,
		"domain":                     one(func(a ec2.Address) string { return a.Domain }),
		"instance-id":                one(func(a ec2.Address) string { return a.InstanceID }),
		"network-interface-id":       none,
		"network-interface-owner-id": none,
		"private-ip-address":         none,
		"public-ip":                  one(func(a ec2.Address) string { return a.PublicIP }),
	}
}
