package instances

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
)

// TestRunParameters has what euca2ools 3.4.1 sends, read off their source: these
// options are in no recorded exchange.
func TestRunParameters(t *testing.T) {
	const first = "NetworkInterface.1."
	for name, c := range map[string]struct {
		args []string
		want map[string]string // besides what every request has
	}{
		"placement": {
			[]string{"--placement-group", "near", "--tenancy", "dedicated", "-p", "arn:aws:iam::1:instance-profile/x", "--ebs-optimized"},
			map[string]string{"Placement.GroupName": "near", "Placement.Tenancy": "dedicated",
				"IamInstanceProfile.Arn": "arn:aws:iam::1:instance-profile/x", "EbsOptimized": "true"},
		},
		"counts in either order": {[]string{"-n", "3-1"}, map[string]string{"MaxCount": "3"}},
		"secondary addresses": {
			[]string{"-s", "subnet-1", "--secondary-address", "10.0.0.7", "--secondary-private-ip-address", "10.0.0.8"},
			map[string]string{first + "DeviceIndex": "0", first + "SubnetId": "subnet-1",
				first + "PrivateIpAddresses.1.PrivateIpAddress": "10.0.0.7", first + "PrivateIpAddresses.2.PrivateIpAddress": "10.0.0.8"},
		},
		"interface that exists": {
			[]string{"-a", "eni-12345678:1"},
			map[string]string{first + "NetworkInterfaceId": "eni-12345678", first + "DeviceIndex": "1"},
		},
		"new interface, and one of the options": {
			[]string{"-a", ":1:subnet-1:second:10.0.0.9:sg-1,sg-2:true:2", "--secondary-count", "3"},
			map[string]string{first + "DeviceIndex": "1", first + "SubnetId": "subnet-1", first + "Description": "second",
				first + "PrivateIpAddresses.1.Primary": "true", first + "PrivateIpAddresses.1.PrivateIpAddress": "10.0.0.9",
				first + "SecurityGroupId.1": "sg-1", first + "SecurityGroupId.2": "sg-2", first + "DeleteOnTermination": "true",
				first + "SecondaryPrivateIpAddressCount":            "2",
				"NetworkInterface.2.DeviceIndex":                    "0",
				"NetworkInterface.2.SecondaryPrivateIpAddressCount": "3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tape := clitest.Play(t, clitest.Case(t, "run-instances"))
			got := clitest.Run(t, Commands, cli.Euca, tape.Env, append([]string{"run-instances", "emi-1"}, c.args...)...)
			want := map[string]string{"Action": "RunInstances", "Version": "2015-10-01", "ImageId": "emi-1", "MinCount": "1", "MaxCount": "1"}
			maps.Copy(want, c.want)
			if diff := cmp.Diff([]map[string]string{want}, tape.Forms()); got.Code != 0 || diff != "" {
				t.Errorf("got %+v; parameters (-want +got):\n%s", got, diff)
			}
		})
	}
}
