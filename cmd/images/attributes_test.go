package images

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
)

// answering runs a command against a cloud that gives one answer, and returns
// what the cloud was asked, without what every request has.
func answering(t *testing.T, family cli.Family, answer string, args ...string) (got clitest.Result, asked string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		action := r.Form.Get("Action")
		r.Form.Del("Version")
		asked = r.Form.Encode()
		io.WriteString(w, "<"+action+"Response>"+answer+"</"+action+"Response>")
	}))
	defer server.Close()
	env := map[string]string{"EC2_URL": server.URL, "EC2_ACCESS_KEY": "a", "EC2_SECRET_KEY": "s"}
	return clitest.Run(t, Commands, family, env, args...), asked
}

func TestDescribeImageAttribute(t *testing.T) {
	for _, c := range []struct{ flag, attribute, answer, want string }{
		{"-l", "launchPermission", "<launchPermission><item><group>all</group></item><item><userId>123456789012</userId></item></launchPermission>",
			"launchPermission\temi-1\tgroup\tall\nlaunchPermission\temi-1\tuserId\t123456789012\n"},
		{"--launch-permission", "launchPermission", "<launchPermission/>", ""},
		{"-p", "productCodes", "<productCodes><item><productCode>PC1</productCode></item></productCodes>", "productCodes\temi-1\tproductCode\tPC1\n"},
		{"-B", "blockDeviceMapping", "<blockDeviceMapping><item><deviceName>sda2</deviceName><virtualName>ephemeral0</virtualName></item>" +
			"<item><deviceName>/dev/sdb</deviceName><ebs><snapshotId>snap-1</snapshotId></ebs></item></blockDeviceMapping>",
			"blockDeviceMapping\temi-1\tblockDeviceMap\tsda2: ephemeral0\nblockDeviceMapping\temi-1\tblockDeviceMap\t/dev/sdb: snap-1\n"},
		{"--kernel", "kernel", "<kernel><value>eki-1</value></kernel>", "kernel\temi-1\t\teki-1\n"},
		{"--ramdisk", "ramdisk", "<ramdisk/>", ""},
		{"--description", "description", "<description><value>a\nb</value></description>", "description\temi-1\t\ta?b\n"},
	} {
		got, asked := answering(t, cli.Euca, "<imageId>emi-1</imageId>"+c.answer, "describe-image-attribute", c.flag, "emi-1")
		if got.Code != 0 || got.Stdout != c.want || got.Stderr != "" {
			t.Errorf("%s: got %+v, want %q", c.flag, got, c.want)
		}
		if want := "Action=DescribeImageAttribute&Attribute=" + c.attribute + "&ImageId=emi-1"; !strings.HasPrefix(asked, want) {
			t.Errorf("%s: asked %s, want %s", c.flag, asked, want)
		}
	}
}

func TestDescribeImageAttributeForms(t *testing.T) {
	const answer = "<imageId>emi-1</imageId><launchPermission><item><group>all</group></item></launchPermission>"
	got, _ := answering(t, cli.Native, answer, "describe-image-attribute", "-l", "emi-1", "--output", "table")
	if want := "IMAGE  ATTRIBUTE         KIND   VALUE\nemi-1  launchPermission  group  all\n"; got.Stdout != want {
		t.Errorf("table: got %q, want %q", got.Stdout, want)
	}
	got, _ = answering(t, cli.Native, answer, "describe-image-attribute", "-l", "emi-1", "--output", "json")
	var parsed struct {
		ImageID           string `json:"ImageId"`
		LaunchPermissions []map[string]string
	}
	if err := json.Unmarshal([]byte(got.Stdout), &parsed); err != nil || parsed.ImageID != "emi-1" || parsed.LaunchPermissions[0]["Group"] != "all" {
		t.Errorf("json: got %s, %v", got.Stdout, err)
	}
	if strings.Contains(got.Stdout, "KernelId") {
		t.Errorf("json: got %s, want nothing that was not asked for", got.Stdout)
	}
}

func TestModifyImageAttribute(t *testing.T) {
	for _, c := range []struct {
		family            cli.Family
		args, want, asked string
	}{
		{cli.Euca, "-l -a all", "launchPermission\temi-1\tADD\tgroup\tall\n", "LaunchPermission.Add.1.Group=all"},
		{cli.EC2, "-l -a 123456789012 -r all --add 2",
			"launchPermission\temi-1\tADD\tuserId\t123456789012\nlaunchPermission\temi-1\tADD\tuserId\t2\nlaunchPermission\temi-1\tREMOVE\tgroup\tall\n",
			"LaunchPermission.Add.1.UserId=123456789012&LaunchPermission.Add.2.UserId=2&LaunchPermission.Remove.1.Group=all"},
		{cli.Euca, "-p PC1 -p PC2", "productcodes\temi-1\tproductCode\tPC1\nproductcodes\temi-1\tproductCode\tPC2\n", "ProductCode.1=PC1&ProductCode.2=PC2"},
		{cli.EC2, "-p PC1", "productCodes\temi-1\tproductCode\tPC1\n", "ProductCode.1=PC1"},
		{cli.Native, "--description words", "description\temi-1\t\twords\n", "Description.Value=words"},
		{cli.Native, "--description=", "description\temi-1\t\t\n", "Description.Value="},
		{cli.Native, "-l -r 1 --output table", "IMAGE  ATTRIBUTE         CHANGE  KIND    VALUE\nemi-1  launchPermission  REMOVE  userId  1\n",
			"LaunchPermission.Remove.1.UserId=1"},
		{cli.Native, "-l -r 1 --output json", "{\n  \"Return\": true\n}\n", "LaunchPermission.Remove.1.UserId=1"},
	} {
		got, asked := answering(t, c.family, "<return>true</return>", append([]string{"modify-image-attribute", "emi-1"}, strings.Fields(c.args)...)...)
		if got.Code != 0 || got.Stdout != c.want || got.Stderr != "" {
			t.Errorf("%s %s: got %+v, want %q", c.family, c.args, got, c.want)
		}
		if !strings.HasPrefix(asked, "Action=ModifyImageAttribute&") || !strings.Contains(asked, c.asked) {
			t.Errorf("%s %s: asked %s, want %s", c.family, c.args, asked, c.asked)
		}
	}
}

func TestResetImageAttribute(t *testing.T) {
	got, asked := answering(t, cli.Euca, "<return>true</return>", "reset-image-attribute", "-l", "emi-1")
	if got.Code != 0 || got.Stdout != "launchPermission\temi-1\tRESET\n" || !strings.HasPrefix(asked, "Action=ResetImageAttribute&Attribute=launchPermission&ImageId=emi-1") {
		t.Errorf("got %+v, asked %s", got, asked)
	}
}

// TestAttributeNotChanged: clouds before Eucalyptus 3.0 say false instead of
// failing.
func TestAttributeNotChanged(t *testing.T) {
	for command, args := range map[string][]string{
		"modify-image-attribute": {"-l", "-a", "all", "emi-1"}, "reset-image-attribute": {"-l", "emi-1"},
	} {
		got, _ := answering(t, cli.Native, "<return>false</return>", append([]string{command}, args...)...)
		if got.Code != 1 || got.Stdout != "" || !strings.Contains(got.Stderr, "emi-1: the cloud did not") {
			t.Errorf("%s: got %+v, want code 1", command, got)
		}
	}
}

func TestAttributeMistakes(t *testing.T) {
	clitest.Refuse(t, Commands, "describe-image-attribute", []clitest.Mistake{
		{Args: []string{"emi-1"}, Code: 2, Stderr: "one of the arguments -l/--launch-permission -p/--product-codes -B/--block-device-mapping --kernel --ramdisk --description is required"},
		{Args: []string{"emi-1", "-l", "--kernel"}, Code: 2, Stderr: "argument --kernel: not allowed with argument -l/--launch-permission"},
		{Args: []string{"-l"}, Code: 2, Stderr: "missing argument: IMAGE"},
	})
	clitest.Refuse(t, Commands, "modify-image-attribute", []clitest.Mistake{
		{Args: []string{"emi-1"}, Code: 2, Stderr: "one of the arguments --description -p/--product-code -l/--launch-permission is required"},
		{Args: []string{"emi-1", "-l"}, Code: 2, Stderr: "at least one entity must be specified with -a/--add or -r/--remove"},
		{Args: []string{"emi-1", "-p", "PC", "-a", "all"}, Code: 2, Stderr: "argument -a/--add may only be used with -l/--launch-permission"},
		{Args: []string{"emi-1", "-p", "PC", "-r", "all"}, Code: 2, Stderr: "argument -r/--remove may only be used with -l/--launch-permission"},
		{Args: []string{"emi-1", "-p", "PC", "-l", "-a", "all"}, Code: 2, Stderr: "argument -l/--launch-permission: not allowed with argument -p/--product-code"},
	})
	clitest.Refuse(t, Commands, "reset-image-attribute", []clitest.Mistake{
		{Args: []string{"emi-1"}, Code: 2, Stderr: "argument -l/--launch-permission is required"},
		{Args: []string{"emi-1", "emi-2", "-l"}, Code: 2, Stderr: "unexpected argument: emi-2"},
	})
}

// TestUnverifiedImageIsSeen in every form.
func TestUnverifiedImageIsSeen(t *testing.T) {
	const answer = "<imagesSet><item><imageId>emi-1</imageId><imageLocation>b/x</imageLocation><tagSet><item>" +
		"<key>emikit:signature</key><value>unverified</value></item></tagSet></item></imagesSet>"
	for form, want := range map[string]string{
		"text": "\nTAG\timage\temi-1\temikit:signature\tunverified\n", "table": "emikit:signature=unverified\n", "json": `"Value": "unverified"`,
	} {
		got, _ := answering(t, cli.Native, answer, "describe-images", "emi-1", "--output", form)
		if !strings.Contains(got.Stdout, want) {
			t.Errorf("%s: got %+v, want %q in it", form, got, want)
		}
	}
}
