package api

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/images"
	"emikit/cloud/instances"
	"emikit/node"
)

// TestBoto3 asks the door with a client that shares no code with it.
func TestBoto3(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("no python3 on this machine")
	}
	if out, err := exec.Command(python, "-c", "import boto3").CombinedOutput(); err != nil {
		t.Skipf("no boto3 on this machine: %s", bytes.TrimSpace(out))
	}
	c := newCloud(t, func(c *cloud) {
		c.images.attributes = images.Attributes{Image: c.images.all[0], Permissions: images.Permissions{
			Public: true, Accounts: []string{"111122223333"},
		}}
		c.instances.console = node.Console{Output: []byte("booted\n"), Time: launched}
		c.instances.changes = []instances.Change{{
			ID: "i-3F170798", Previous: instances.StateRunning, Current: instances.StateShuttingDown,
		}}
		c.instances.all = append(c.instances.all, reservation("r-2", 1, 4), reservation("r-3", 2, 1))
	})
	cmd := exec.Command(python, "testdata/client.py", c.URL+path, region, adminKeys.AccessKey, adminKeys.SecretKey)
	cmd.Env = append(cmd.Environ(), "NO_PROXY=*", "AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	const want = `{
		"register": "emi-F4CB118E",
		"deregister": 200,
		"image": ["emi-F4CB118E", "image-bucket/ttylinux.img.manifest.xml", "000100729354", "admin", "available", true,
			"eki-38AC43DC", "instance-store", [{"DeviceName": "sda2", "VirtualName": "ephemeral0"}], [{"ProductCodeId": "PC1"}]],
		"attributes": [[{"Group": "all"}, {"UserId": "111122223333"}], [{"ProductCodeId": "PC1"}], {"Value": "eki-38AC43DC"}, {},
			[{"DeviceName": "sda2", "VirtualName": "ephemeral0"}]],
		"modify": [200, 200, 200, 200, 200],
		"reset": 200,
		"reservation": ["r-412F078F", 2],
		"instance": [{"Code": 16, "Name": "running"}, "192.168.1.3", "cluster1", "2026-11-20T21:49:53+00:00",
			[{"GroupId": "sg-00000001", "GroupName": "default"}], {"State": "disabled"}],
		"terminate": [{"InstanceId": "i-3F170798", "CurrentState": {"Code": 32, "Name": "shutting-down"},
			"PreviousState": {"Code": 16, "Name": "running"}}],
		"reboot": 200,
		"console": "booted\n",
		"pair": ["boto", "-----BEGIN RSA PRIVATE KEY-----"],
		"pairs": ["boto"],
		"delete": 200,
		"none": [],
		"zones": [{"ZoneName": "cluster1", "State": "available", "RegionName": "eucalyptus", "Messages": []}],
		"regions": ["eucalyptus"],
		"groups": ["sg-00000001", "sg-00000002"],
		"rules": [
			{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
				"UserIdGroupPairs": [{"UserId": "000100729354", "GroupId": "sg-00000001", "GroupName": "default", "Description": "us"}]},
			{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}], "UserIdGroupPairs": []},
			{"IpProtocol": "-1", "IpRanges": [], "UserIdGroupPairs": [{"UserId": "444455556666", "GroupName": "theirs"}]}
		],
		"group": ["sg-00000003", true, true, ["UnsupportedOperation", 400], 200],
		"addresses": ["192.0.2.3", 200, {"PublicIp": "192.0.2.1", "Domain": "standard", "InstanceId": "i-3F170798", "Tags": []}, 200, 200],
		"imported": "0c:a0",
		"not found": ["InvalidKeyPair.NotFound", 400],
		"dry run": ["DryRunOperation", 412],
		"unsupported": ["UnsupportedOperation", 400],
		"pages of instances": [{"r-412F078F": 2, "r-2": 3}, {"r-2": 1, "r-3": 1}],
		"pages of images": [["eki-38AC43DC"], ["emi-F4CB118E"]],
		"pages of groups": [["sg-00000001", "sg-00000002"]],
		"bad token": ["InvalidParameterValue", 400]
	}`
	if diff := cmp.Diff(boto3Changes(), c.images.changes); diff != "" {
		t.Errorf("what the door understood (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(decode(t, []byte(want)), decode(t, out)); diff != "" {
		t.Errorf("what boto3 understood (-want +got):\n%s", diff)
	}
}

// boto3Changes are the attributes that the client reads and changes, in order.
func boto3Changes() []string {
	const read = "read emi-F4CB118E as admin"
	return []string{
		read, read, read, read, read,
		"permit emi-F4CB118E as admin: {Add:{Public:true Accounts:[]} Remove:{Public:false Accounts:[111122223333]}}",
		"permit emi-F4CB118E as admin: {Add:{Public:true Accounts:[111122223333]} Remove:{Public:false Accounts:[]}}",
		`product codes of emi-F4CB118E as admin: ["PC2"]`,
		`describe emi-F4CB118E as admin: "words"`,
		`describe emi-F4CB118E as admin: "more words"`,
		"reset emi-F4CB118E as admin",
	}
}

func decode(t *testing.T, data []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	return v
}
