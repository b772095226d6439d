package api

import (
	"context"
	"slices"
	"strconv"

	"emikit/ec2"
	"emikit/node"
)

// describeInstanceTypes lists VM types in Eucalyptus' form, or in AWS' to a client of
// a version that has it.
func (h *handler) describeInstanceTypes(ctx context.Context, c call, q *ec2.DescribeInstanceTypesRequest) (*ec2.DescribeInstanceTypesResponse, error) {
	page, err := paging{action: ec2.ActionDescribeInstanceTypes, least: 5, list: "instanceTypes"}.page(q.MaxResults, q.NextToken, q.InstanceTypes)
	if err != nil {
		return nil, err
	}
	found, err := pickTypes(h.Nodes.Types(), q.InstanceTypes)
	if err != nil {
		return nil, err
	}
	if c.Version < ec2.InstanceTypesSince && len(q.Filters) == 0 && q.MaxResults == nil && q.NextToken == "" {
		details, err := h.typeDetails(ctx, c, found, q.Availability)
		return &ec2.DescribeInstanceTypesResponse{Details: &details}, err
	}
	var rows []ec2.InstanceType
	for _, t := range found {
		rows = append(rows, wireType(t))
	}
	if rows, err = typeFilters().keep(rows, q.Filters); err != nil {
		return nil, err
	}
	rows, next := take(page, rows, func(t ec2.InstanceType) position { return position{id: t.Name} })
	list := ec2.List[ec2.InstanceType](rows)
	return &ec2.DescribeInstanceTypesResponse{Types: &list, NextToken: next}, nil
}

func pickTypes(types []node.VMType, names []string) ([]node.VMType, error) {
	for _, name := range names {
		if !slices.ContainsFunc(types, func(t node.VMType) bool { return t.Name == name }) {
			return nil, fail("InvalidInstanceType", "The following supplied instance types do not exist: [%.100s]", name)
		}
	}
	return slices.DeleteFunc(types, func(t node.VMType) bool { return len(names) > 0 && !slices.Contains(names, t.Name) }), nil
}

// typeDetails is the form of Eucalyptus 3.2 to 4.4. How much room there is, only
// administrators are told.
func (h *handler) typeDetails(ctx context.Context, c call, types []node.VMType, availability bool) (ec2.List[ec2.InstanceTypeDetails], error) {
	rooms := map[string]ec2.List[ec2.TypeZoneRoom]{}
	if availability {
		zones, err := h.Nodes.Zones(ctx, c.who, true)
		if err != nil {
			return nil, err
		}
		for _, z := range zones {
			for _, r := range z.Rows {
				rooms[r.Name] = append(rooms[r.Name], ec2.TypeZoneRoom{Zone: z.Name, Max: r.Max, Available: r.Free})
			}
		}
	}
	var all ec2.List[ec2.InstanceTypeDetails]
	for _, t := range types {
		all = append(all, ec2.InstanceTypeDetails{Name: t.Name, CPUs: t.CPUs, DiskGB: t.DiskGB, MemoryMB: t.MemoryMB, Availability: rooms[t.Name]})
	}
	return all, nil
}

func wireType(t node.VMType) ec2.InstanceType {
	return ec2.InstanceType{
		Name: t.Name, CurrentGeneration: true,
		UsageClasses: ec2.List[string]{"on-demand"}, RootDeviceTypes: ec2.List[string]{instanceStore},
		Virtualization:   ec2.List[string]{hvm, paravirtual},
		Processor:        ec2.ProcessorInfo{Architectures: ec2.List[string]{"i386", "x86_64"}},
		CPU:              ec2.CPUInfo{CPUs: t.CPUs, Cores: t.CPUs, ThreadsPerCore: 1},
		Memory:           ec2.MemoryInfo{SizeMB: t.MemoryMB},
		StorageSupported: true,
		Storage: &ec2.StorageInfo{TotalGB: t.DiskGB, Disks: ec2.List[ec2.TypeDisk]{
			{SizeGB: t.DiskGB, Count: 1, Type: "hdd"},
		}},
	}
}

func typeFilters() filters[ec2.InstanceType] {
	flag := func(f func(ec2.InstanceType) bool) func(ec2.InstanceType) []string {
		return one(func(t ec2.InstanceType) string { return strconv.FormatBool(f(t)) })
	}
	number := func(f func(ec2.InstanceType) int) func(ec2.InstanceType) []string {
		return one(func(t ec2.InstanceType) string { return strconv.Itoa(f(t)) })
	}
	return filters[ec2.InstanceType]{
		"bare-metal":                             flag(func(t ec2.InstanceType) bool { return t.BareMetal }),
		"current-generation":                     flag(func(t ec2.InstanceType) bool { return t.CurrentGeneration }),
		"free-tier-eligible":                     flag(func(t ec2.InstanceType) bool { return t.FreeTier }),
		"instance-storage-supported":             flag(func(t ec2.InstanceType) bool { return t.StorageSupported }),
		"instance-storage-info.total-size-in-gb": number(func(t ec2.InstanceType) int { return t.Storage.TotalGB }),
		"instance-type":                          one(func(t ec2.InstanceType) string { return t.Name }),
		"memory-info.size-in-mib":                number(func(t ec2.InstanceType) int { return t.Memory.SizeMB }),
		"processor-info.supported-architecture":  func(t ec2.InstanceType) []string { return t.Processor.Architectures },
		"supported-root-device-type":             func(t ec2.InstanceType) []string { return t.RootDeviceTypes },
		"supported-usage-class":                  func(t ec2.InstanceType) []string { return t.UsageClasses },
		"supported-virtualization-type":          func(t ec2.InstanceType) []string { return t.Virtualization },
		"vcpu-info.default-cores":                number(func(t ec2.InstanceType) int { return t.CPU.Cores }),
		"vcpu-info.default-vcpus":                number(func(t ec2.InstanceType) int { return t.CPU.CPUs }),
	}
}
