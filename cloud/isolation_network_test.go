package cloud

import (
	"encoding/base64"
	"net/url"
	"testing"
)

// What Alice has one of, by their names.
const (
	herGroup    = secret + "-group"
	herImported = secret + "-imported"
	noSuchName  = "alices-absent-group"
	noAddress   = "127.9.0.1" // as long as hers
)

// edwardsKey is a public key of package keypair's tests, as a parameter.
func edwardsKey() string {
	const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDYs8dZXP8j29qCCFKnNiGgQI0ZSNxMQX39Z9TcY2keJ"
	return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(line)))
}

// furnishNetwork gives Alice a group with a rule, an address, and a key of her own
// making.
func (r *realm) furnishNetwork(t *testing.T) {
	t.Helper()
	r.web = r.alice.must(t, "CreateSecurityGroup", "GroupDescription="+secret+"-words&GroupName="+herGroup)
	r.alice.must(t, "AuthorizeSecurityGroupIngress", aRule+"&IpPermissions.1.IpRanges.1.Description="+secret+"-rule&GroupId="+r.web)
	r.address = r.alice.must(t, "AllocateAddress", "")
	r.alice.must(t, "AssociateAddress", "PublicIp="+r.address+"&InstanceId="+r.instance)
	r.alice.must(t, "ImportKeyPair", "PublicKeyMaterial="+edwardsKey()+"&KeyName="+herImported)
}

const aRule = "IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=22&IpPermissions.1.ToPort=22&IpPermissions.1.IpRanges.1.CidrIp=10.1.0.0/16"

var (
	webGroup   = existing(func(r *realm) string { return r.web })
	spareGroup = spare(func(r *realm) string { return r.web }, func(r *realm, t *testing.T) string {
		r.images++
		return r.alice.must(t, "CreateSecurityGroup", "GroupDescription=spare&GroupName="+url.QueryEscape("spare "+string(rune('a'+r.images%26))))
	})
	anAddress    = existing(func(r *realm) string { return r.address })
	spareAddress = spare(func(r *realm) string { return r.address }, func(r *realm, t *testing.T) string {
		return r.alice.must(t, "AllocateAddress", "")
	})
)

// askedOfGroups is about security groups and imported keys, which belong to their
// owner alone. Whoever lets in a group of another account is not told whether it is
// there.
func askedOfGroups() []asked {
	noSuchGroup, noEgress := refused("InvalidGroup.NotFound"), refused("UnsupportedOperation")
	const theirs = "GroupName=default&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=1&IpPermissions.1.Groups.1."
	return []asked{
		{"DescribeSecurityGroups", webGroup, noGroup, "GroupId.1=ID!", noSuchGroup, noSuchGroup, sees},
		{"DescribeSecurityGroups", named(herGroup), noSuchName, "GroupName.1=ID!", noSuchGroup, noSuchGroup, sees},
		{"DescribeSecurityGroups", webGroup, "", "Filter.1.Name=ip-permission.cidr&Filter.1.Value.1=10.1.*", blind, blind, sees},
		{"CreateSecurityGroup", named(herGroup), "", "GroupName=ID!&GroupDescription=mine", blind, blind, refused("InvalidGroup.Duplicate")},
		{"AuthorizeSecurityGroupIngress", webGroup, noGroup, "GroupId=ID!&" + aRule, noSuchGroup, noSuchGroup, refused("InvalidPermission.Duplicate")},
		{"AuthorizeSecurityGroupIngress", webGroup, noGroup, theirs + "GroupId=ID!", noSuchGroup, noSuchGroup, outcome{}},
		{"AuthorizeSecurityGroupIngress", webGroup, "", theirs + "UserId=HER!&IpPermissions.1.Groups.1.GroupId=ID!", blind, blind, refused("InvalidPermission.Duplicate")},
		{"AuthorizeSecurityGroupIngress", named(herGroup), "", theirs + "UserId=HER!&IpPermissions.1.Groups.1.GroupName=ID!", blind, blind, refused("InvalidPermission.Duplicate")},
		{"AuthorizeSecurityGroupIngress", named(noSuchName), "", theirs + "UserId=HER!&IpPermissions.1.Groups.1.GroupName=ID!", blind, blind, noSuchGroup},
		{"AuthorizeSecurityGroupEgress", webGroup, noGroup, "GroupId=ID!&" + aRule, noEgress, noEgress, noEgress},
		{"RevokeSecurityGroupEgress", webGroup, noGroup, "GroupId=ID!&" + aRule, noEgress, noEgress, noEgress},
		{"RevokeSecurityGroupIngress", webGroup, noGroup, "GroupId=ID!&" + aRule, noSuchGroup, noSuchGroup, outcome{}},
		{"RevokeSecurityGroupIngress", webGroup, noGroup, theirs + "GroupId=ID!", noSuchGroup, noSuchGroup, outcome{}},
		{"DeleteSecurityGroup", spareGroup, noGroup, "GroupId=ID!", noSuchGroup, noSuchGroup, outcome{}},
		{"ImportKeyPair", named(herImported), "", "KeyName=ID!&PublicKeyMaterial=" + edwardsKey(), sees, sees, refused("InvalidKeyPair.Duplicate")},
	}
}

// askedOfAddresses is about elastic addresses. Administrators see all, and do
// nothing with others'.
func askedOfAddresses() []asked {
	noSuchAddress := refused("InvalidAddress.NotFound")
	return []asked{
		{"AllocateAddress", her, "", "", blind, blind, outcome{}},
		{"DescribeAddresses", anAddress, noAddress, "PublicIp.1=ID!", noSuchAddress, noSuchAddress, sees},
		{"DescribeAddresses", anInstance, "", "", blind, blind, sees},
		{"DescribeAddresses", anInstance, "", "PublicIp.1=verbose", blind, sees, sees},
		{"DescribeAddresses", her, "", "PublicIp.1=verbose", blind, sees, blind},
		{"DescribeAddresses", anInstance, "", "Filter.1.Name=instance-id&Filter.1.Value.1=ID!", blind, blind, sees},
		{"AssociateAddress", anInstance, noInstance, "PublicIp=" + noAddress + "&InstanceId=ID!", noSuchInstance, noSuchAddress, noSuchAddress},
		{"AssociateAddress", anAddress, noAddress, "PublicIp=ID!&InstanceId=INSTANCE!", noSuchInstance, noSuchAddress, outcome{}},
		{"DisassociateAddress", anAddress, noAddress, "PublicIp=ID!", noSuchAddress, noSuchAddress, outcome{}},
		{"ReleaseAddress", spareAddress, noAddress, "PublicIp=ID!", noSuchAddress, noSuchAddress, outcome{}},
	}
}

// addresses tries to move Alice's address to an instance of another's.
func (r *realm) addresses(t *testing.T) {
	r.alice.must(t, "AssociateAddress", "PublicIp="+r.address+"&InstanceId="+r.instance)
	id := instanceID.FindStringSubmatch(r.bob.ask(t, "RunInstances", params(t, "MinCount=1&MaxCount=1&ImageId=ID!", r.public)).body)
	if id == nil {
		t.Fatal("Bob got no instance")
	}
	r.note(t)
	for _, address := range []string{r.address, noAddress} {
		if got := r.bob.ask(t, "AssociateAddress", params(t, "PublicIp="+address+"&InstanceId=ID!", id[1])); got.code != "InvalidAddress.NotFound" {
			t.Errorf("%s: got %d %q, want InvalidAddress.NotFound", address, got.status, got.code)
		}
	}
	r.unchanged(t, r.bob)
}
