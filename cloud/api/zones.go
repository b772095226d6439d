package api

import (
	"context"
	"fmt"
	"slices"

	"emikit/cloud/nodes"
	"emikit/ec2"
)

const (
	// verbose as the first zone name asks for a report, as in every
	// Eucalyptus.
	verbose = "verbose"
	// under marks a row of the report as belonging to the zone above it.
	under = "|- "

	typesHeading   = "vm types"
	columnsHeading = "free / max   cpu   ram  disk"
)

// describeZones lists the zones. "verbose" adds rows, in the form of zones, for
// each VM type and node, if the service tells of them.
func (h *handler) describeZones(ctx context.Context, c call, q *ec2.DescribeAvailabilityZonesRequest) (*ec2.DescribeAvailabilityZonesResponse, error) {
	names, report := q.ZoneNames, false
	if len(names) > 0 && names[0] == verbose {
		names, report = names[1:], true
	}
	zones, err := h.Nodes.Zones(ctx, c.who, report)
	if err != nil {
		return nil, err
	}
	if zones, err = pickZones(zones, names); err != nil {
		return nil, err
	}
	response := &ec2.DescribeAvailabilityZonesResponse{}
	for _, zone := range zones {
		rows, err := zoneFilters().keep(h.zoneRows(zone)[:1], q.Filters)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 {
			response.Zones = append(response.Zones, h.zoneRows(zone)...)
		}
	}
	return response, nil
}

func pickZones(zones []nodes.Zone, names []string) ([]nodes.Zone, error) {
	for _, name := range names {
		if !slices.ContainsFunc(zones, func(z nodes.Zone) bool { return z.Name == name }) {
			return nil, fail(codeInvalidParameter, "Invalid availability zone: [%.100s]", name)
		}
	}
	return slices.DeleteFunc(zones, func(z nodes.Zone) bool {
		return len(names) > 0 && !slices.Contains(names, z.Name)
	}), nil
}

// zoneRows is the zone itself, then what the report adds. The form of the type
// rows is that of Eucalyptus 1.4 to 4.4.
func (h *handler) zoneRows(z nodes.Zone) []ec2.AvailabilityZone {
	rows := []ec2.AvailabilityZone{h.zoneRow(z.Name, string(z.State))}
	if len(z.Rows) > 0 {
		rows = append(rows, h.zoneRow(under+typesHeading, columnsHeading))
	}
	for _, t := range z.Rows {
		rows = append(rows, h.zoneRow(under+t.Name,
			fmt.Sprintf("%04d / %04d  %2d   %4d  %4d", t.Free, t.Max, t.CPUs, t.MemoryMB, t.DiskGB)))
	}
	for _, n := range z.Nodes {
		rows = append(rows, h.zoneRow(under+n.Name, nodeText(n)))
	}
	return rows
}

func (h *handler) zoneRow(name, state string) ec2.AvailabilityZone {
	return ec2.AvailabilityZone{Name: name, State: state, Region: h.Region}
}

// nodeText says in one line how a node is.
func nodeText(n nodes.NodeRow) string {
	address := ""
	if n.Address != "" {
		address = n.Address + " "
	}
	if !n.Up {
		text := address + "down"
		if n.Message != "" {
			text += ": " + n.Message
		}
		return text
	}
	return fmt.Sprintf("%sup %s instances=%d cores=%d/%d memory=%d/%dMB disk=%d/%dGB @ %s", address,
		n.Hypervisor, n.Instances, n.Free.Cores, n.Total.Cores, n.Free.MemoryMB, n.Total.MemoryMB,
		n.Free.DiskGB, n.Total.DiskGB, ec2.FormatTime(n.Seen))
}

func zoneFilters() filters[ec2.AvailabilityZone] {
	return filters[ec2.AvailabilityZone]{
		"region-name": one(func(z ec2.AvailabilityZone) string { return z.Region }),
		"state":       one(func(z ec2.AvailabilityZone) string { return z.State }),
		"zone-name":   one(func(z ec2.AvailabilityZone) string { return z.Name }),
	}
}

// describeRegions names the cloud's one region, at the address by which the
// client has just reached it.
func (h *handler) describeRegions(_ context.Context, c call, q *ec2.DescribeRegionsRequest) (*ec2.DescribeRegionsResponse, error) {
	for _, name := range q.RegionNames {
		if name != h.Region {
			return nil, fail(codeInvalidParameter, "Invalid region: [%.100s]", name)
		}
	}
	regions, err := filters[ec2.Region]{
		"endpoint":    one(func(r ec2.Region) string { return r.Endpoint }),
		"region-name": one(func(r ec2.Region) string { return r.Name }),
	}.keep([]ec2.Region{{Name: h.Region, Endpoint: c.url}}, q.Filters)
	return &ec2.DescribeRegionsResponse{Regions: regions}, err
}
