package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/ec2"
)

func TestRecords(t *testing.T) {
	var b strings.Builder
	records := NewRecords(&b, false)
	records.Add("TAG", "a\tb\nc\x1b[31m\u009b\xff", "ä", "")
	NewRecords(&b, true).Add("TAG", "", "x")
	if want := "TAG\ta?b?c?[31m??\tä\t\nTAG\t(nil)\tx\n"; b.String() != want || records.Err() != nil {
		t.Errorf("got %q, %v, want %q", b.String(), records.Err(), want)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestRecordsError(t *testing.T) {
	records := NewRecords(fullDisk{}, false)
	records.Add("a")
	records.Add("b")
	if err := records.Err(); err == nil || err.Error() != "no space left" {
		t.Errorf("got %v, want no space left", err)
	}
}

func TestFilters(t *testing.T) {
	var got Filters
	for _, text := range []string{"tag:Name=a=b", "state=x", "state=y", "empty="} {
		if err := got.Set(text); err != nil {
			t.Error(err)
		}
	}
	want := Filters{
		{Name: "tag:Name", Values: []string{"a=b"}},
		{Name: "state", Values: []string{"x", "y"}},
		{Name: "empty", Values: []string{""}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, text := range []string{"", "name", "=x"} {
		if err := got.Set(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestBlockDevices(t *testing.T) {
	no := false
	cases := map[string]ec2.BlockDeviceRequest{
		"/dev/sdb=ephemeral0":              {DeviceName: "/dev/sdb", VirtualName: "ephemeral0"},
		"/dev/sdb=none":                    {DeviceName: "/dev/sdb", NoDevice: "true"},
		"/dev/sdc=snap-1":                  {DeviceName: "/dev/sdc", EBS: ec2.EBSRequest{SnapshotID: "snap-1"}},
		"/dev/sdc=:5":                      {DeviceName: "/dev/sdc", EBS: ec2.EBSRequest{VolumeSize: 5}},
		"/dev/sdc=snap-1:20:false:io1:300": {DeviceName: "/dev/sdc", EBS: ec2.EBSRequest{SnapshotID: "snap-1", VolumeSize: 20, DeleteOnTermination: &no, VolumeType: "io1", IOPS: 300}},
	}
	for text, want := range cases {
		var got BlockDevices
		if err := got.Set(text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(BlockDevices{want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	for _, text := range []string{"", "sdb", "=x", "sdb=", "sdb=s:-1", "sdb=s:1:maybe", "sdb=s:1:true:io1:x", "sdb=::::::"} {
		var got BlockDevices
		if err := got.Set(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
