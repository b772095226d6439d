package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"emikit/cloud/caller"
	"emikit/cloud/network"
	"emikit/ec2"
)

// fakeNetwork has two groups and two addresses, and notes what it was to change.
type fakeNetwork struct {
	mu    sync.Mutex // requests come at once
	asked []string
	rules []network.Rule
	err   error
}

// note records what was asked.
func (f *fakeNetwork) note(format string, args ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprintf(format, args...))
	return f.err
}

func (f *fakeNetwork) Groups(_ context.Context, account string, names []string) ([]network.Group, error) {
	all := []network.Group{
		{ID: "sg-00000001", Account: account, Name: "default", Description: "default group"},
		{ID: "sg-00000002", Account: account, Name: "web", Description: "servers", Rules: sampleRules()},
	}
	if len(names) == 0 {
		return all, nil
	}
	var found []network.Group
	for _, name := range names {
		switch name {
		case "default":
			found = append(found, all[0])
		case "web":
			found = append(found, all[1])
		default:
			return nil, fmt.Errorf("%s: %w", name, network.ErrUnknownGroup)
		}
	}
	return found, nil
}

func sampleRules() []network.Rule {
	return []network.Rule{
		{Protocol: "tcp", From: 22, To: 22, Network: netip.MustParsePrefix("0.0.0.0/0")},
		{Protocol: "icmp", From: -1, To: -1, Network: netip.MustParsePrefix("10.0.0.0/8")},
		{Protocol: "tcp", From: 22, To: 22, Source: network.Source{Account: adminAccount, ID: "sg-00000001", Name: "default"}, Description: "us"},
		{Protocol: "-1", From: -1, To: -1, Source: network.Source{Account: "444455556666", Name: "theirs"}},
	}
}

func (f *fakeNetwork) CreateGroup(_ context.Context, account, name, description string) (network.Group, error) {
	return network.Group{ID: "sg-00000003"}, f.note("create %s %q %q", account, name, description)
}

func (f *fakeNetwork) DeleteGroup(_ context.Context, account, group string) error {
	return f.note("delete %s %q", account, group)
}

func (f *fakeNetwork) Authorize(_ context.Context, account, group string, rules []network.Rule) error {
	f.rules = rules
	return f.note("authorize %s %q", account, group)
}

func (f *fakeNetwork) Revoke(_ context.Context, account, group string, rules []network.Rule) error {
	f.rules = rules
	return f.note("revoke %s %q", account, group)
}

func (f *fakeNetwork) AllocateAddress(_ context.Context, account string, admin bool) (netip.Addr, error) {
	return netip.MustParseAddr("192.0.2.3"), f.note("allocate %s %v", account, admin)
}

func (f *fakeNetwork) ReleaseAddress(_ context.Context, who caller.Caller, ip netip.Addr) error {
	return f.note("release %s %s", who.Account, ip)
}

func (f *fakeNetwork) AssociateAddress(_ context.Context, who caller.Caller, ip netip.Addr, instance string) error {
	return f.note("associate %s %s %s", who.Account, ip, instance)
}

func (f *fakeNetwork) DisassociateAddress(_ context.Context, who caller.Caller, ip netip.Addr) error {
	return f.note("disassociate %s %s", who.Account, ip)
}

func (f *fakeNetwork) Addresses(_ context.Context, account string, ips []netip.Addr) ([]network.Address, error) {
	return []network.Address{
		{IP: netip.MustParseAddr("192.0.2.1"), Account: account, Instance: "i-3F170798"},
		{IP: netip.MustParseAddr("192.0.2.2"), Account: account},
	}, f.note("addresses %s %v", account, ips)
}

func (f *fakeNetwork) AllAddresses(ctx context.Context) ([]network.Address, error) {
	return f.Addresses(ctx, "111122223333", nil)
}

// wantAsked compares what the network was asked with what it should have been.
func (c *cloud) wantAsked(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, c.network.asked); diff != "" {
		t.Errorf("the network was asked (-want +got):\n%s", diff)
	}
	c.network.asked = nil
}

func TestGroups(t *testing.T) {
	c := newCloud(t)
	client := c.client(t, guestKeys, 4)
	got, err := client.AllSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	ssh, anyICMP := 22, -1
	want := ec2.List[ec2.SecurityGroup]{
		{OwnerID: "111122223333", ID: "sg-00000001", Name: "default", Description: "default group"},
		{OwnerID: "111122223333", ID: "sg-00000002", Name: "web", Description: "servers", Permissions: ec2.List[ec2.IPPermission]{
			{
				Protocol: "tcp", FromPort: &ssh, ToPort: &ssh, Ranges: ec2.List[ec2.IPRange]{{CIDR: "0.0.0.0/0"}},
				Groups: ec2.List[ec2.UserGroup]{{UserID: adminAccount, ID: "sg-00000001", Name: "default", Description: "us"}},
			},
			{Protocol: "icmp", FromPort: &anyICMP, ToPort: &anyICMP, Ranges: ec2.List[ec2.IPRange]{{CIDR: "10.0.0.0/8"}}},
			{Protocol: "-1", Groups: ec2.List[ec2.UserGroup]{{UserID: "444455556666", Name: "theirs"}}},
		}},
	}
	if diff := cmp.Diff(want, got.Groups); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, err = client.AllSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsRequest{GroupNames: []string{"nothing"}})
	wantCode(t, err, "InvalidGroup.NotFound", 400)
}

func TestGroupFilters(t *testing.T) {
	client := newCloud(t).client(t, guestKeys, 4)
	for filter, want := range map[string]string{
		"group-name=w*": "web", "description=default group": "default", "group-id=sg-00000002": "web",
		"owner-id=111122223333": "default web", "owner-id=444455556666": "", "vpc-id=*": "",
		"ip-permission.protocol=icmp": "web", "ip-permission.protocol=udp": "",
		"ip-permission.from-port=22": "web", "ip-permission.from-port=21": "", "ip-permission.to-port=-1": "web",
		"ip-permission.cidr=10.0.0.0/8": "web", "ip-permission.cidr=10.*": "web", "ip-permission.cidr=10.1.0.0/16": "",
		"ip-permission.group-id=sg-00000001": "web", "ip-permission.group-name=theirs": "web", "ip-permission.user-id=444455556666": "web",
	} {
		name, value, _ := strings.Cut(filter, "=")
		got, err := client.AllSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsRequest{
			Filters: []ec2.Filter{{Name: name, Values: []string{value}}},
		})
		var names []string
		if err == nil {
			for _, g := range got.Groups {
				names = append(names, g.Name)
			}
		}
		if text := strings.Join(names, " "); err != nil || text != want {
			t.Errorf("%s: got %q, %v; want %q", filter, text, err, want)
		}
	}
}

func TestCreateAndDeleteGroup(t *testing.T) {
	c := newCloud(t)
	client := c.client(t, guestKeys, 4)
	made, err := client.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupRequest{Name: "new", Description: "a group"})
	if err != nil || made.ID != "sg-00000003" || made.Return == nil || !*made.Return {
		t.Errorf("got %+v, %v; want sg-00000003", made, err)
	}
	for _, q := range []ec2.DeleteSecurityGroupRequest{{Name: "web"}, {ID: "sg-00000002"}} {
		if got, err := client.DeleteSecurityGroup(t.Context(), &q); err != nil || !got.Return {
			t.Errorf("delete %+v: got %+v, %v", q, got, err)
		}
	}
	c.wantAsked(t, `create 111122223333 "new" "a group"`, `delete 111122223333 "web"`, `delete 111122223333 "sg-00000002"`)
	c.network.err = fmt.Errorf("%w: instances are in it", network.ErrGroupInUse)
	_, err = client.DeleteSecurityGroup(t.Context(), &ec2.DeleteSecurityGroupRequest{Name: "web"})
	wantCode(t, err, "InvalidGroup.InUse", 400)
}

// TestRuleForms has the forms in which clients of all times ask for rules. The first
// is what euca2ools 3.4.1 send; its second what those before 2.0 do; then EC2's
// first version, which knew groups only as a whole.
func TestRuleForms(t *testing.T) {
	c := newCloud(t)
	anywhere, lab := netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("192.0.2.7/24")
	bobs := network.Source{Account: "444455556666", Name: "theirs"}
	for form, want := range map[string][]network.Rule{
		"IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0": {
			{Protocol: "tcp", From: 22, To: 22, Network: anywhere},
		},
		"IpProtocol=udp&FromPort=0&ToPort=53&CidrIp=192.0.2.7/24": {{Protocol: "udp", To: 53, Network: lab}},
		"SourceSecurityGroupName=theirs&SourceSecurityGroupOwnerId=444455556666": {
			{Protocol: "tcp", From: 1, To: 65535, Source: bobs}, {Protocol: "udp", From: 1, To: 65535, Source: bobs},
			{Protocol: "icmp", From: -1, To: -1, Source: bobs},
		},
		"SourceSecurityGroupName=theirs&SourceSecurityGroupOwnerId=444455556666&IpProtocol=tcp&FromPort=80&ToPort=81": {
			{Protocol: "tcp", From: 80, To: 81, Source: bobs},
		},
		"IpPermissions.1.IpProtocol=-1&IpPermissions.1.Groups.1.GroupId=sg-00000001": {
			{Protocol: "-1", From: -1, To: -1, Source: network.Source{ID: "sg-00000001"}},
		},
		"IpPermissions.1.IpProtocol=icmp&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0&IpPermissions.1.IpRanges.1.Description=ping" +
			"&IpPermissions.1.IpRanges.2.CidrIp=192.0.2.7/24&IpPermissions.1.Groups.1.UserId=444455556666&IpPermissions.1.Groups.1.GroupName=theirs" +
			"&IpPermissions.2.IpProtocol=tcp&IpPermissions.2.FromPort=-5&IpPermissions.2.ToPort=99999&IpPermissions.2.IpRanges.1.CidrIp=0.0.0.0/0": {
			{Protocol: "icmp", From: -1, To: -1, Network: anywhere, Description: "ping"}, {Protocol: "icmp", From: -1, To: -1, Network: lab},
			{Protocol: "icmp", From: -1, To: -1, Source: bobs}, {Protocol: "tcp", From: -5, To: 99999, Network: anywhere}, // the service judges
		},
	} {
		for action, done := range map[string]string{"AuthorizeSecurityGroupIngress": "authorize", "RevokeSecurityGroupIngress": "revoke"} {
			query, err := url.ParseQuery("Action=" + action + "&GroupName=web&" + form)
			if err != nil {
				t.Fatal(err)
			}
			status, body := ask(t, c, http.MethodPost, query)
			if status != 200 || !strings.Contains(body, "<return>true</return>") {
				t.Errorf("%s %s: got %d %s", action, form, status, body)
			}
			if diff := cmp.Diff(want, c.network.rules, cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
				t.Errorf("%s %s (-want +got):\n%s", action, form, diff)
			}
			c.wantAsked(t, done+" "+adminAccount+` "web"`)
		}
	}
}

func TestRefusedRules(t *testing.T) {
	c := newCloud(t)
	const permission = "GroupName=web&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=1"
	for _, test := range []struct{ form, code, message string }{
		{"", "MissingParameter", "GroupName or GroupId"},
		{"GroupName=web&GroupId=sg-00000002", "InvalidParameterCombination", "GroupId"},
		{"GroupName=web", "MissingParameter", "IpPermissions"},
		{permission, "InvalidPermission.Malformed", "source"},
		{permission + "&CidrIp=0.0.0.0/0", "InvalidParameterCombination", "IpPermissions"},
		{permission + "&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.1", "InvalidPermission.Malformed", `"10.0.0.1"`},
		{permission + "&IpPermissions.1.IpRanges.1.CidrIp=010.0.0.0/8", "InvalidPermission.Malformed", "CIDR"},
		{permission + "&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/33", "InvalidPermission.Malformed", "CIDR"},
		{permission + "&IpPermissions.1.IpRanges.1.CidrIp=10.0.0.0/08", "InvalidPermission.Malformed", "CIDR"},
		{permission + "&IpPermissions.1.IpRanges.1.CidrIp=" + strings.Repeat("1", 1000), "InvalidPermission.Malformed", "CIDR"},
		{permission + "&IpPermissions.1.Ipv6Ranges.1.CidrIpv6=::/0", "UnsupportedOperation", "Ipv6Ranges"},
		{permission + "&IpPermissions.1.PrefixListIds.1.PrefixListId=pl-1", "UnsupportedOperation", "PrefixListIds"},
		{"GroupName=web&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0", "MissingParameter", "IpProtocol"},
		{"GroupName=web&IpPermissions.1.FromPort=4294967296", "InvalidParameterValue", "FromPort"},
		{"GroupName=web&CidrIp=0.0.0.0/0&IpProtocol=tcp&FromPort=1&ToPort=1&SourceSecurityGroupName=x", "InvalidParameterCombination", "CidrIp"},
		{"GroupName=web&IpProtocol=tcp&FromPort=1&ToPort=1", "InvalidPermission.Malformed", "source"},
	} {
		query, err := url.ParseQuery("Action=AuthorizeSecurityGroupIngress&" + test.form)
		if err != nil {
			t.Fatal(err)
		}
		status, body := ask(t, c, http.MethodPost, query)
		got := ec2.ParseError(status, []byte(body))
		if got.Code != test.code || !strings.Contains(got.Message, test.message) || len(got.Message) > 400 {
			t.Errorf("%.200s: got %d %v, want %s with %q", test.form, status, got, test.code, test.message)
		}
	}
	c.wantAsked(t)
}

func TestAddresses(t *testing.T) {
	c := newCloud(t)
	client := c.client(t, guestKeys, 4)
	made, err := client.AllocateAddress(t.Context(), &ec2.AllocateAddressRequest{Domain: ec2.DomainStandard})
	if err != nil || made.PublicIP != "192.0.2.3" || made.Domain != "standard" {
		t.Errorf("got %+v, %v; want 192.0.2.3, standard", made, err)
	}
	yes := true
	associated, err := client.AssociateAddress(t.Context(), &ec2.AssociateAddressRequest{PublicIP: "192.0.2.3", InstanceID: "i-1", AllowReassociation: &yes})
	if err != nil || associated.Return == nil || !*associated.Return {
		t.Errorf("associate: got %+v, %v", associated, err)
	}
	_, err = client.DisassociateAddress(t.Context(), &ec2.DisassociateAddressRequest{PublicIP: "192.0.2.3"})
	_, released := client.ReleaseAddress(t.Context(), &ec2.ReleaseAddressRequest{PublicIP: "192.0.2.3"})
	if err := errors.Join(err, released); err != nil {
		t.Error(err)
	}
	c.wantAsked(t, "allocate 111122223333 false", "associate 111122223333 192.0.2.3 i-1", "disassociate 111122223333 192.0.2.3", "release 111122223333 192.0.2.3")
}

func TestDescribeAddresses(t *testing.T) {
	c := newCloud(t)
	for _, test := range []struct {
		name    string
		request ec2.DescribeAddressesRequest
		admin   bool
		asked   string
		want    []string // addresses and instances
	}{
		{name: "all", asked: "addresses 111122223333 []", want: []string{"192.0.2.1 i-3F170798", "192.0.2.2 "}},
		{
			name: "some", request: ec2.DescribeAddressesRequest{PublicIPs: []string{"192.0.2.2"}},
			asked: "addresses 111122223333 [192.0.2.2]", want: []string{"192.0.2.1 i-3F170798", "192.0.2.2 "},
		},
		{
			name: "an administrator's own", admin: true, asked: "addresses " + adminAccount + " []",
			want: []string{"192.0.2.1 i-3F170798", "192.0.2.2 "},
		},
		{
			name: "everybody's", request: ec2.DescribeAddressesRequest{PublicIPs: []string{"verbose"}}, admin: true,
			asked: "addresses 111122223333 []", want: []string{"192.0.2.1 i-3F170798 (111122223333)", "192.0.2.2 available (111122223333)"},
		},
		{
			name: "verbose for others", request: ec2.DescribeAddressesRequest{PublicIPs: []string{"verbose"}},
			asked: "addresses 111122223333 []", want: []string{"192.0.2.1 i-3F170798", "192.0.2.2 "},
		},
		{
			name: "by instance", request: ec2.DescribeAddressesRequest{Filters: []ec2.Filter{{Name: "instance-id", Values: []string{"i-*"}}}},
			asked: "addresses 111122223333 []", want: []string{"192.0.2.1 i-3F170798"},
		},
		{
			name: "of a VPC", request: ec2.DescribeAddressesRequest{Filters: []ec2.Filter{{Name: "allocation-id", Values: []string{"*"}}}},
			asked: "addresses 111122223333 []",
		},
	} {
		keys := guestKeys
		if test.admin {
			keys = adminKeys
		}
		got, err := c.client(t, keys, 4).DescribeAddresses(t.Context(), &test.request)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var rows []string
		for _, a := range got.Addresses {
			rows = append(rows, a.PublicIP+" "+a.InstanceID)
		}
		if diff := cmp.Diff(test.want, rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		c.wantAsked(t, test.asked)
	}
}

func TestImportKeyPair(t *testing.T) {
	client := newCloud(t).client(t, guestKeys, 4)
	made, err := client.ImportKeyPair(t.Context(), &ec2.ImportKeyPairRequest{KeyName: "k", PublicKey: []byte("ssh-rsa AAAA")})
	if err != nil || made.KeyName != "k" || made.Fingerprint != "0c:a0" {
		t.Errorf("got %+v, %v; want k", made, err)
	}
	_, err = client.ImportKeyPair(t.Context(), &ec2.ImportKeyPairRequest{KeyName: "k2", PublicKey: []byte("words")})
	wantCode(t, err, "InvalidKey.Format", 400)
}
