package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/images"
	"emikit/cloud/instances"
	"emikit/ec2"
	"emikit/node"
	"emikit/sign"
)

func TestBothSignatures(t *testing.T) {
	c := newCloud(t)
	for _, version := range []int{2, 4} {
		got, err := c.client(t, adminKeys, version).DescribeRegions(t.Context(), &ec2.DescribeRegionsRequest{})
		if err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		want := ec2.List[ec2.Region]{{Name: region, Endpoint: c.URL + path}}
		if diff := cmp.Diff(want, got.Regions); diff != "" {
			t.Errorf("version %d (-want +got):\n%s", version, diff)
		}
		if len(got.RequestID) != 36 {
			t.Errorf("version %d: got request id %q, want a UUID", version, got.RequestID)
		}
	}
}

func TestRegister(t *testing.T) {
	c := newCloud(t)
	got, err := c.client(t, adminKeys, 4).RegisterImage(t.Context(), &ec2.RegisterImageRequest{
		ImageLocation: "b/x.manifest.xml", Name: "n", Description: "d", Architecture: "i386",
		KernelID: "eki-1", RamdiskID: "eri-1", RootDeviceName: "/dev/sda1", VirtualizationType: "hvm",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.ImageID != "emi-F4CB118E" {
		t.Errorf("got %s, want emi-F4CB118E", got.ImageID)
	}
	want := images.Request{Location: "b/x.manifest.xml", Name: "n", Description: "d", Arch: "i386", KernelID: "eki-1", RamdiskID: "eri-1"}
	if diff := cmp.Diff(want, c.images.registered); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestDescribeImages(t *testing.T) {
	c := newCloud(t)
	got, err := c.client(t, adminKeys, 4).DescribeImages(t.Context(), &ec2.DescribeImagesRequest{
		Owners: []string{"self"}, ExecutableBy: []string{"all"}, ImageIDs: []string{"emi-F4CB118E"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := ec2.List[ec2.Image]{
		{
			ID: "emi-F4CB118E", Location: "image-bucket/ttylinux.img.manifest.xml", State: "available", OwnerID: adminAccount,
			OwnerAlias: "admin", Public: true, ProductCodes: ec2.List[ec2.ProductCode]{{Code: "PC1"}}, Architecture: "x86_64",
			Type: "machine", KernelID: "eki-38AC43DC", RamdiskID: "eri-98FE2101", Name: "ttylinux.img",
			RootDeviceType: "instance-store", RootDeviceName: "/dev/sda1", VirtualizationType: "paravirtual",
			BlockDevices: ec2.List[ec2.BlockDevice]{{DeviceName: "sda2", VirtualName: "ephemeral0"}},
			CreationDate: "2026-11-20T21:49:53.000Z",
		},
		{
			ID: "eki-38AC43DC", Location: "kernel-bucket/vmlinuz.manifest.xml", State: "failed", OwnerID: adminAccount,
			OwnerAlias: "admin", Public: true, Architecture: "x86_64", Type: "kernel", Name: "vmlinuz",
			StateReason:    &ec2.StateReason{Code: "Client.ImageImportFailure", Message: "The image cannot be recovered."},
			RootDeviceType: "instance-store", RootDeviceName: "/dev/sda1", VirtualizationType: "paravirtual",
			CreationDate: "2026-11-20T21:49:53.000Z",
		},
	}
	if diff := cmp.Diff(want, got.Images); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	query := images.Query{IDs: []string{"emi-F4CB118E"}, Owners: []string{"self"}, ExecutableBy: []string{"all"}}
	if diff := cmp.Diff(query, c.images.query); diff != "" {
		t.Errorf("query (-want +got):\n%s", diff)
	}
}

func TestRun(t *testing.T) {
	c := newCloud(t)
	got, err := c.client(t, adminKeys, 4).RunInstances(t.Context(), &ec2.RunInstancesRequest{
		ImageID: "emi-F4CB118E", MinCount: 1, MaxCount: 2, KeyName: "admin_key", SecurityGroups: []string{"default"},
		SecurityGroupIDs: []string{"sg-00000001"}, UserData: []byte("#!\x00"), InstanceType: "c1.medium",
		Placement: ec2.PlacementRequest{AvailabilityZone: "cluster1"}, KernelID: "eki-1", RamdiskID: "eri-1",
		Monitoring: ec2.MonitoringRequest{Enabled: true}, ShutdownBehavior: "terminate", AddressingType: "public", ClientToken: "t",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := instances.RunRequest{
		Image: "emi-F4CB118E", Kernel: "eki-1", Ramdisk: "eri-1", Type: "c1.medium", KeyName: "admin_key", Zone: "cluster1",
		ClientToken: "t", Min: 1, Max: 2, Groups: []string{"default", "sg-00000001"}, UserData: []byte("#!\x00"),
	}
	if diff := cmp.Diff(want, c.instances.run); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if got.ID != "r-412F078F" || len(got.Instances) != 2 || got.Instances[0].ClientToken != "t" {
		t.Errorf("got %+v", got.Reservation)
	}
}

func TestDescribeInstances(t *testing.T) {
	c := newCloud(t)
	got, err := c.client(t, adminKeys, 4).DescribeInstances(t.Context(), &ec2.DescribeInstancesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	group := ec2.List[ec2.GroupID]{{ID: "sg-00000001", Name: "default"}}
	optimized := false
	running := ec2.Instance{
		ID: "i-3F170798", ImageID: "emi-F4CB118E", State: ec2.InstanceState{Code: 16, Name: "running"},
		PrivateDNSName: "10.0.2.3", DNSName: "192.168.1.3", PrivateIPAddress: "10.0.2.3", IPAddress: "192.168.1.3",
		KeyName: "admin_key", Type: "m1.small", LaunchTime: "2026-11-20T21:49:53.000Z",
		Placement: ec2.Placement{AvailabilityZone: "cluster1", Tenancy: "default"}, KernelID: "eki-38AC43DC",
		Monitoring: ec2.Monitoring{State: "disabled"}, Groups: group, Architecture: "x86_64",
		RootDeviceType: "instance-store", RootDeviceName: "/dev/sda1", VirtualizationType: "paravirtual",
		EBSOptimized: &optimized,
	}
	ended := running
	ended.ID, ended.LaunchIndex, ended.State = "i-2ECA052C", 1, ec2.InstanceState{Code: 48, Name: "terminated"}
	ended.PrivateDNSName, ended.DNSName, ended.PrivateIPAddress, ended.IPAddress = "", "", "", ""
	ended.Reason = "User requested shutdown."
	ended.StateReason = &ec2.StateReason{Code: "Client.UserInitiatedShutdown", Message: "User requested shutdown."}
	want := ec2.List[ec2.Reservation]{{
		ID: "r-412F078F", OwnerID: adminAccount, Groups: group, Instances: ec2.List[ec2.Instance]{running, ended},
	}}
	if diff := cmp.Diff(want, got.Reservations); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTerminate(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.instances.changes = []instances.Change{
			{ID: "i-1", Previous: instances.StatePending, Current: instances.StateShuttingDown},
			{ID: "i-2", Previous: instances.StateTerminated, Current: instances.StateTerminated},
		}
	})
	got, err := c.client(t, adminKeys, 4).TerminateInstances(t.Context(), &ec2.TerminateInstancesRequest{InstanceIDs: []string{"i-1", "i-2"}})
	if err != nil {
		t.Fatal(err)
	}
	want := ec2.List[ec2.InstanceStateChange]{
		{InstanceID: "i-1", Previous: ec2.InstanceState{Code: 0, Name: "pending"}, Current: ec2.InstanceState{Code: 32, Name: "shutting-down"}},
		{InstanceID: "i-2", Previous: ec2.InstanceState{Code: 48, Name: "terminated"}, Current: ec2.InstanceState{Code: 48, Name: "terminated"}},
	}
	if diff := cmp.Diff(want, got.Instances); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestConsole(t *testing.T) {
	c := newCloud(t, func(c *cloud) {
		c.instances.console = node.Console{Output: []byte("boot\x1b[0m\xff"), Time: launched}
	})
	got, err := c.client(t, adminKeys, 4).GetConsoleOutput(t.Context(), &ec2.GetConsoleOutputRequest{InstanceID: "i-1"})
	if err != nil {
		t.Fatal(err)
	}
	if string(got.Output) != "boot\x1b[0m\xff" || got.Timestamp != "2026-11-20T21:49:53.000Z" || got.InstanceID != "i-1" {
		t.Errorf("got %+v", got)
	}
}

func TestKeyPairs(t *testing.T) {
	c := newCloud(t)
	client := c.client(t, guestKeys, 4)
	made, err := client.CreateKeyPair(t.Context(), &ec2.CreateKeyPairRequest{KeyName: "k"})
	if err != nil || !strings.HasPrefix(made.KeyMaterial, "-----BEGIN RSA PRIVATE KEY-----\n") {
		t.Fatalf("got %v, %v, want a key", made, err)
	}
	_, err = client.CreateKeyPair(t.Context(), &ec2.CreateKeyPairRequest{KeyName: "k"})
	wantCode(t, err, "InvalidKeyPair.Duplicate", 400)
	if _, err = client.DeleteKeyPair(t.Context(), &ec2.DeleteKeyPairRequest{KeyName: "k"}); err != nil {
		t.Fatal(err)
	}
	_, err = client.DescribeKeyPairs(t.Context(), &ec2.DescribeKeyPairsRequest{KeyNames: []string{"k"}})
	wantCode(t, err, "InvalidKeyPair.NotFound", 400)
}

func TestZones(t *testing.T) {
	c := newCloud(t)
	zone := ec2.AvailabilityZone{Name: "cluster1", State: "available", Region: region}
	row := func(name, state string) ec2.AvailabilityZone {
		return ec2.AvailabilityZone{Name: name, State: state, Region: region}
	}
	report := ec2.List[ec2.AvailabilityZone]{
		zone,
		row("|- vm types", "free / max   cpu   ram  disk"),
		row("|- m1.small", "0004 / 0008   1    128     2"),
		row("|- node1", "127.0.0.1 up mock instances=2 cores=30/32 memory=3840/4096MB disk=96/100GB @ 2026-11-20T21:49:53.000Z"),
		row("|- node2", "down: connection refused"),
	}
	cases := []struct {
		name  string
		keys  sign.Credentials
		zones []string
		want  ec2.List[ec2.AvailabilityZone]
	}{
		{"plain", adminKeys, nil, ec2.List[ec2.AvailabilityZone]{zone}},
		{"by name", guestKeys, []string{"cluster1"}, ec2.List[ec2.AvailabilityZone]{zone}},
		{"report to an administrator", adminKeys, []string{"verbose"}, report},
		{"no report to others", guestKeys, []string{"verbose"}, ec2.List[ec2.AvailabilityZone]{zone}},
	}
	for _, tc := range cases {
		got, err := c.client(t, tc.keys, 4).DescribeAvailabilityZones(t.Context(), &ec2.DescribeAvailabilityZonesRequest{ZoneNames: tc.zones})
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		if diff := cmp.Diff(tc.want, got.Zones); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, diff)
		}
	}
	_, err := c.client(t, adminKeys, 4).DescribeAvailabilityZones(t.Context(), &ec2.DescribeAvailabilityZonesRequest{ZoneNames: []string{"nowhere"}})
	wantCode(t, err, "InvalidParameterValue", 400)
}

func TestMetadata(t *testing.T) {
	c := newCloud(t)
	ask := func(keys sign.Credentials, path string) (string, error) {
		got, err := c.client(t, keys, 4).GetInstanceMetadata(t.Context(), &ec2.GetInstanceMetadataRequest{InstanceID: "i-1", Path: path})
		if err != nil {
			return "", err
		}
		return string(got.Body), nil
	}
	if got, err := ask(adminKeys, "/latest/meta-data/ami-id"); err != nil || got != "emi-F4CB118E" {
		t.Errorf("got %q, %v, want emi-F4CB118E", got, err)
	}
	_, err := ask(adminKeys, "/latest/bogus")
	wantCode(t, err, "InvalidParameterValue", 400)
	_, err = ask(guestKeys, "/latest/meta-data/ami-id")
	wantCode(t, err, "InvalidInstanceID.NotFound", 400)
}

func wantCode(t *testing.T, err error, code string, status int) {
	t.Helper()
	var got *ec2.Error
	if !errors.As(err, &got) || got.Code != code || got.Status != status {
		t.Errorf("got error %v, want %s with status %d", err, code, status)
		return
	}
	if got.RequestID == "" || got.Message == "" {
		t.Errorf("%s: got message %q and request id %q, want both", code, got.Message, got.RequestID)
	}
}

func TestBadCredentials(t *testing.T) {
	c := newCloud(t)
	for _, version := range []int{2, 4} {
		wrong := sign.Credentials{AccessKey: adminKeys.AccessKey, SecretKey: "wrong"}
		nobody := sign.Credentials{AccessKey: "AKINOBODY", SecretKey: "x"}
		for _, keys := range []sign.Credentials{wrong, nobody} {
			_, err := c.client(t, keys, version).DescribeRegions(t.Context(), &ec2.DescribeRegionsRequest{})
			var got *ec2.Error
			if !errors.As(err, &got) || got.Status < 400 || got.Status > 403 {
				t.Errorf("version %d, %s: got error %v, want a refusal", version, keys.AccessKey, err)
			}
			if err != nil && strings.Contains(err.Error(), adminKeys.SecretKey) {
				t.Errorf("the error shows the secret: %v", err)
			}
		}
	}
}

// TestErrorCodes has a service fail in every way that the table knows.
func TestErrorCodes(t *testing.T) {
	for _, c := range codes {
		got := errorFor(errors.Join(errors.New("emi-1"), c.condition))
		if got.Code != c.code || got.Status != c.status || !strings.Contains(got.Message, c.condition.Error()) {
			t.Errorf("%v: got %+v, want %s with status %d and the text", c.condition, got, c.code, c.status)
		}
	}
	c := newCloud(t, func(c *cloud) { c.images.err = errors.New("disk I/O error in /secret/path") })
	_, err := c.client(t, adminKeys, 4).RegisterImage(t.Context(), &ec2.RegisterImageRequest{ImageLocation: "b/m"})
	wantCode(t, err, "InternalError", http.StatusInternalServerError)
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("%v tells the client what is inside", err)
	}
}
