package ec2

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"emikit/sign"
)

const vectors = "testdata/euca2ools"

// tape plays the recorded answers of one case and keeps what was asked.
type tape struct {
	t     *testing.T
	dir   string
	forms []map[string]string
}

func (p *tape) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	flat := map[string]string{}
	for name := range form {
		flat[name] = form.Get(name)
	}
	p.forms = append(p.forms, flat)
	if !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=AKIAAAAAAAAAAAAAAAAA/") {
		p.t.Errorf("Authorization: got %q, want a Version 4 signature", r.Header.Get("Authorization"))
	}
	return p.answer(len(p.forms)), nil
}

func (p *tape) answer(n int) *http.Response {
	path := filepath.Join(p.dir, fmt.Sprintf("response%d", n))
	if _, err := os.Stat(path + ".xml"); err != nil {
		if n == 1 {
			p.t.Fatal(err)
		}
		return p.answer(n - 1)
	}
	code, contentType, _ := strings.Cut(strings.TrimSpace(string(readFile(p.t, path+".status"))), " ")
	status, err := strconv.Atoi(code)
	if err != nil {
		p.t.Fatal(err)
	}
	return &http.Response{
		StatusCode: status,
		Status:     code + " " + http.StatusText(status),
		Header:     http.Header{"Content-Type": {contentType}},
		Body:       io.NopCloser(bytes.NewReader(readFile(p.t, path+".xml"))),
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func recordedForms(t *testing.T, dir string) []map[string]string {
	t.Helper()
	var requests []struct{ Form map[string]string }
	if err := json.Unmarshal(readFile(t, filepath.Join(dir, "requests.json")), &requests); err != nil {
		t.Fatal(err)
	}
	var forms []map[string]string
	for _, r := range requests {
		forms = append(forms, r.Form)
	}
	return forms
}

func newTestClient(t *testing.T, transport http.RoundTripper) *Client {
	t.Helper()
	client, err := NewClient(Config{
		Endpoint:    "http://127.0.0.1:1/services/compute/",
		Region:      "eucalyptus",
		Credentials: sign.Credentials{AccessKey: "AKIAAAAAAAAAAAAAAAAA", SecretKey: "secret"},
		Transport:   transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// action makes a test step of a client method.
func action[Q, R any](method func(*Client, context.Context, *Q) (*R, error), in Q) func(*Client) (any, error) {
	return func(c *Client) (any, error) {
		out, err := method(c, context.Background(), &in)
		return out, err
	}
}

// steps are the calls of one case, by the case's name.
type steps map[string][]func(*Client) (any, error)

// TestReplay sends what euca2ools sent, and reads what it was answered.
func TestReplay(t *testing.T) {
	for _, cases := range []steps{imageSteps(), instanceSteps(), runSteps(t)} {
		for name, calls := range cases {
			t.Run(name, func(t *testing.T) { replay(t, name, calls) })
		}
	}
}

func imageSteps() steps {
	describe := (*Client).DescribeImages
	return steps{
		"deregister": {action((*Client).DeregisterImage, DeregisterImageRequest{ImageID: "emi-3C8A1B2D"})},
		"describe-images": {
			action(describe, DescribeImagesRequest{Owners: []string{"self"}}),
			action(describe, DescribeImagesRequest{ExecutableBy: []string{"self"}}),
		},
		"describe-images-empty-fields": {action(describe, DescribeImagesRequest{})},
		"describe-images-ids": {action(describe, DescribeImagesRequest{
			ImageIDs: []string{"emi-3C8A1B2D", "eki-11112222"},
			Filters:  []Filter{{"image-type", []string{"machine"}}, {"tag:Name", []string{"*"}}},
		})},
		"describe-images-none": {action(describe, DescribeImagesRequest{Owners: []string{"self"}})},
		"register": {action((*Client).RegisterImage, RegisterImageRequest{
			ImageLocation: "bucket/machine.img.manifest.xml", Name: "web server", Description: "a b",
			Architecture: "x86_64", KernelID: "eki-11112222", RamdiskID: "eri-33334444",
			BlockDevices:       []BlockDeviceRequest{{DeviceName: "/dev/sdb", VirtualName: "ephemeral0"}},
			VirtualizationType: "hvm", Platform: "windows",
		})},
		"register-ebs": {action((*Client).RegisterImage, RegisterImageRequest{
			Name: "ebs1", RootDeviceName: "/dev/vda",
			BlockDevices: []BlockDeviceRequest{{DeviceName: "/dev/vda", EBS: EBSRequest{SnapshotID: "snap-0a0a0a0a"}}},
		})},
	}
}

func instanceSteps() steps {
	zones, describe := (*Client).DescribeAvailabilityZones, (*Client).DescribeInstances
	console, terminate := (*Client).GetConsoleOutput, (*Client).TerminateInstances
	return steps{
		"create-keypair":                      {action((*Client).CreateKeyPair, CreateKeyPairRequest{KeyName: "mykey"})},
		"describe-availability-zones":         {action(zones, DescribeAvailabilityZonesRequest{})},
		"describe-availability-zones-verbose": {action(zones, DescribeAvailabilityZonesRequest{ZoneNames: []string{"verbose"}})},
		"error-503-then-ok":                   {action(zones, DescribeAvailabilityZonesRequest{})},
		"describe-instances":                  {action(describe, DescribeInstancesRequest{})},
		"describe-instances-empty-fields":     {action(describe, DescribeInstancesRequest{InstanceIDs: []string{"i-aaaa1111"}})},
		"describe-instances-none": {action(describe, DescribeInstancesRequest{
			Filters: []Filter{{"instance-state-name", []string{"running"}}, {"tag:Name", []string{"foo"}}},
		})},
		"get-console-output":       {action(console, GetConsoleOutputRequest{InstanceID: "i-aaaa1111"})},
		"get-console-output-none":  {action(console, GetConsoleOutputRequest{InstanceID: "i-aaaa1111"})},
		"terminate-instances":      {action(terminate, TerminateInstancesRequest{InstanceIDs: []string{"i-aaaa1111", "i-bbbb2222"}})},
		"terminate-instances-none": {action(terminate, TerminateInstancesRequest{InstanceIDs: []string{"i-aaaa1111"}})},
	}
}

func runSteps(t *testing.T) steps {
	run := (*Client).RunInstances
	yes, no, zero := true, false, 0
	return steps{
		"run-instances": {action(run, RunInstancesRequest{
			ImageID: "emi-3C8A1B2D", MinCount: 1, MaxCount: 1,
		})},
		"run-instances-full": {action(run, RunInstancesRequest{
			ImageID: "emi-3C8A1B2D", MinCount: 1, MaxCount: 3, KeyName: "mykey",
			SecurityGroups: []string{"default"}, SecurityGroupIDs: []string{"sg-22222222"},
			UserData: []byte("#!/bin/sh"), AddressingType: "private", InstanceType: "c1.medium",
			Placement: PlacementRequest{AvailabilityZone: "one"}, KernelID: "eki-11112222", RamdiskID: "eri-33334444",
			BlockDevices: []BlockDeviceRequest{
				{DeviceName: "/dev/sdb", VirtualName: "ephemeral0"},
				{DeviceName: "/dev/sdc", EBS: EBSRequest{
					SnapshotID: "snap-1", VolumeSize: 20, DeleteOnTermination: &no, VolumeType: "io1", IOPS: 300,
				}},
			},
			Monitoring: MonitoringRequest{Enabled: true}, DisableAPITermination: true, ShutdownBehavior: "terminate",
			ClientToken: "abc", InstanceProfile: InstanceProfileRequest{Name: "prof"},
		})},
		"run-instances-udfile": {action(run, RunInstancesRequest{
			ImageID: "emi-3C8A1B2D", MinCount: 2, MaxCount: 2, UserData: readFile(t, vectors+"/run-instances-udfile/ud.txt"),
		})},
		"run-instances-vpc": {action(run, RunInstancesRequest{
			ImageID: "emi-3C8A1B2D", MinCount: 1, MaxCount: 1,
			NetworkInterfaces: []NetworkInterfaceSpec{{
				DeviceIndex: &zero, SubnetID: "subnet-12345678", SecurityGroupIDs: []string{"sg-1"},
				AssociatePublicIPAddress: &yes,
				PrivateIPAddresses:       []PrivateAddressRequest{{Primary: &yes, PrivateIPAddress: "10.1.1.1"}},
			}},
		})},
	}
}

func replay(t *testing.T, name string, calls []func(*Client) (any, error)) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(vectors, name)
		played := &tape{t: t, dir: dir}
		client := newTestClient(t, played)
		for _, call := range calls {
			response, err := call(client)
			if err != nil {
				t.Fatal(err)
			}
			roundTrip(t, response)
		}
		if diff := cmp.Diff(recordedForms(t, dir), played.forms); diff != "" {
			t.Errorf("requests (-recorded +sent):\n%s", diff)
		}
	})
}

// roundTrip checks that the server's side writes what the client's side reads.
func roundTrip(t *testing.T, parsed any) {
	t.Helper()
	const id = "1a2b3c4d-0000-4000-8000-0123456789ab" // of every recorded response
	document, err := MarshalResponse(Envelope{Action: "X"}, id, parsed.(Response))
	if err != nil {
		t.Fatal(err)
	}
	again := newLike(parsed)
	if err := ParseResponse("X", document, again); err != nil {
		t.Fatalf("%v in\n%s", err, document)
	}
	if diff := cmp.Diff(parsed, any(again)); diff != "" {
		t.Errorf("after a round trip (-want +got):\n%s", diff)
	}
}

func TestReplayErrors(t *testing.T) {
	cases := []struct {
		name  string
		want  Error
		tries int
	}{
		{"error-500", Error{Code: "InternalError", Message: "oops", RequestID: "1a2b3c4d", Status: 500}, 3},
		{"error-auth", Error{Code: "AuthFailure", Message: "AWS was not able to validate the provided access credentials", RequestID: "1a2b3c4d", Status: 401}, 1},
		{"error-empty", Error{Code: "400", Message: "Bad Request", RequestID: "", Status: 400}, 1},
		{"error-plain", Error{Code: "403", Message: "Forbidden by proxy", RequestID: "", Status: 403}, 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				played := &tape{t: t, dir: filepath.Join(vectors, c.name)}
				_, err := newTestClient(t, played).DescribeImages(t.Context(), &DescribeImagesRequest{})
				var got *Error
				if !errors.As(err, &got) || *got != c.want {
					t.Errorf("got error %v, want %v", err, &c.want)
				}
				if len(played.forms) != c.tries {
					t.Errorf("got %d tries, want %d", len(played.forms), c.tries)
				}
			})
		})
	}
}

func TestReplayNotXML(t *testing.T) {
	played := &tape{t: t, dir: filepath.Join(vectors, "error-notxml")}
	_, err := newTestClient(t, played).DescribeImages(t.Context(), &DescribeImagesRequest{})
	if !errors.Is(err, ErrNotResponse) {
		t.Errorf("got error %v, want %v", err, ErrNotResponse)
	}
}
