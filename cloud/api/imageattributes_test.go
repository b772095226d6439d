package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/images"
	"emikit/ec2"
	"emikit/manifest"
)

// TestDescribeImageAttribute compares the whole document, which clients of
// several ages read.
func TestDescribeImageAttribute(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.images.attributes = images.Attributes{
			Image: images.Image{
				ID: "emi-1", Kind: manifest.KindMachine, KernelID: "eki-1", Description: "a <b>", ProductCodes: []string{"PC1", "PC2"},
			},
			Permissions: images.Permissions{Public: true, Accounts: []string{"111122223333"}},
		}
	})
	for attribute, want := range map[string]string{
		"launchPermission": "<launchPermission><item><group>all</group></item><item><userId>111122223333</userId></item></launchPermission>",
		"productCodes":     "<productCodes><item><productCode>PC1</productCode></item><item><productCode>PC2</productCode></item></productCodes>",
		"description":      "<description><value>a &lt;b&gt;</value></description>",
		"kernel":           "<kernel><value>eki-1</value></kernel>",
		"ramdisk":          "<ramdisk></ramdisk>",
		"blockDeviceMapping": "<blockDeviceMapping><item><deviceName>sda1</deviceName><virtualName>emi</virtualName></item>" +
			"<item><deviceName>sda2</deviceName><virtualName>ephemeral0</virtualName></item>" +
			"<item><deviceName>sda3</deviceName><virtualName>swap</virtualName></item>" +
			"<item><deviceName>/dev/sda1</deviceName><virtualName>root</virtualName></item></blockDeviceMapping>",
	} {
		status, body := ask(t, c, http.MethodPost, url.Values{
			"Action": {"DescribeImageAttribute"}, "ImageId": {"EMI-1"}, "Attribute": {attribute}, "Version": {"2008-05-05"},
		})
		want = `<?xml version="1.0" encoding="UTF-8"?><DescribeImageAttributeResponse xmlns="http://ec2.amazonaws.com/doc/2008-05-05/">` +
			"<imageId>emi-1</imageId>" + want + "</DescribeImageAttributeResponse>"
		if status != http.StatusOK || body != want {
			t.Errorf("%s: got %d\n%s\nwant\n%s", attribute, status, body, want)
		}
	}
}

// TestBlockDevicesOfTheBundle come before those that every image has; kernels
// have none.
func TestBlockDevicesOfTheBundle(t *testing.T) {
	mapped := images.Image{Kind: manifest.KindMachine, Mappings: []manifest.Mapping{{Virtual: "ami", Device: "xvda"}}}
	if diff := cmp.Diff(&ec2.List[ec2.BlockDevice]{{DeviceName: "xvda", VirtualName: "ami"}}, blockDevices(mapped)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := blockDevices(images.Image{Kind: manifest.KindKernel}); len(*got) != 0 {
		t.Errorf("of a kernel: got %v, want none", *got)
	}
}

// TestModifyImageAttribute sends what clients of all ages send.
func TestModifyImageAttribute(t *testing.T) {
	cases := []struct{ query, want string }{
		{"Attribute=launchPermission&OperationType=add&UserGroup.1=all&UserId.1=111122223333",
			"permit emi-1 as admin: {Add:{Public:true Accounts:[111122223333]} Remove:{Public:false Accounts:[]}}"},
		{"OperationType=remove&UserId.1=1&UserId.2=2",
			"permit emi-1 as admin: {Add:{Public:false Accounts:[]} Remove:{Public:false Accounts:[1 2]}}"},
		{"LaunchPermission.Add.1.UserId=1&LaunchPermission.Remove.1.Group=all",
			"permit emi-1 as admin: {Add:{Public:false Accounts:[1]} Remove:{Public:true Accounts:[]}}"},
		{"Attribute=launchPermission&LaunchPermission.Add.1.Group=all&LaunchPermission.Add.2.UserId=2",
			"permit emi-1 as admin: {Add:{Public:true Accounts:[2]} Remove:{Public:false Accounts:[]}}"},
		{"Attribute=productCodes&ProductCode.1=PC1&ProductCode.2=PC2", `product codes of emi-1 as admin: ["PC1" "PC2"]`},
		{"OperationType=add&ProductCode.1=PC1", `product codes of emi-1 as admin: ["PC1"]`},
		{"Description.Value=new", `describe emi-1 as admin: "new"`},
		{"Description.Value=", `describe emi-1 as admin: ""`},
		{"Attribute=description&Value=old+form", `describe emi-1 as admin: "old form"`},
	}
	for _, tc := range cases {
		c := newCloud(t)
		status, body := askQuery(t, c, "Action=ModifyImageAttribute&ImageId=emi-1&"+tc.query)
		if status != http.StatusOK || !strings.Contains(body, "<return>true</return>") || !slices.Equal(c.images.changes, []string{tc.want}) {
			t.Errorf("%s: got %d %s and %q, want %q", tc.query, status, body, c.images.changes, tc.want)
		}
	}
}

func TestResetImageAttribute(t *testing.T) {
	c := newCloud(t)
	got, err := c.client(t, guestKeys, 4).ResetImageAttribute(t.Context(),
		&ec2.ResetImageAttributeRequest{ImageID: "emi-1", Attribute: ec2.AttributeLaunchPermission})
	if want := []string{"reset emi-1 as guest"}; err != nil || !got.Return || !slices.Equal(c.images.changes, want) {
		t.Errorf("got %v, %v and %q, want %q", got, err, c.images.changes, want)
	}
}

func TestImageAttributeRefusals(t *testing.T) {
	const modify = "Action=ModifyImageAttribute&ImageId=emi-1&"
	cases := []struct{ query, code, message string }{
		{"Action=DescribeImageAttribute&Attribute=kernel", "MissingParameter", "ImageId"},
		{"Action=DescribeImageAttribute&ImageId=emi-1", "MissingParameter", "Attribute"},
		{"Action=DescribeImageAttribute&ImageId=emi-1&Attribute=bogus", "InvalidParameterValue", "bogus"},
		{"Action=ResetImageAttribute&Attribute=launchPermission", "MissingParameter", "ImageId"},
		{"Action=ResetImageAttribute&ImageId=emi-1", "MissingParameter", "Attribute"},
		{"Action=ResetImageAttribute&ImageId=emi-1&Attribute=kernel", "InvalidParameterValue", "kernel"},
		{"Action=ModifyImageAttribute&Description.Value=x", "MissingParameter", "ImageId"},
		{modify, "InvalidParameterCombination", "No attributes"},
		{modify + "Attribute=bogus", "InvalidParameterValue", "bogus"},
		{modify + "Attribute=kernel&Value=eki-1", "InvalidParameterValue", "cannot be changed"},
		{modify + "Attribute=launchPermission&OperationType=add", "MissingParameter", "launchPermission"},
		{modify + "UserId.1=1", "MissingParameter", "OperationType"},
		{modify + "UserId.1=1&OperationType=set", "InvalidParameterValue", "Value ( set )"},
		{modify + "UserGroup.1=friends&OperationType=add", "InvalidAMIAttributeItemValue", "friends"},
		{modify + "LaunchPermission.Add.1.Group=friends", "InvalidAMIAttributeItemValue", "friends"},
		{modify + "LaunchPermission.Add.1.Group=", "InvalidParameterValue", "LaunchPermission.Add.1"},
		{modify + "LaunchPermission.Add.1.UserId=1&UserId.1=2", "InvalidParameterCombination", "not both"},
		{modify + "LaunchPermission.Add.1.UserId=1&OperationType=remove", "InvalidParameterCombination", "not both"},
		{modify + "UserId.1=1&OperationType=add&ProductCode.1=PC", "InvalidParameterCombination", "launchPermission, productCodes"},
		{modify + "Attribute=productCodes&UserId.1=1&OperationType=add", "InvalidParameterCombination", "productCodes"},
		{modify + "ProductCode.1=PC&OperationType=remove", "InvalidParameterValue", "only be added"},
		{modify + "LaunchPermission.Add.1.Bogus=1", "UnknownParameter", "Bogus"},
		{modify + "Description.Value=x&DryRun=true", "DryRunOperation", ""},
	}
	for _, tc := range cases {
		c := newCloud(t)
		status, body := askQuery(t, c, tc.query)
		got := ec2.ParseError(status, []byte(body))
		if got.Code != tc.code || !strings.Contains(got.Message, tc.message) || len(c.images.changes) > 0 {
			t.Errorf("%s: got %d %v and %q, want %s with %q", tc.query, status, got, c.images.changes, tc.code, tc.message)
		}
	}
	c := newCloud(t, func(c *cloud) { c.images.err = images.ErrNoAccount })
	status, body := askQuery(t, c, modify+"LaunchPermission.Add.1.UserId=1")
	if got := ec2.ParseError(status, []byte(body)); got.Code != "InvalidAMIAttributeItemValue" || status != http.StatusBadRequest {
		t.Errorf("unknown account: got %d %v", status, got)
	}
}

// TestUnverifiedImage is marked by a tag, by which it can be found.
func TestUnverifiedImage(t *testing.T) {
	c := newCloud(t, func(c *cloud) { c.images.all[0].Unverified = true })
	for _, filters := range [][]ec2.Filter{nil, {{Name: "tag:emikit:signature", Values: []string{"unverified"}}}} {
		got, err := c.client(t, guestKeys, 4).DescribeImages(t.Context(), &ec2.DescribeImagesRequest{Filters: filters})
		if err != nil || len(got.Images) == 0 {
			t.Fatalf("filters %v: got %v, %v", filters, got, err)
		}
		want := ec2.List[ec2.Tag]{{Key: "emikit:signature", Value: "unverified"}}
		if diff := cmp.Diff(want, got.Images[0].Tags); diff != "" {
			t.Errorf("filters %v: tags (-want +got):\n%s", filters, diff)
		}
		if len(got.Images) != 2-len(filters) {
			t.Errorf("filters %v: got %d images, want %d", filters, len(got.Images), 2-len(filters))
		}
	}
}

// askQuery sends a request that is written as a query string.
func askQuery(t *testing.T, c *cloud, query string) (int, string) {
	t.Helper()
	form, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return ask(t, c, http.MethodPost, form)
}
