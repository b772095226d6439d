package api

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"

	"emikit/ec2"
)

// parameter is one that EC2 has and no request of this cloud holds.
type parameter struct {
	action, name string
	// values are those that ask for nothing that is not so anyway, in lower
	// case; nil: all are.
	values []string
}

// withoutEffect lists the parameters that are accepted: clients send them by
// default or habit, and what they say is true here or has no meaning. Each use
// is recorded in the log. docs/formats.md has the list with its reasons.
func withoutEffect() []parameter {
	off, legacy := []string{"false"}, []string{"", "legacy-bios"}
	return []parameter{
		{ec2.ActionRegisterImage, "BootMode", legacy},
		{ec2.ActionRegisterImage, "ImdsSupport", nil},
		{ec2.ActionDeregisterImage, "DeleteAssociatedSnapshots", nil},
		{ec2.ActionDescribeImages, "IncludeDeprecated", nil},
		{ec2.ActionDescribeImages, "IncludeDisabled", nil},
		{ec2.ActionRunInstances, "AdditionalInfo", nil},
		{ec2.ActionRunInstances, "CapacityReservationSpecification.CapacityReservationPreference", []string{"none", "open"}},
		{ec2.ActionRunInstances, "CreditSpecification.CpuCredits", nil},
		{ec2.ActionRunInstances, "DisableApiStop", off},
		{ec2.ActionRunInstances, "EnclaveOptions.Enabled", off},
		{ec2.ActionRunInstances, "HibernationOptions.Configured", off},
		{ec2.ActionRunInstances, "Ipv6AddressCount", []string{"0"}},
		{ec2.ActionRunInstances, "MaintenanceOptions.AutoRecovery", nil},
		{ec2.ActionRunInstances, "MetadataOptions.HttpEndpoint", []string{"enabled"}},
		{ec2.ActionRunInstances, "MetadataOptions.HttpProtocolIpv6", []string{"disabled"}},
		{ec2.ActionRunInstances, "MetadataOptions.HttpPutResponseHopLimit", nil},
		{ec2.ActionRunInstances, "MetadataOptions.HttpTokens", []string{"optional"}},
		{ec2.ActionRunInstances, "MetadataOptions.InstanceMetadataTags", []string{"disabled"}},
		{ec2.ActionDescribeInstances, "IncludeManagedResources", nil},
		{ec2.ActionTerminateInstances, "Force", nil},
		{ec2.ActionTerminateInstances, "SkipOsShutdown", nil},
		{ec2.ActionGetConsoleOutput, "Latest", nil},
		{ec2.ActionStartInstances, "AdditionalInfo", nil},
		{ec2.ActionStopInstances, "SkipOsShutdown", nil},
		{ec2.ActionDescribeInstanceStatus, "IncludeManagedResources", nil},
		{ec2.ActionCreateKeyPair, "KeyFormat", []string{"pem"}},
		{ec2.ActionCreateKeyPair, "KeyType", []string{"rsa"}},
		{ec2.ActionDescribeAvailabilityZones, "AllAvailabilityZones", nil},
		{ec2.ActionDescribeRegions, "AllRegions", nil},
	}
}

// elsewhere lists, by action, what EC2 has (its version of 2016-11-15, as of
// botocore 1.43) and this cloud has not; what stands below a name, behind a dot,
// belongs to it. To call such a parameter unknown would send its user looking
// for a typing mistake.
func elsewhere() map[string][]string {
	return map[string][]string{
		ec2.ActionRegisterImage: {"BillingProduct", "BootMode", "TpmSupport", "UefiData"},
		ec2.ActionRunInstances: {
			"CapacityReservationSpecification", "CpuOptions", "DisableApiStop", "ElasticGpuSpecification",
			"ElasticInferenceAccelerator", "EnablePrimaryIpv6", "EnclaveOptions", "HibernationOptions",
			"InstanceMarketOptions", "Ipv6Address", "Ipv6AddressCount", "LaunchTemplate", "LicenseSpecification",
			"MetadataOptions", "NetworkPerformanceOptions", "Operator", "Placement.Affinity", "Placement.GroupId",
			"Placement.HostId", "Placement.HostResourceGroupArn", "Placement.PartitionNumber",
			"Placement.SpreadDomain", "PrivateDnsNameOptions", "SecondaryInterface",
		},
		ec2.ActionModifyInstanceAttribute: {"DisableApiStop", "EnaSupport", "SriovNetSupport"},
		ec2.ActionCreateImage:             {"SnapshotLocation"},
		ec2.ActionModifyImageAttribute:    {"ImdsSupport", "OrganizationArn", "OrganizationalUnitArn"},
		ec2.ActionCreateKeyPair:           {"KeyFormat", "KeyType"},
		ec2.ActionAuthorizeIngress:        {"TagSpecification"},
		ec2.ActionAuthorizeEgress:         {"TagSpecification"},
		ec2.ActionRevokeIngress:           {"SecurityGroupRuleId"},
		ec2.ActionRevokeEgress:            {"SecurityGroupRuleId"},
		ec2.ActionAllocateAddress: {
			"Address", "CustomerOwnedIpv4Pool", "IpamPoolId", "NetworkBorderGroup", "PublicIpv4Pool", "TagSpecification",
		},
		ec2.ActionReleaseAddress:            {"NetworkBorderGroup"},
		ec2.ActionDeleteKeyPair:             {"KeyPairId"},
		ec2.ActionDescribeKeyPairs:          {"IncludePublicKey", "KeyPairId"},
		ec2.ActionDescribeAvailabilityZones: {"ZoneId"},
	}
}

// judge decides about the parameters of a request that it does not hold. It
// returns those that are accepted without effect.
func judge(action string, names []string, form url.Values) (accepted []string, err error) {
	var unknown, missing []string
	for _, name := range names {
		switch {
		case slices.ContainsFunc(withoutEffect(), func(p parameter) bool {
			return p.action == action && p.accepts(name, form.Get(name))
		}):
			accepted = append(accepted, name)
		case slices.ContainsFunc(elsewhere()[action], func(known string) bool { return within(known, name) }):
			missing = append(missing, name)
		default:
			unknown = append(unknown, name)
		}
	}
	switch {
	case len(unknown) > 0:
		return nil, &ec2.UnknownParameterError{Names: unknown}
	case len(missing) > 0:
		return nil, unsupported{missing[0]: true}.check()
	}
	return accepted, nil
}

func (p parameter) accepts(name, value string) bool {
	return p.name == name && (p.values == nil || slices.Contains(p.values, strings.ToLower(value)))
}

// record writes into the log which parameters of a request were accepted without
// effect. Values do not go there: whoever reads the log is not who sent them.
func (c call) record(ctx context.Context, accepted ...string) {
	if len(accepted) > 0 {
		c.log.InfoContext(ctx, "parameters without effect", "action", c.Action, "account", c.who.Account, "parameters", accepted)
	}
}

// given returns the names of those parameters that a request has.
func given(has map[string]bool) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(has)) {
		if has[name] {
			names = append(names, name)
		}
	}
	return names
}

// within reports whether a name is known, or stands below one that is.
func within(known, name string) bool {
	rest, ok := strings.CutPrefix(name, known)
	return ok && (rest == "" || rest[0] == '.')
}
