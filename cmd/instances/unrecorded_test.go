package instances

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
)

const changed = "<instancesSet><item><instanceId>i-1</instanceId><currentState><code>64</code><name>stopping</name></currentState>" +
	"<previousState><code>16</code><name>running</name></previousState></item></instancesSet>"

const statuses = `<DescribeInstanceStatusResponse><instanceStatusSet>
<item><instanceId>i-1</instanceId><availabilityZone>one</availabilityZone><instanceState><code>16</code><name>running</name></instanceState>
<systemStatus><status>ok</status><details><item><name>reachability</name><status>passed</status></item></details></systemStatus>
<instanceStatus><status>ok</status><details><item><name>reachability</name><status>passed</status></item></details></instanceStatus></item>
<item><instanceId>i-2</instanceId><availabilityZone>one</availabilityZone><instanceState><code>16</code><name>running</name></instanceState>
<systemStatus><status>impaired</status><details><item><name>reachability</name><status>failed</status><impairedSince>2026-01-02T03:04:05.000Z</impairedSince></item></details></systemStatus>
<instanceStatus><status>ok</status></instanceStatus>
<eventsSet><item><code>system-reboot</code><description>soon</description><notBefore>2026-02-02T00:00:00.000Z</notBefore><notAfter>2026-02-03T00:00:00.000Z</notAfter></item>
<item><code>instance-retirement</code><notBefore>2026-02-01T00:00:00.000Z</notBefore></item></eventsSet></item>
</instanceStatusSet></DescribeInstanceStatusResponse>`

const types = `<DescribeInstanceTypesResponse><instanceTypeDetails>
<item><name>m1.small</name><cpu>1</cpu><disk>2</disk><memory>128</memory><availability>
<item><zoneName>two</zoneName><max>4</max><available>4</available></item><item><zoneName>one</zoneName><max>8</max><available>3</available></item></availability></item>
<item><name>c1.xlarge</name><cpu>4</cpu><disk>20</disk><memory>2048</memory><availability><item><zoneName>one</zoneName><max>0</max><available>0</available></item></availability></item>
</instanceTypeDetails></DescribeInstanceTypesResponse>`

const typesOfAWS = `<DescribeInstanceTypesResponse><instanceTypeSet><item><instanceType>m1.small</instanceType><vCpuInfo><defaultVCpus>1</defaultVCpus></vCpuInfo>
<memoryInfo><sizeInMiB>1740</sizeInMiB></memoryInfo><instanceStorageInfo><totalSizeInGB>160</totalSizeInGB></instanceStorageInfo></item></instanceTypeSet></DescribeInstanceTypesResponse>`

// unrecorded is a command line of euca2ools 3.4.1 of which there is no recorded
// exchange: what it sends and prints is read off the source of 3.4.
type unrecorded struct {
	name, line, answer string
	form               map[string]string // besides Version
	stdout             string
}

func TestUnrecorded(t *testing.T) {
	for _, c := range slices.Concat(unrecordedStates(), unrecordedTags(), unrecordedAttributes()) {
		t.Run(c.name, func(t *testing.T) {
			tape := clitest.Canned(t, c.answer)
			got := clitest.Run(t, Commands, cli.Euca, tape.Env, strings.Fields(c.line)...)
			if got.Code != 0 || got.Stderr != "" {
				t.Errorf("got code %d and %q, want 0 and nothing", got.Code, got.Stderr)
			}
			if diff := cmp.Diff(c.stdout, got.Stdout); diff != "" {
				t.Errorf("standard output (-want +got):\n%s", diff)
			}
			c.form["Version"] = "2015-10-01"
			if diff := cmp.Diff([]map[string]string{c.form}, tape.Forms()); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
		})
	}
}

func unrecordedStates() []unrecorded {
	const stopped, started = "<StopInstancesResponse>" + changed + "</StopInstancesResponse>", "<StartInstancesResponse>" + changed + "</StartInstancesResponse>"
	const line = "INSTANCE\ti-1\trunning\tstopping\n"
	const heading = "INSTANCETYPE\tName       CPUs  Memory (MiB)  Disk (GiB)"
	second := "INSTANCE\ti-2\tone\trunning\t16\tok\timpaired\tretiring\t2026-02-01T00:00:00.000Z\n" +
		"SYSTEMSTATUS\treachability\tfailed\t2026-01-02T03:04:05.000Z\n" +
		"EVENT\tsystem-reboot\t2026-02-02T00:00:00.000Z\t2026-02-03T00:00:00.000Z\tsoon\nEVENT\tinstance-retirement\t2026-02-01T00:00:00.000Z\t\t\n"
	describe := map[string]string{"Action": "DescribeInstanceTypes"}
	withRoom := map[string]string{"Action": "DescribeInstanceTypes", "Availability": "true"}
	return []unrecorded{
		{"start", "start-instances i-1", started, map[string]string{"Action": "StartInstances", "InstanceId.1": "i-1"}, line},
		{"stop", "stop-instances i-1 i-2 -f", stopped,
			map[string]string{"Action": "StopInstances", "InstanceId.1": "i-1", "InstanceId.2": "i-2", "Force": "true"}, line},
		{"status", "describe-instance-status --include-all-instances --filter instance-state-code=16", statuses,
			map[string]string{"Action": "DescribeInstanceStatus", "IncludeAllInstances": "true",
				"Filter.1.Name": "instance-state-code", "Filter.1.Value.1": "16"},
			"INSTANCE\ti-1\tone\trunning\t16\tok\tok\tactive\t\nSYSTEMSTATUS\treachability\tpassed\t\nINSTANCESTATUS\treachability\tpassed\t\n" + second},
		{"status of the unhealthy", "describe-instance-status --hide-healthy i-1 i-2", statuses,
			map[string]string{"Action": "DescribeInstanceStatus", "InstanceId.1": "i-1", "InstanceId.2": "i-2"}, second},
		{"types", "describe-instance-types", types, describe,
			heading + "\nINSTANCETYPE\tm1.small      1           128           2\nINSTANCETYPE\tc1.xlarge     4          2048          20\n"},
		{"types with capacity", "describe-instance-types --show-capacity", types, withRoom,
			heading + "  Used / Total  Used %\nINSTANCETYPE\tm1.small      1           128           2     5 /    12     42%\n" +
				"INSTANCETYPE\tc1.xlarge     4          2048          20     0 /     0        \n"},
		{"types by zone", "describe-instance-types --by-zone", types, withRoom,
			"AVAILABILITYZONE\tone\n" + heading + "\nINSTANCETYPE\tm1.small      1           128           2\nINSTANCETYPE\tc1.xlarge     4          2048          20\n\n" +
				"AVAILABILITYZONE\ttwo\nINSTANCETYPE\tName      CPUs  Memory (MiB)  Disk (GiB)\nINSTANCETYPE\tm1.small     1           128           2\n\n"},
		{"types of another cloud", "describe-instance-types m1.small", typesOfAWS,
			map[string]string{"Action": "DescribeInstanceTypes", "InstanceType.1": "m1.small"},
			"INSTANCETYPE\tName      CPUs  Memory (MiB)  Disk (GiB)\nINSTANCETYPE\tm1.small     1          1740         160\n"},
		{"product", "confirm-product-instance C1 -i i-1", "<ConfirmProductInstanceResponse><return>true</return><ownerId>123456789012</ownerId></ConfirmProductInstanceResponse>",
			map[string]string{"Action": "ConfirmProductInstance", "ProductCode": "C1", "InstanceId": "i-1"}, "C1\ti-1\ttrue\t123456789012\n"},
		{"password data", "get-password-data i-1", "<GetPasswordDataResponse><instanceId>i-1</instanceId><passwordData>QUJD</passwordData></GetPasswordDataResponse>",
			map[string]string{"Action": "GetPasswordData", "InstanceId": "i-1"}, "QUJD\n"},
		{"no password data", "get-password-data i-1", "<GetPasswordDataResponse><instanceId>i-1</instanceId><passwordData/></GetPasswordDataResponse>",
			map[string]string{"Action": "GetPasswordData", "InstanceId": "i-1"}, ""},
	}
}

func unrecordedTags() []unrecorded {
	done := func(action string) string {
		return fmt.Sprintf("<%[1]sResponse><return>true</return></%[1]sResponse>", action)
	}
	return []unrecorded{
		{"create tags", "create-tags emi-1 i-1 --tag Name=a=b --tag empty", done("CreateTags"),
			map[string]string{"Action": "CreateTags", "ResourceId.1": "emi-1", "ResourceId.2": "i-1",
				"Tag.1.Key": "Name", "Tag.1.Value": "a=b", "Tag.2.Key": "empty", "Tag.2.Value": ""},
			"TAG\timage\temi-1\tName\ta=b\nTAG\timage\temi-1\tempty\t\nTAG\tinstance\ti-1\tName\ta=b\nTAG\tinstance\ti-1\tempty\t\n"},
		{"delete tags", "delete-tags i-1 --tag any --tag none= --tag one=x", done("DeleteTags"),
			map[string]string{"Action": "DeleteTags", "ResourceId.1": "i-1", "Tag.1.Key": "any",
				"Tag.2.Key": "none", "Tag.2.Value": "", "Tag.3.Key": "one", "Tag.3.Value": "x"}, ""},
		{"describe tags", "describe-tags --filter key=Name", "<DescribeTagsResponse><tagSet><item><resourceId>i-1</resourceId><resourceType>instance</resourceType>" +
			"<key>Name</key><value>web</value></item></tagSet></DescribeTagsResponse>",
			map[string]string{"Action": "DescribeTags", "Filter.1.Name": "key", "Filter.1.Value.1": "Name"}, "TAG\ti-1\tinstance\tName\tweb\n"},
	}
}

// TestTypesTable: what was not asked for is not shown as nothing.
func TestTypesTable(t *testing.T) {
	for option, want := range map[string]string{"--by-zone": "m1.small   1     128           2\n", "--show-capacity": "m1.small   1     128           2           5     12\n"} {
		tape := clitest.Canned(t, types)
		got := clitest.Run(t, Commands, cli.Native, tape.Env, "describe-instance-types", "--output", "table", option)
		if !strings.Contains(got.Stdout, want) {
			t.Errorf("%s: got\n%s%s\nwant %q in it", option, got.Stdout, got.Stderr, want)
		}
	}
}

func unrecordedAttributes() []unrecorded {
	describe := func(name, attribute, answer, stdout string) unrecorded {
		return unrecorded{"describe " + name, "describe-instance-attribute i-1 " + name,
			"<DescribeInstanceAttributeResponse><instanceId>i-1</instanceId>" + answer + "</DescribeInstanceAttributeResponse>",
			map[string]string{"Action": "DescribeInstanceAttribute", "InstanceId": "i-1", "Attribute": attribute}, stdout}
	}
	modify := func(args, parameter, value, stdout string) unrecorded {
		return unrecorded{"modify " + args, "modify-instance-attribute i-1 " + args,
			"<ModifyInstanceAttributeResponse><return>true</return></ModifyInstanceAttributeResponse>",
			map[string]string{"Action": "ModifyInstanceAttribute", "InstanceId": "i-1", parameter: value}, stdout}
	}
	return []unrecorded{
		describe("--disable-api-termination", "disableApiTermination", "<disableApiTermination><value>true</value></disableApiTermination>", "disableApiTermination\ti-1\ttrue\n"),
		describe("-t", "instanceType", "<instanceType><value>m1.small</value></instanceType>", "instanceType\ti-1\tm1.small\n"),
		describe("--kernel", "kernel", "", "kernel\ti-1\t\n"),
		describe("-g", "groupSet", "<groupSet><item><groupId>sg-1</groupId></item><item><groupId>sg-2</groupId></item></groupSet>", "groupSet\ti-1\tsg-1, sg-2\n"),
		describe("-p", "productCodes", "<productCodes><item><productCode>C1</productCode></item></productCodes>", "productCodes\ti-1\tC1\n"),
		describe("--user-data", "userData", "<userData><value>YQpi</value></userData>", "userData\ti-1\na\nb\n"),
		describe("--user-data", "userData", "<userData/>", "userData\ti-1\t\n"),
		describe("-b", "blockDeviceMapping", "<blockDeviceMapping><item><deviceName>/dev/sda</deviceName><ebs><volumeId>vol-1</volumeId></ebs></item></blockDeviceMapping>",
			"BLOCKDEVICE\t/dev/sda\tvol-1\t\t\t\t\n"),
		modify("--disable-api-termination", "DisableApiTermination.Value", "true", "disableApiTermination\ti-1\ttrue\n"),
		modify("--disable-api-termination=false", "DisableApiTermination.Value", "false", "disableApiTermination\ti-1\tfalse\n"),
		modify("-t c1.medium", "InstanceType.Value", "c1.medium", "instanceType\ti-1\tc1.medium\n"),
		modify("--kernel eki-1", "Kernel.Value", "eki-1", "kernel\ti-1\teki-1\n"),
		modify("-d secret", "UserData.Value", "c2VjcmV0", "userData\ti-1\t\n"),
		modify("-g sg-1", "GroupId.1", "sg-1", "groupSet\ti-1\tsg-1\n"),
		modify("--instance-initiated-shutdown-behavior stop", "InstanceInitiatedShutdownBehavior.Value", "stop", "instanceInitiatedShutdownBehavior\ti-1\tstop\n"),
	}
}

func TestMistakes(t *testing.T) {
	for command, mistakes := range map[string][]clitest.Mistake{
		"start-instances":          {{Args: nil, Code: 2, Stderr: "missing argument: INSTANCE"}},
		"stop-instances":           {{Args: nil, Code: 2, Stderr: "missing argument: INSTANCE"}},
		"confirm-product-instance": {{Args: []string{"C1"}, Code: 2, Stderr: "argument -i/--instance is required"}},
		"create-tags": {
			{Args: []string{"i-1"}, Code: 2, Stderr: "argument --tag is required"},
			{Args: []string{"i-1", "--tag", "=x"}, Code: 2, Stderr: "a tag has a key"},
		},
		"describe-instance-attribute": {
			{Args: []string{"i-1"}, Code: 2, Stderr: "one of the arguments -b/--block-device-mapping --disable-api-termination "},
			{Args: []string{"i-1", "--kernel", "--ramdisk"}, Code: 2, Stderr: "argument --ramdisk: not allowed with argument --kernel"},
		},
		"modify-instance-attribute": {
			{Args: []string{"i-1"}, Code: 2, Stderr: "one of the arguments --disable-api-termination "},
			{Args: []string{"i-1", "--disable-api-termination=maybe"}, Code: 2, Stderr: "invalid choice: 'maybe' (choose from 'true', 'false')"},
			{Args: []string{"i-1", "--instance-initiated-shutdown-behavior", "burn"}, Code: 2, Stderr: "choose from 'stop', 'terminate'"},
			{Args: []string{"i-1", "-f", "/nonexistent"}, Code: 1, Stderr: "/nonexistent"},
		},
		"delete-tags":   {{Args: []string{"i-1"}, Code: 2, Stderr: "argument --tag is required"}},
		"describe-tags": {{Args: []string{"i-1"}, Code: 2, Stderr: "unexpected argument: i-1"}},
		"get-password": {
			{Args: []string{"i-1"}, Code: 2, Stderr: "argument -k/--priv-launch-key is required"},
			{Args: []string{"i-1", "-k", "/nonexistent"}, Code: 1, Stderr: "/nonexistent"},
		},
		"create-image": {
			{Args: []string{"i-1"}, Code: 2, Stderr: "argument -n/--name is required"},
			{Args: []string{"i-1", "-n", "web", "--no-reboot"}, Code: 1, Stderr: "i-1: an image can be created only of an instance whose root is an EBS volume; there are none here, and nothing was asked\nhint: inside the instance, bundle-vol"},
		},
	} {
		clitest.Refuse(t, Commands, command, mistakes)
	}
}

func TestGetPassword(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	file := t.TempDir() + "/key.pem"
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 Windows instances of EC2 encrypt so
	sealed, err := rsa.EncryptPKCS1v15(rand.Reader, &key.PublicKey, []byte("Pa$$word"))
	if err != nil {
		t.Fatal(err)
	}
	data := base64.StdEncoding.EncodeToString(sealed)
	for _, c := range []struct {
		data   string
		code   int
		stdout string
		stderr string
	}{
		{"\r\n" + data[:70] + "\r\n" + data[70:], 0, "Pa$$word\n", ""}, // as EC2 sends it
		{"", 1, "", "i-1: no password data found for this instance"},
		{"%%%", 1, "", "i-1: the password data is not base64"},
		{base64.StdEncoding.EncodeToString([]byte("x")), 1, "", "i-1: the password cannot be decrypted with this key"},
	} {
		tape := clitest.Canned(t, "<GetPasswordDataResponse><instanceId>i-1</instanceId><passwordData>"+c.data+"</passwordData></GetPasswordDataResponse>")
		got := clitest.Run(t, Commands, cli.Euca, tape.Env, "get-password", "i-1", "-k", file)
		if got.Code != c.code || got.Stdout != c.stdout || !strings.Contains(got.Stderr, c.stderr) {
			t.Errorf("%q: got %+v, want %+v", c.data, got, c)
		}
	}
}
