package metadata

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Get answers path, such as "/latest/meta-data/ami-id", for the instance in.
// It reports false when nothing is there. The body is not to be modified.
func Get(in Instance, path string) (body []byte, ok bool) {
	segments, ok := split(path)
	if !ok {
		return nil, false
	}
	if len(segments) == 0 {
		return list(versions()), true
	}
	if !isVersion(segments[0]) {
		return nil, false
	}
	return content(in, segments[1:])
}

// split cuts a path into its segments; one slash at the end is as good as
// none, an empty segment is not a path.
func split(path string) ([]string, bool) {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	if path == "" {
		return nil, true
	}
	segments := strings.Split(path, "/")
	return segments, !slices.Contains(segments, "")
}

// versions are those that are listed at the root: 1.0 and latest, and the
// dated ones of EC2 up to the last that the clients of that time ask for.
func versions() []string {
	return []string{
		"1.0", "2007-01-19", "2007-03-01", "2007-08-29", "2007-10-10",
		"2007-12-15", "2008-02-01", "2008-09-01", "2009-04-04", "latest",
	}
}

// isVersion accepts latest, 1.0 and every date, listed or not: Eucalyptus
// serves the same content under each, and clients ask for dates to come.
func isVersion(s string) bool {
	if s == "latest" || s == "1.0" {
		return true
	}
	const form = "0000-00-00"
	if len(s) != len(form) {
		return false
	}
	for i := range len(s) {
		digit := s[i] >= '0' && s[i] <= '9'
		if digit != (form[i] == '0') || !digit && s[i] != '-' {
			return false
		}
	}
	return true
}

// content answers what lies below a version.
func content(in Instance, segments []string) ([]byte, bool) {
	if len(segments) == 0 {
		names := []string{"meta-data"}
		if in.UserData != nil {
			names = append(names, "user-data")
		}
		return list(names), true
	}
	switch segments[0] {
	case "user-data":
		return in.UserData, len(segments) == 1 && in.UserData != nil
	case "meta-data":
		return root(in).get(segments[1:])
	}
	return nil, false
}

// node is a value, or a folder when entries is not nil.
type node struct {
	value   string
	entries map[string]node
	listing []string // what a folder answers when it is not its entries' names
}

// get walks down to the node that segments name and answers for it.
func (n node) get(segments []string) ([]byte, bool) {
	for _, name := range segments {
		next, ok := n.entries[name]
		if !ok {
			return nil, false
		}
		n = next
	}
	if n.entries == nil {
		return []byte(n.value), true
	}
	return list(n.names()), true
}

// names are the sorted names of a folder's entries.
func (n node) names() []string {
	if n.listing != nil {
		return n.listing
	}
	names := make([]string, 0, len(n.entries))
	for name := range n.entries {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// root builds the meta-data folder of an instance.
func root(in Instance) node {
	public := cmp.Or(address(in.PublicIP), address(in.PrivateIP))
	private := address(in.PrivateIP)
	entries := map[string]node{
		"ami-id":               {value: in.ImageID},
		"ami-launch-index":     {value: strconv.Itoa(in.LaunchIndex)},
		"ami-manifest-path":    {value: in.ManifestPath},
		"ancestor-ami-ids":     {value: cmp.Or(strings.Join(in.Ancestors, "\n"), "none")},
		"block-device-mapping": blockDevices(),
		"hostname":             {value: public},
		"instance-id":          {value: in.ID},
		"instance-type":        {value: in.Type},
		"kernel-id":            {value: in.KernelID},
		"local-hostname":       {value: private},
		"local-ipv4":           {value: private},
		"mac":                  {value: in.MAC},
		"placement":            {entries: map[string]node{"availability-zone": {value: in.Zone}}},
		"product-codes":        {value: strings.Join(in.ProductCodes, "\n")},
		"public-hostname":      {value: public},
		"public-ipv4":          {value: public},
		"public-keys":          publicKeys(in),
		"ramdisk-id":           {value: in.RamdiskID},
		"reservation-id":       {value: in.ReservationID},
		"security-groups":      {value: strings.Join(in.Groups, "\n")},
	}
	return node{entries: entries, listing: keys(entries)}
}

// keys lists the meta-data folder as Eucalyptus 1.4 does: placement and
// public-keys are shown as the folders they are, block-device-mapping is not.
func keys(entries map[string]node) []string {
	names := node{entries: entries}.names()
	for i, name := range names {
		if name == "placement" || name == "public-keys" {
			names[i] = name + "/"
		}
	}
	return names
}

// blockDevices are the devices that every instance of Eucalyptus 1.6 and 2.0
// has. The folder answers to EC2's name of the root image, ami, as well.
func blockDevices() node {
	return node{
		entries: map[string]node{
			"ami":        {value: "sda1"},
			"emi":        {value: "sda1"},
			"ephemeral0": {value: "sda2"},
			"root":       {value: "/dev/sda1"},
			"swap":       {value: "sda3"},
		},
		listing: []string{"emi", "ephemeral0", "root", "swap"},
	}
}

// publicKeys lists the one key as 0=NAME, and holds it under 0.
func publicKeys(in Instance) node {
	if in.KeyName == "" {
		return node{entries: map[string]node{}}
	}
	key := node{entries: map[string]node{"openssh-key": {value: in.PublicKey}}}
	return node{
		entries: map[string]node{"0": key},
		listing: []string{"0=" + in.KeyName},
	}
}

// address writes an address, and nothing for the invalid one.
func address(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// list writes a folder's listing: one name per line, none at the end.
func list(names []string) []byte { return []byte(strings.Join(names, "\n")) }
