package instances

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/ec2"
)

// runNetwork is where instances get their interfaces: from a subnet and what else is
// said of the interface in it, or from whole definitions. Only clouds with virtual
// private networks have those.
type runNetwork struct {
	groups         []string
	subnet         string
	public         string // true or false; empty: nothing is said
	address        string
	secondary      []string
	alsoSecondary  []string // by the option's other name
	secondaryCount int
	interfaces     interfaces
}

func (n *runNetwork) addFlags(flags *pflag.FlagSet) {
	flags.StringArrayVarP(&n.groups, "group", "g", nil, "the security `GROUP`, a name or sg-… (may be repeated)")
	flags.StringVarP(&n.subnet, "subnet", "s", "", "run the instances in `SUBNET` of a virtual private cloud")
	flags.StringVar(&n.public, "associate-public-ip-address", "", "with --subnet: whether they get a public address, `true|false`")
	flags.StringVar(&n.address, "private-ip-address", "", "with --subnet: the private `ADDRESS` to give")
	flags.StringArrayVar(&n.secondary, "secondary-address", nil, "with --subnet: another private `ADDRESS` to give (may be repeated)")
	flags.StringArrayVar(&n.alsoSecondary, "secondary-private-ip-address", nil, "same as --secondary-address `ADDRESS`")
	flags.IntVar(&n.secondaryCount, "secondary-count", 0, "with --subnet: give `N` more private addresses")
	flags.IntVar(&n.secondaryCount, "secondary-private-ip-address-count", 0, "same as --secondary-count `N`")
	flags.VarP(&n.interfaces, "network-interface", "a", "add an interface: ID:INDEX of one that exists, or :INDEX:SUBNET and more")
}

// inVPC reports whether a virtual private cloud is asked for.
func (n *runNetwork) inVPC() bool { return n.subnet != "" || len(n.interfaces) > 0 }

// complete puts groups and interfaces into the request: with a virtual private cloud
// groups belong to the interface, as with euca2ools.
func (n *runNetwork) complete(in *ec2.RunInstancesRequest) error {
	n.secondary = append(n.secondary, n.alsoSecondary...)
	if len(n.secondary) > 0 && n.secondaryCount > 0 {
		return cli.Usagef("argument --secondary-count: not allowed with argument --secondary-address")
	}
	if !n.inVPC() {
		if option := n.needsSubnet(); option != "" {
			return cli.Usagef("argument %s: only with -s/--subnet or -a/--network-interface", option)
		}
		in.SecurityGroups, in.SecurityGroupIDs = nil, nil
		for _, group := range n.groups {
			if isGroupID(group) {
				in.SecurityGroupIDs = append(in.SecurityGroupIDs, group)
			} else {
				in.SecurityGroups = append(in.SecurityGroups, group)
			}
		}
		return nil
	}
	in.NetworkInterfaces = append([]ec2.NetworkInterfaceSpec(nil), n.interfaces...)
	own, any, err := n.ownInterface()
	if any {
		in.NetworkInterfaces = append(in.NetworkInterfaces, own)
	}
	return err
}

// needsSubnet is an option that says nothing without a virtual private cloud.
func (n *runNetwork) needsSubnet() string {
	switch {
	case n.public != "":
		return "--associate-public-ip-address"
	case n.address != "":
		return "--private-ip-address"
	case len(n.secondary) > 0:
		return "--secondary-address"
	case n.secondaryCount > 0:
		return "--secondary-count"
	}
	return ""
}

// ownInterface is the interface that the options describe, if any does.
func (n *runNetwork) ownInterface() (own ec2.NetworkInterfaceSpec, any bool, err error) {
	for _, group := range n.groups {
		if !isGroupID(group) {
			return own, false, cli.Usagef("argument -g/--group: groups must be specified by ID when using VPC")
		}
	}
	own = ec2.NetworkInterfaceSpec{SubnetID: n.subnet, SecurityGroupIDs: n.groups}
	if n.public != "" {
		public, err := strconv.ParseBool(strings.ToLower(n.public))
		if err != nil {
			return own, false, cli.Usagef("argument --associate-public-ip-address: %q is neither true nor false", n.public)
		}
		own.AssociatePublicIPAddress = &public
	}
	if n.address != "" {
		own.PrivateIPAddresses = []ec2.PrivateAddressRequest{{Primary: new(true), PrivateIPAddress: n.address}}
	}
	own.PrivateIPAddresses = append(own.PrivateIPAddresses, secondaryAddresses(n.secondary)...)
	if n.secondaryCount > 0 {
		own.SecondaryCount = &n.secondaryCount
	}
	any = n.subnet != "" || len(n.groups) > 0 || n.needsSubnet() != ""
	own.DeviceIndex = new(0)
	return own, any, nil
}

func secondaryAddresses(list []string) (all []ec2.PrivateAddressRequest) {
	for _, address := range list {
		if address != "" {
			all = append(all, ec2.PrivateAddressRequest{PrivateIPAddress: address})
		}
	}
	return all
}

// interfaces is a flag value: each definition adds an interface.
type interfaces []ec2.NetworkInterfaceSpec

// String is empty: there is no default to show.
func (l *interfaces) String() string { return "" }

// Type names the flag's value in help texts.
func (l *interfaces) Type() string { return "INTERFACE" }

// interfaceParts are the parts of a definition, of which those at the end may be left
// out: [ID]:INDEX:[SUBNET]:[DESCRIPTION]:[ADDRESS]:[GROUP,…]:[true|false]:[COUNT]:[ADDRESS,…]
const interfaceParts = 9

// Set takes one definition, in the form of euca2ools 3.4.
func (l *interfaces) Set(text string) error {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > interfaceParts {
		return fmt.Errorf("network interface definition %q has %d elements, want 2 to %d", text, len(parts), interfaceParts)
	}
	parts = append(parts, make([]string, interfaceParts-len(parts))...)
	i := ec2.NetworkInterfaceSpec{ID: parts[0], SubnetID: parts[2], Description: parts[3]}
	index, err := strconv.Atoi(parts[1])
	switch {
	case err != nil:
		return fmt.Errorf("network interface definition %q: the second element, %q, is not an integer", text, parts[1])
	case i.ID != "" && !strings.HasPrefix(i.ID, "eni-"):
		return fmt.Errorf("network interface definition %q: the first element must be a network interface ID", text)
	case i.SubnetID != "" && !strings.HasPrefix(i.SubnetID, "subnet-"):
		return fmt.Errorf("network interface definition %q: the third element must be a subnet ID", text)
	case parts[7] != "" && parts[8] != "":
		return fmt.Errorf("network interface definition %q: the last two elements exclude each other", text)
	}
	i.DeviceIndex = &index
	if err := addressing(&i, parts); err != nil {
		return fmt.Errorf("network interface definition %q: %w", text, err)
	}
	*l = append(*l, i)
	return nil
}

// addressing reads the second half of a definition.
func addressing(i *ec2.NetworkInterfaceSpec, parts []string) error {
	if parts[4] != "" {
		i.PrivateIPAddresses = []ec2.PrivateAddressRequest{{Primary: new(true), PrivateIPAddress: parts[4]}}
	}
	for _, group := range strings.Split(parts[5], ",") {
		if group != "" && !isGroupID(group) {
			return fmt.Errorf("%q: groups are named by their IDs there", group)
		}
		if group != "" {
			i.SecurityGroupIDs = append(i.SecurityGroupIDs, group)
		}
	}
	if parts[6] != "" {
		kept, err := strconv.ParseBool(parts[6])
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", parts[6])
		}
		i.DeleteOnTermination = &kept
	}
	if parts[7] != "" {
		count, err := strconv.Atoi(parts[7])
		if err != nil {
			return fmt.Errorf("%q is not a number of addresses", parts[7])
		}
		i.SecondaryCount = &count
	}
	i.PrivateIPAddresses = append(i.PrivateIPAddresses, secondaryAddresses(strings.Split(parts[8], ","))...)
	return nil
}
