package api

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/instances"
)

func TestDescribeInstanceAttribute(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		in := &c.instances.all[0].Instances[0]
		in.UserData, in.Protected, in.ProductCodes = []byte("some data"), true, []string{"PC1"}
	})
	for attribute, want := range map[string]string{
		"disableApiTermination":             "<disableApiTermination><value>true</value></disableApiTermination>",
		"ebsOptimized":                      "<ebsOptimized><value>false</value></ebsOptimized>",
		"groupSet":                          "<groupSet><item><groupId>sg-00000001</groupId><groupName>default</groupName></item></groupSet>",
		"instanceInitiatedShutdownBehavior": "<instanceInitiatedShutdownBehavior><value>terminate</value></instanceInitiatedShutdownBehavior>",
		"instanceType":                      "<instanceType><value>m1.small</value></instanceType>",
		"kernel":                            "<kernel><value>eki-38AC43DC</value></kernel>",
		"ramdisk":                           "<ramdisk></ramdisk>",
		"productCodes":                      "<productCodes><item><productCode>PC1</productCode></item></productCodes>",
		"rootDeviceName":                    "<rootDeviceName><value>/dev/sda1</value></rootDeviceName>",
		"sourceDestCheck":                   "<sourceDestCheck><value>true</value></sourceDestCheck>",
		"userData":                          "<userData><value>c29tZSBkYXRh</value></userData>",
		"blockDeviceMapping":                "<blockDeviceMapping></blockDeviceMapping>",
	} {
		got := answered(t, c, "Action=DescribeInstanceAttribute&InstanceId=i-3F170798&Attribute="+attribute)
		if !strings.Contains(got, "<instanceId>i-3F170798</instanceId>"+want+"</") {
			t.Errorf("%s: got %s, want %s alone", attribute, got, want)
		}
	}
	refusedWith(t, c, "Action=DescribeInstanceAttribute&InstanceId=i-3F170798&Attribute=colour", "InvalidParameterValue")
	refusedWith(t, c, "Action=DescribeInstanceAttribute&InstanceId=i-3F170798", "MissingParameter")
	refusedWith(t, c, "Action=DescribeInstanceAttribute&InstanceId=i-00000000&Attribute=kernel", "InvalidInstanceID.NotFound")
}

func TestModifyInstanceAttribute(t *testing.T) {
	for form, want := range map[string]instances.Modification{
		"DisableApiTermination.Value=true":                  {Protected: new(true)},
		"Attribute=disableApiTermination&Value=False":       {Protected: new(false)},
		"InstanceType.Value=c1.medium":                      {Type: new("c1.medium")},
		"Attribute=instanceType&Value=c1.medium":            {Type: new("c1.medium")},
		"UserData.Value=AG5ldw%3D%3D":                       {UserData: new([]byte("\x00new"))},
		"Kernel.Value=eki-1":                                {Kernel: new("eki-1")},
		"Attribute=ramdisk&Value=eri-1":                     {Ramdisk: new("eri-1")},
		"Attribute=userData&Value=":                         {UserData: new([]byte{})},
		"InstanceInitiatedShutdownBehavior.Value=terminate": {}, // it does anyway
		"EbsOptimized.Value=false":                          {},
	} {
		c := newCloud(t)
		answered(t, c, "Action=ModifyInstanceAttribute&InstanceId=i-3F170798&"+form)
		if diff := cmp.Diff(want, c.instances.modified); diff != "" {
			t.Errorf("%s (-want +got):\n%s", form, diff)
		}
	}
	c := newCloud(t)
	for form, code := range map[string]string{
		"":                           "InvalidParameterCombination",
		"Attribute=kernel":           "MissingParameter",
		"Attribute=colour&Value=x":   "InvalidParameterValue",
		"Attribute=groupSet&Value=x": "InvalidParameterValue",
		"Attribute=disableApiTermination&Value=maybe":  "InvalidParameterValue",
		"UserData.Value=%25%25":                        "InvalidParameterValue",
		"InstanceType.Value=x&UserData.Value=":         "InvalidParameterCombination",
		"Attribute=userData&InstanceType.Value=x":      "InvalidParameterCombination",
		"GroupId.1=sg-1":                               "InvalidParameterCombination",
		"SourceDestCheck.Value=false":                  "InvalidParameterCombination",
		"Kernel.Value=":                                "InvalidParameterValue",
		"Attribute=ramdisk&Value=":                     "InvalidParameterValue",
		"EbsOptimized.Value=true":                      "UnsupportedOperation",
		"InstanceInitiatedShutdownBehavior.Value=stop": "UnsupportedOperation",
		"BlockDeviceMapping.1.DeviceName=x":            "UnsupportedOperation",
		"EnaSupport.Value=true":                        "UnsupportedOperation",
		"Colour.Value=true":                            "UnknownParameter",
	} {
		refusedWith(t, c, "Action=ModifyInstanceAttribute&InstanceId=i-3F170798&"+form, code)
	}
	if diff := cmp.Diff(instances.Modification{}, c.instances.modified); diff != "" {
		t.Errorf("changed by what was refused:\n%s", diff)
	}
}
