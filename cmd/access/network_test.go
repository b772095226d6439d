package access

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
)

// What is expected here of requests and records was read in the source of euca2ools
// 3.4.1 (euca2ools/commands/ec2) and, for the era of 2.x, in that of 2.0
// (euca2ools/commands/euca): nobody has recorded these commands.

// canned is a cloud that gives one answer.
func canned(t *testing.T, action, answer string) *clitest.Tape {
	t.Helper()
	dir := t.TempDir()
	document := fmt.Sprintf(`<%sResponse xmlns="http://ec2.amazonaws.com/doc/2015-10-01/"><requestId>1</requestId>%s</%[1]sResponse>`, action, answer)
	for name, text := range map[string]string{"response1.xml": document, "response1.status": "200 application/xml"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return clitest.Play(t, dir)
}

const done = "<return>true</return>"

// command is one run of a command of euca2ools.
type command struct {
	line   string // words; a blank in a word is written _
	action string
	answer string
	era    cli.Era
	form   string // what is sent besides Action and Version, as NAME=VALUE words
	stdout string // blanks are tabs, and _ is a blank
}

func words(line string) []string {
	fields := strings.Fields(line)
	for i, f := range fields {
		fields[i] = strings.ReplaceAll(f, "_", " ")
	}
	return fields
}

func (c command) run(t *testing.T) {
	t.Helper()
	tape := canned(t, c.action, c.answer)
	if c.era != "" {
		tape.Env[cli.CompatVariable] = string(c.era)
	}
	got := clitest.Run(t, Commands, cli.Euca, tape.Env, words(c.line)...)
	want := clitest.Result{Stdout: strings.ReplaceAll(strings.ReplaceAll(c.stdout, " ", "\t"), "_", " ")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s %s (-want +got):\n%s", c.era, c.line, diff)
	}
	form := map[string]string{"Action": c.action, "Version": "2015-10-01"}
	for _, pair := range words(c.form) {
		name, value, _ := strings.Cut(pair, "=")
		form[name] = value
	}
	sent := tape.Forms()
	for _, f := range sent { // of a signature of Version 2
		for _, name := range []string{"AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp"} {
			delete(f, name)
		}
	}
	if diff := cmp.Diff([]map[string]string{form}, sent); diff != "" {
		t.Errorf("%s: requests (-want +got):\n%s", c.line, diff)
	}
}

func TestGroupCommands(t *testing.T) {
	const groups = `<securityGroupInfo>
		<item><ownerId>111122223333</ownerId><groupId>sg-00000001</groupId><groupName>default</groupName><groupDescription>default group</groupDescription>
			<ipPermissions>
				<item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>23</toPort>
					<groups><item><userId>444455556666</userId><groupName>theirs</groupName></item>
						<item><userId>111122223333</userId><groupId>sg-00000002</groupId><groupName>web</groupName></item></groups>
					<ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges></item>
				<item><ipProtocol>-1</ipProtocol><groups/><ipRanges><item><cidrIp>10.1.0.0/16</cidrIp></item></ipRanges></item>
			</ipPermissions>
			<ipPermissionsEgress><item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissionsEgress>
			<tagSet><item><key>k</key><value>v</value></item></tagSet></item>
		<item><ownerId>111122223333</ownerId><groupId>sg-00000002</groupId><groupName>web</groupName><groupDescription>d</groupDescription><vpcId>vpc-1</vpcId></item>
		</securityGroupInfo>`
	for _, c := range []command{
		{
			line: "create-group web -d web_servers", action: "CreateSecurityGroup", answer: done + "<groupId>sg-1a2b3c4d</groupId>",
			form: "GroupName=web GroupDescription=web_servers", stdout: "GROUP sg-1a2b3c4d web web_servers\n",
		},
		{
			line: "add-group -d d --vpc vpc-1 web", action: "CreateSecurityGroup", answer: "<groupId>sg-1a2b3c4d</groupId>",
			form: "GroupName=web GroupDescription=d VpcId=vpc-1", stdout: "GROUP sg-1a2b3c4d web d\n",
		},
		{
			line: "create-group web -d d", era: cli.Euca2, action: "CreateSecurityGroup", answer: done,
			form: "GroupName=web GroupDescription=d", stdout: "GROUP web d\n",
		},
		{line: "delete-group web", action: "DeleteSecurityGroup", answer: done, form: "GroupName=web", stdout: "RETURN true\n"},
		{line: "delete-group sg-1", action: "DeleteSecurityGroup", answer: done, form: "GroupId=sg-1", stdout: "RETURN true\n"},
		{line: "delete-group web", era: cli.Euca2, action: "DeleteSecurityGroup", answer: done, form: "GroupName=web", stdout: "GROUP web\n"},
		{
			line: "describe-groups sg-00000001 web default --filter ip-permission.to-port=22", action: "DescribeSecurityGroups", answer: groups,
			form: "GroupId.1=sg-00000001 GroupName.1=web GroupName.2=default Filter.1.Name=ip-permission.to-port Filter.1.Value.1=22",
			stdout: "GROUP sg-00000001 111122223333 default default_group \n" +
				"PERMISSION 111122223333 default ALLOWS tcp 22 23 FROM CIDR 0.0.0.0/0 ingress\n" +
				"PERMISSION 111122223333 default ALLOWS tcp 22 23 FROM CIDR 10.0.0.0/8 ingress\n" +
				"PERMISSION 111122223333 default ALLOWS tcp 22 23 FROM USER 444455556666 GRPNAME theirs ingress\n" +
				"PERMISSION 111122223333 default ALLOWS tcp 22 23 FROM USER 111122223333 ID sg-00000002 ingress\n" +
				"PERMISSION 111122223333 default ALLOWS -1   FROM CIDR 10.1.0.0/16 ingress\n" +
				"PERMISSION 111122223333 default ALLOWS -1   TO CIDR 0.0.0.0/0 egress\n" +
				"TAG security-group sg-00000001 k v\n" +
				"GROUP sg-00000002 111122223333 web d vpc-1\n",
		},
		{
			line: "describe-group", era: cli.Euca2, action: "DescribeSecurityGroups", answer: groups,
			stdout: "GROUP 111122223333 default default_group\n" +
				"PERMISSION 111122223333 default ALLOWS tcp 22 23 FROM CIDR 0.0.0.0/0\n" +
				"PERMISSION 111122223333 default ALLOWS tcp 22 23 FROM CIDR 10.0.0.0/8\n" +
				"PERMISSION 111122223333 default ALLOWS tcp 22 23 GRPNAME theirs\n" +
				"PERMISSION 111122223333 default ALLOWS tcp 22 23 GRPNAME web\n" +
				"PERMISSION 111122223333 default ALLOWS -1   FROM CIDR 10.1.0.0/16\n" +
				"GROUP 111122223333 web d\n",
		},
	} {
		c.run(t)
	}
}

func TestRuleCommands(t *testing.T) {
	const in, p = "AuthorizeSecurityGroupIngress", "IpPermissions.1."
	for _, c := range []command{
		{
			line: "authorize default -p 22", form: "GroupName=default " + p + "IpProtocol=tcp " + p + "FromPort=22 " + p + "ToPort=22 " + p + "IpRanges.1.CidrIp=0.0.0.0/0",
			stdout: "GROUP default\nPERMISSION default ALLOWS tcp 22 22 FROM CIDR 0.0.0.0/0\n",
		},
		{
			line:   "authorize -P udp -p 0-53 -s 10.0.0.1/8 sg-1a2b3c4d",
			form:   "GroupId=sg-1a2b3c4d " + p + "IpProtocol=udp " + p + "FromPort=0 " + p + "ToPort=53 " + p + "IpRanges.1.CidrIp=10.0.0.1/8",
			stdout: "GROUP sg-1a2b3c4d\nPERMISSION sg-1a2b3c4d ALLOWS udp 0 53 FROM CIDR 10.0.0.1/8\n",
		},
		{
			line:   "authorize sg-longer-than-ids -P 6 -p -1", // a name, then; and all ports
			form:   "GroupName=sg-longer-than-ids " + p + "IpProtocol=6 " + p + "FromPort=1 " + p + "ToPort=65535 " + p + "IpRanges.1.CidrIp=0.0.0.0/0",
			stdout: "GROUP sg-longer-than-ids\nPERMISSION sg-longer-than-ids ALLOWS 6 1 65535 FROM CIDR 0.0.0.0/0\n",
		},
		{
			line:   "authorize default -P icmp -t -1:-1 -s 0.0.0.0/0",
			form:   "GroupName=default " + p + "IpProtocol=icmp " + p + "FromPort=-1 " + p + "ToPort=-1 " + p + "IpRanges.1.CidrIp=0.0.0.0/0",
			stdout: "GROUP default\nPERMISSION default ALLOWS icmp -1 -1 FROM CIDR 0.0.0.0/0\n",
		},
		{
			line: "authorize default -P 1", form: "GroupName=default " + p + "IpProtocol=1 " + p + "FromPort=-1 " + p + "ToPort=-1 " + p + "IpRanges.1.CidrIp=0.0.0.0/0",
			stdout: "GROUP default\nPERMISSION default ALLOWS 1 -1 -1 FROM CIDR 0.0.0.0/0\n",
		},
		{
			line: "authorize default -P icmp --icmp-type-code 8:0", form: "GroupName=default " + p + "IpProtocol=icmp " + p + "FromPort=8 " + p + "ToPort=0 " + p + "IpRanges.1.CidrIp=0.0.0.0/0",
			stdout: "GROUP default\nPERMISSION default ALLOWS icmp 8 0 FROM CIDR 0.0.0.0/0\n",
		},
		{ // euca2ools 3.4.1 would let in 0.0.0.0/0 as well
			line: "authorize db -p 5432 -o web -u 111122223333", form: "GroupName=db " + p + "IpProtocol=tcp " + p + "FromPort=5432 " + p + "ToPort=5432 " +
				p + "Groups.1.UserId=111122223333 " + p + "Groups.1.GroupName=web",
			stdout: "GROUP db\nPERMISSION db ALLOWS tcp 5432 5432 USER 111122223333 GRPNAME web\n",
		},
		{
			line: "authorize db -p http -o sg-1a2b3c4d", form: "GroupName=db " + p + "IpProtocol=tcp " + p + "FromPort=80 " + p + "ToPort=80 " + p + "Groups.1.GroupId=sg-1a2b3c4d",
			stdout: "GROUP db\nPERMISSION db ALLOWS tcp 80 80 GRPID sg-1a2b3c4d\n",
		},
		{
			line: "authorize db -p 1 -o web", era: cli.Euca2, form: "GroupName=db " + p + "IpProtocol=tcp " + p + "FromPort=1 " + p + "ToPort=1 " + p + "Groups.1.GroupName=web",
			stdout: "GROUP db\nPERMISSION db ALLOWS tcp 1 1 GRPNAME web\n",
		},
		{
			line: "authorize --egress sg-1a2b3c4d -p 1", action: "AuthorizeSecurityGroupEgress",
			form:   "GroupId=sg-1a2b3c4d " + p + "IpProtocol=tcp " + p + "FromPort=1 " + p + "ToPort=1 " + p + "IpRanges.1.CidrIp=0.0.0.0/0",
			stdout: "GROUP sg-1a2b3c4d\nPERMISSION sg-1a2b3c4d ALLOWS tcp 1 1 FROM CIDR 0.0.0.0/0\n",
		},
		{
			line: "authorize sg-14ca062dee359292e -p 1", form: "GroupId=sg-14ca062dee359292e " + p + "IpProtocol=tcp " + p + "FromPort=1 " + p + "ToPort=1 " + p + "IpRanges.1.CidrIp=0.0.0.0/0",
			stdout: "GROUP sg-14ca062dee359292e\nPERMISSION sg-14ca062dee359292e ALLOWS tcp 1 1 FROM CIDR 0.0.0.0/0\n",
		},
		{
			line: "revoke default -p 22-23", action: "RevokeSecurityGroupIngress",
			form:   "GroupName=default " + p + "IpProtocol=tcp " + p + "FromPort=22 " + p + "ToPort=23 " + p + "IpRanges.1.CidrIp=0.0.0.0/0",
			stdout: "GROUP default\nPERMISSION default ALLOWS tcp 22 23 FROM CIDR 0.0.0.0/0\n",
		},
		{
			line: "revoke --egress sg-1a2b3c4d -p 1", action: "RevokeSecurityGroupEgress",
			form:   "GroupId=sg-1a2b3c4d " + p + "IpProtocol=tcp " + p + "FromPort=1 " + p + "ToPort=1 " + p + "IpRanges.1.CidrIp=0.0.0.0/0",
			stdout: "GROUP sg-1a2b3c4d\nPERMISSION sg-1a2b3c4d ALLOWS tcp 1 1 FROM CIDR 0.0.0.0/0\n",
		},
	} {
		c.answer = done
		if c.action == "" {
			c.action = in
		}
		c.run(t)
	}
}

func TestAddressCommands(t *testing.T) {
	const addresses = `<addressesSet><item><publicIp>192.0.2.1</publicIp><domain>standard</domain><instanceId>i-1</instanceId></item>
		<item><publicIp>192.0.2.2</publicIp><instanceId/></item>
		<item><publicIp>192.0.2.3</publicIp><allocationId>eipalloc-1</allocationId><domain>vpc</domain><instanceId>i-2</instanceId>
			<associationId>eipassoc-1</associationId><networkInterfaceId>eni-1</networkInterfaceId><privateIpAddress>10.0.0.1</privateIpAddress></item></addressesSet>`
	for _, c := range []command{
		{line: "allocate-address", action: "AllocateAddress", answer: "<publicIp>192.0.2.1</publicIp>", stdout: "ADDRESS 192.0.2.1 standard \n"},
		{line: "allocate-address", era: cli.Euca2, action: "AllocateAddress", answer: "<publicIp>192.0.2.1</publicIp><domain>standard</domain>", stdout: "ADDRESS 192.0.2.1\n"},
		{
			line: "allocate-address -d vpc", action: "AllocateAddress", form: "Domain=vpc", stdout: "ADDRESS 192.0.2.1 vpc eipalloc-1\n",
			answer: "<publicIp>192.0.2.1</publicIp><domain>vpc</domain><allocationId>eipalloc-1</allocationId>",
		},
		{
			line: "associate-address 192.0.2.1 -i i-1", action: "AssociateAddress", answer: done,
			form: "PublicIp=192.0.2.1 InstanceId=i-1", stdout: "ADDRESS 192.0.2.1 i-1\n",
		},
		{
			line: "associate-address -a eipalloc-1 -n eni-1 -p 10.0.0.1 --allow-reassociation", action: "AssociateAddress", answer: done + "<associationId>eipassoc-1</associationId>",
			form: "AllocationId=eipalloc-1 NetworkInterfaceId=eni-1 PrivateIpAddress=10.0.0.1 AllowReassociation=true", stdout: "ADDRESS  eipalloc-1 eipassoc-1 10.0.0.1\n",
		},
		{
			line: "associate-address eipalloc-1 -i i-1 --no-allow-reassociation", action: "AssociateAddress", answer: done,
			form: "AllocationId=eipalloc-1 InstanceId=i-1 AllowReassociation=false", stdout: "ADDRESS i-1 eipalloc-1  \n",
		},
		{line: "disassociate-address 192.0.2.1", action: "DisassociateAddress", answer: done, form: "PublicIp=192.0.2.1", stdout: "ADDRESS 192.0.2.1\n"},
		{line: "disassociate-address -a eipassoc-1", action: "DisassociateAddress", answer: done, form: "AssociationId=eipassoc-1", stdout: "ADDRESS eipassoc-1\n"},
		{line: "release-address 192.0.2.1", action: "ReleaseAddress", answer: done, form: "PublicIp=192.0.2.1", stdout: "ADDRESS 192.0.2.1 \n"},
		{line: "release-address 192.0.2.1", era: cli.Euca2, action: "ReleaseAddress", answer: done, form: "PublicIp=192.0.2.1", stdout: "ADDRESS 192.0.2.1\n"},
		{line: "release-address -a eipalloc-1", action: "ReleaseAddress", answer: done, form: "AllocationId=eipalloc-1", stdout: "ADDRESS  eipalloc-1\n"},
		{
			line: "describe-addresses 192.0.2.2 eipalloc-1 192.0.2.1 192.0.2.1 --filter domain=standard", action: "DescribeAddresses", answer: addresses,
			form:   "PublicIp.1=192.0.2.1 PublicIp.2=192.0.2.2 AllocationId.1=eipalloc-1 Filter.1.Name=domain Filter.1.Value.1=standard",
			stdout: "ADDRESS 192.0.2.1 i-1 standard    \nADDRESS 192.0.2.2  standard    \nADDRESS 192.0.2.3 i-2 vpc eipalloc-1 eipassoc-1 eni-1 10.0.0.1\n",
		},
		{
			line: "describe-addresses", era: cli.Euca2, action: "DescribeAddresses", answer: addresses,
			stdout: "ADDRESS 192.0.2.1 i-1\nADDRESS 192.0.2.2 \nADDRESS 192.0.2.3 i-2\n",
		},
	} {
		c.run(t)
	}
}

// TestMistakes has what is wrong without asking the cloud, in the words of euca2ools
// 3.4.1.
func TestMistakes(t *testing.T) {
	for command, mistakes := range map[string][]clitest.Mistake{
		"create-group": {{Code: 2, Stderr: "missing argument: NAME"}, {Args: words("web"), Code: 2, Stderr: "argument -d/--description is required"}},
		"delete-group": {{Code: 2, Stderr: "missing argument: GROUP"}, {Args: words("a b"), Code: 2, Stderr: "unexpected argument: b"}},
		"authorize": {
			{Code: 2, Stderr: "missing argument: GROUP"},
			{Args: words("g"), Code: 2, Stderr: "argument -p/--port-range is required for protocol tcp"},
			{Args: words("g -p 22 -t 1:1"), Code: 2, Stderr: "argument -t/--icmp-type-code: not compatible with protocol tcp"},
			{Args: words("g -P icmp -p 22"), Code: 2, Stderr: "argument -p/--port-range: not compatible with protocol icmp"},
			{Args: words("g -P icmp -t 1"), Code: 2, Stderr: `argument -t/--icmp-type-code: value must have format "1:2"`},
			{Args: words("g -P icmp -t 1:2:3"), Code: 2, Stderr: `argument -t/--icmp-type-code: value must have format "1:2"`},
			{Args: words("g -P icmp -t -2:-1"), Code: 2, Stderr: "argument -t/--icmp-type-code: type, code must be at least -1"},
			{Args: words("g -p 22:23"), Code: 2, Stderr: `argument -p/--port-range: multi-port range must be separated by "-", not ":"`},
			{Args: words("g -p no-such-service"), Code: 2, Stderr: "'no-such-service' is neither a port number, range of port numbers, nor a recognized service name"},
			{Args: words("g -p 1-2-3"), Code: 2, Stderr: "'1-2-3' is neither"},
			{Args: words("g -p -2"), Code: 2, Stderr: "argument -p/--port-range: port number(s) must be at least -1"},
			{Args: words("g -P esp -p 1"), Code: 2, Stderr: "argument -P/--protocol: invalid choice: 'esp' (choose from 'tcp', 'udp', 'icmp', '6', '17', '1')"},
			{Args: words("g -P all -p 1"), Code: 2, Stderr: "all protocols have no ports"},
			{Args: words("g -p 1 -s 0.0.0.0/0 -o x"), Code: 2, Stderr: "argument -o: not allowed with argument -s/--cidr"},
			{Args: words("g -p 1 -u 111122223333"), Code: 2, Stderr: "argument -u: only with -o"},
			{Args: words("g -p 1 --egress"), Code: 2, Stderr: "egress rules must use group IDs, not names"},
			{Args: words("sg-1a2b3c4d -p 1 --egress -o web"), Code: 2, Stderr: "argument -o: egress rules must use group IDs, not names"},
		},
		"allocate-address": {{Args: words("-d standard"), Code: 2, Stderr: "argument -d/--domain: invalid choice: 'standard' (choose from 'vpc')"}},
		"associate-address": {
			{Args: words("192.0.2.1"), Code: 2, Stderr: "one of the arguments -i/--instance-id -n/--network-interface is required"},
			{Args: words("-i i-1"), Code: 2, Stderr: "argument -a/--allocation-id or an IP address is required"},
			{Args: words("192.0.2.1 -i i-1 -a eipalloc-1"), Code: 2, Stderr: "argument -a/--allocation-id: not allowed with an IP address"},
			{Args: words("192.0.2.1 -i i-1 -n eni-1"), Code: 2, Stderr: "not allowed with argument -i/--instance-id"},
			{Args: words("192.0.2.1 -i i-1 --allow-reassociation --no-allow-reassociation"), Code: 2, Stderr: "not allowed with argument --allow-reassociation"},
		},
		"disassociate-address": {
			{Code: 2, Stderr: "argument -a/--association-id or an IP address is required"},
			{Args: words("192.0.2.1 -a eipassoc-1"), Code: 2, Stderr: "argument -a/--association-id: not allowed with an IP address"},
			{Args: words("eipassoc-1"), Code: 2, Stderr: "VPC elastic IP association IDs must be specified with -a/--association-id"},
		},
		"release-address": {
			{Code: 2, Stderr: "argument -a/--allocation-id or an IP address is required"},
			{Args: words("192.0.2.1 -a eipalloc-1"), Code: 2, Stderr: "argument -a/--allocation-id: not allowed with an IP address"},
		},
		"import-keypair": {
			{Args: words("k"), Code: 2, Stderr: "argument -f/--public-key-file is required"},
			{Args: words("k -f nothing.pub"), Code: 1, Stderr: "nothing.pub: no such file or directory"},
			{Args: words("k -f testdata/private"), Code: 1, Stderr: "testdata/private: a private key, where the public half belongs\nhint: nothing was sent"},
			{Args: words("k -f /dev/zero"), Code: 1, Stderr: "/dev/zero: longer than any key"},
			{Args: words("k -f testdata"), Code: 1, Stderr: "testdata: is a directory"},
		},
	} {
		clitest.Refuse(t, Commands, command, mistakes)
	}
}

// Euca2ools 3 want the owner of a group that is named, and those of 2.x did not.
func TestOwnerOfASourceGroup(t *testing.T) {
	tape := canned(t, "AuthorizeSecurityGroupIngress", done)
	tape.Env[cli.CompatVariable] = string(cli.Euca3)
	got := clitest.Run(t, Commands, cli.Euca, tape.Env, words("authorize db -p 1 -o web")...)
	if got.Code != 2 || !strings.Contains(got.Stderr, "argument -u is required when -o names a security group by name") || len(tape.Forms()) > 0 {
		t.Errorf("got %+v and requests %v, want a refusal", got, tape.Forms())
	}
}

// A cloud that says false has not done it: Eucalyptus before 3.0 answered so.
func TestNotDone(t *testing.T) {
	for line, action := range map[string]string{
		"create-group web -d d": "CreateSecurityGroup", "delete-group web": "DeleteSecurityGroup",
		"authorize web -p 1": "AuthorizeSecurityGroupIngress", "revoke web -p 1": "RevokeSecurityGroupIngress",
		"associate-address 192.0.2.1 -i i-1": "AssociateAddress", "disassociate-address 192.0.2.1": "DisassociateAddress",
		"release-address 192.0.2.1": "ReleaseAddress",
	} {
		got := clitest.Run(t, Commands, cli.Native, canned(t, action, "<return>false</return>").Env, words(line)...)
		if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, "the cloud did not") {
			t.Errorf("%s: got %+v, want code 1", line, got)
		}
	}
}

func TestAllProtocols(t *testing.T) {
	tape := canned(t, "AuthorizeSecurityGroupIngress", done)
	got := clitest.Run(t, Commands, cli.Native, tape.Env, words("authorize web -P all -s 10.0.0.0/8")...)
	want := "GROUP\tweb\nPERMISSION\tweb\tALLOWS\t-1\t\t\tFROM\tCIDR\t10.0.0.0/8\n"
	form := tape.Forms()[0]
	if got.Code != 0 || got.Stdout != want || form["IpPermissions.1.IpProtocol"] != "-1" || form["IpPermissions.1.FromPort"] != "" {
		t.Errorf("got %+v, sent %v; want %q", got, form, want)
	}
}

func TestGroupTable(t *testing.T) {
	const answer = `<securityGroupInfo><item><groupId>sg-1</groupId><groupName>web</groupName><groupDescription>d</groupDescription><ipPermissions>
		<item><ipProtocol>tcp</ipProtocol><fromPort>80</fromPort><toPort>80</toPort><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges></item>
		<item><ipProtocol>udp</ipProtocol><fromPort>1</fromPort><toPort>9</toPort><groups><item><userId>1</userId><groupId>sg-2</groupId></item></groups></item>
		<item><ipProtocol>icmp</ipProtocol><fromPort>8</fromPort><toPort>0</toPort><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges></item>
		<item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges></item></ipPermissions></item>
		<item><groupId>sg-3</groupId><groupName>empty</groupName><groupDescription>d</groupDescription></item></securityGroupInfo>`
	got := clitest.Run(t, Commands, cli.Native, canned(t, "DescribeSecurityGroups", answer).Env, "describe-groups", "--output", "table")
	want := "GROUP NAME DESCRIPTION LETS IN PORTS FROM\nsg-1 web d tcp 80 0.0.0.0/0\nsg-1 web d udp 1-9 1/sg-2\nsg-1 web d icmp 8:0 10.0.0.0/8\nsg-1 web d all all 10.0.0.0/8\nsg-3 empty d\n"
	var lines strings.Builder
	for line := range strings.Lines(got.Stdout) {
		lines.WriteString(strings.Join(strings.Fields(line), " ") + "\n")
	}
	if got.Code != 0 || lines.String() != want {
		t.Errorf("got %d\n%s%s\nwant\n%s", got.Code, got.Stdout, got.Stderr, want)
	}
}
