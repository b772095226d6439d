package register

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"emikit/ec2"
)

// fakeCloud gives the image one state after the other, the last one for good.
// "" stands for an image that is not listed, "error" for a refusal.
type fakeCloud struct {
	asked  ec2.RegisterImageRequest
	states []string
	reason *ec2.StateReason
	looks  []time.Time
	err    error
}

func (f *fakeCloud) RegisterImage(_ context.Context, in *ec2.RegisterImageRequest) (*ec2.RegisterImageResponse, error) {
	f.asked = *in
	return &ec2.RegisterImageResponse{ImageID: "emi-1"}, f.err
}

func (f *fakeCloud) DescribeImages(_ context.Context, in *ec2.DescribeImagesRequest) (*ec2.DescribeImagesResponse, error) {
	state := f.states[min(len(f.looks), len(f.states)-1)]
	f.looks = append(f.looks, time.Now())
	switch state {
	case "":
		return &ec2.DescribeImagesResponse{}, nil
	case "error":
		return nil, f.err
	}
	return &ec2.DescribeImagesResponse{Images: ec2.List[ec2.Image]{{ID: in.ImageIDs[0], State: state, StateReason: f.reason}}}, nil
}

func TestRegister(t *testing.T) {
	cloud := &fakeCloud{}
	id, err := Register(t.Context(), cloud, ec2.RegisterImageRequest{ImageLocation: "/b/p/x.manifest.xml", Name: "n"})
	if err != nil || id != "emi-1" {
		t.Fatalf("got %q, %v, want emi-1", id, err)
	}
	if cloud.asked.ImageLocation != "b/p/x.manifest.xml" || cloud.asked.Name != "n" {
		t.Errorf("got request %+v", cloud.asked)
	}
}

func TestRegisterSnapshot(t *testing.T) {
	cloud := &fakeCloud{}
	devices := []ec2.BlockDeviceRequest{{DeviceName: "/dev/sda1", EBS: ec2.EBSRequest{SnapshotID: "snap-1"}}}
	if _, err := Register(t.Context(), cloud, ec2.RegisterImageRequest{BlockDevices: devices}); err != nil {
		t.Fatal(err)
	}
}

func TestRegisterRefusesLocation(t *testing.T) {
	for _, location := range []string{"", "bucket", "bucket/", "/bucket", "bucket/prefix/", "http://host/bucket/x", "s3://bucket/x"} {
		_, err := Register(t.Context(), &fakeCloud{}, ec2.RegisterImageRequest{ImageLocation: location})
		var bad *LocationError
		if !errors.As(err, &bad) || bad.Hint() == "" {
			t.Errorf("%q: got error %v, want a LocationError with a hint", location, err)
		}
	}
}

func TestRegisterError(t *testing.T) {
	cloud := &fakeCloud{err: &ec2.Error{Code: "InvalidManifest", Message: "no such object"}}
	_, err := Register(t.Context(), cloud, ec2.RegisterImageRequest{ImageLocation: "b/x"})
	if want := "register b/x: InvalidManifest: no such object"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestWait(t *testing.T) {
	cases := []struct {
		name   string
		states []string
		want   string // error, empty: available
		looks  int
	}{
		{"at once", []string{"available"}, "", 1},
		{"after a while", []string{"", "pending", "pending", "available"}, "", 4},
		{"failed", []string{"pending", "failed"}, "emi-1: failed: part 3 is missing", 2},
		{"deregistered", []string{"deregistered"}, "emi-1: deregistered: part 3 is missing", 1},
		{"never seen", []string{""}, "emi-1: the cloud does not know it", unseenLooks},
		{"refused", []string{"error"}, "wait for emi-1: AuthFailure", 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := &fakeCloud{states: c.states, reason: &ec2.StateReason{Message: "part 3 is missing"}, err: &ec2.Error{Code: "AuthFailure"}}
				image, err := Wait(t.Context(), cloud, "emi-1")
				got := ""
				if err != nil {
					got = err.Error()
				} else if image.State != ec2.ImageAvailable {
					t.Errorf("got state %s, want available", image.State)
				}
				if got != c.want || len(cloud.looks) != c.looks {
					t.Errorf("got error %q after %d looks, want %q after %d", got, len(cloud.looks), c.want, c.looks)
				}
			})
		})
	}
}

func TestWaitBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gaveUp := errors.New("gave up")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, gaveUp)
		defer cancel()
		cloud := &fakeCloud{states: []string{"pending"}}
		if _, err := Wait(ctx, cloud, "emi-1"); !errors.Is(err, gaveUp) {
			t.Errorf("got error %v, want %v", err, gaveUp)
		}
		want := firstPause
		for i := 1; i < len(cloud.looks); i++ {
			if got := cloud.looks[i].Sub(cloud.looks[i-1]); got != want {
				t.Errorf("pause %d: got %v, want %v", i, got, want)
			}
			want = min(2*want, maxPause)
		}
	})
}

func TestNotFoundIsNotYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := &fakeCloud{states: []string{"error", "available"}, err: &ec2.Error{Code: "InvalidAMIID.NotFound"}}
		if _, err := Wait(t.Context(), cloud, "emi-1"); err != nil {
			t.Error(err)
		}
	})
}

func TestIsPending(t *testing.T) {
	for state, want := range map[string]bool{"pending": true, "available": false, "failed": false, "": false, "error": false} {
		cloud := &fakeCloud{states: []string{state}, err: &ec2.Error{Code: "AuthFailure"}}
		if got := IsPending(t.Context(), cloud, "emi-1"); got != want || len(cloud.looks) != 1 {
			t.Errorf("%q: got %t after %d looks, want %t after one", state, got, len(cloud.looks), want)
		}
	}
}
