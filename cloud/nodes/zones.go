package nodes

import (
	"context"
	"slices"
	"time"

	"emikit/cloud/caller"
	"emikit/node"
)

// ZoneState says whether a zone can run anything. The words are EC2's.
type ZoneState string

const (
	ZoneAvailable   ZoneState = "available"
	ZoneUnavailable ZoneState = "unavailable" // no node of it is up
)

// Zone is what a user is told of an availability zone.
type Zone struct {
	Name  string
	State ZoneState
	// Rows and Nodes are set in a verbose answer only.
	Rows  []TypeRow
	Nodes []NodeRow
}

// TypeRow says how many instances of a type a zone can still take, and how
// many it could if it were empty: for each node that is up, as many as fit one
// by one.
type TypeRow struct {
	node.VMType
	Free, Max int
}

// NodeRow is one node of a zone.
type NodeRow struct {
	Info
	Up bool
	// Message says why the node is not up, empty when it is.
	Message     string
	Hypervisor  string
	Total, Free node.Capacity
	Instances   int       // those that are not terminated
	Seen        time.Time // when it last said something; zero: never
}

// Zones lists the zones by name; verbose adds capacity and nodes, for
// administrators. Others get the zones alone, as in every Eucalyptus.
func (s *Service) Zones(_ context.Context, who caller.Caller, verbose bool) ([]Zone, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var zones []Zone
	for _, name := range s.zones() {
		z := Zone{Name: name, State: ZoneUnavailable}
		if slices.ContainsFunc(s.nodes, func(n *compute) bool { return n.Zone == name && n.up }) {
			z.State = ZoneAvailable
		}
		if verbose && who.Admin {
			z.Rows, z.Nodes = s.typeRows(name), s.nodeRows(name)
		}
		zones = append(zones, z)
	}
	return zones, nil
}

// zones are the names of all zones, sorted.
func (s *Service) zones() []string {
	names := []string{s.zone}
	for _, n := range s.nodes {
		names = append(names, n.Zone)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (s *Service) typeRows(zone string) []TypeRow {
	var rows []TypeRow
	for _, t := range s.types {
		row := TypeRow{VMType: t}
		for _, n := range s.nodes {
			if n.Zone == zone && n.up {
				row.Free += fit(s.free(n), t)
				row.Max += fit(n.status.Total, t)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (s *Service) nodeRows(zone string) []NodeRow {
	var rows []NodeRow
	for _, n := range s.nodes {
		if n.Zone == zone {
			rows = append(rows, s.nodeRow(n))
		}
	}
	return rows
}

func (s *Service) nodeRow(n *compute) NodeRow {
	row := NodeRow{Info: n.Info, Up: n.up, Message: n.message(), Hypervisor: n.status.Hypervisor,
		Total: n.status.Total, Free: s.free(n), Seen: n.seen}
	for _, in := range n.status.Instances {
		if in.State != node.StateTerminated {
			row.Instances++
		}
	}
	return row
}

// message says why the node is not up.
func (n *compute) message() string {
	switch {
	case n == nil:
		return "is not part of the cloud"
	case n.up:
		return ""
	case n.cause != nil:
		return n.cause.Error()
	default:
		return "has not answered yet"
	}
}
