package register

import (
	"context"
	"errors"
	"slices"
	"testing"

	"emikit/ec2"
)

// fakeRegion lists images. One that does not have an image answers like Amazon, or
// with an empty list.
type fakeRegion struct {
	images []ec2.Image
	polite bool
	err    error
}

func (f *fakeRegion) DescribeImages(_ context.Context, in *ec2.DescribeImagesRequest) (*ec2.DescribeImagesResponse, error) {
	var out ec2.DescribeImagesResponse
	for _, image := range f.images {
		if slices.Contains(in.ImageIDs, image.ID) || slices.Contains(in.Owners, image.OwnerID) {
			out.Images = append(out.Images, image)
		}
	}
	if len(in.ImageIDs) > 0 && len(out.Images) == 0 && !f.polite && f.err == nil {
		return nil, &ec2.Error{Code: "InvalidAMIID.NotFound"}
	}
	return &out, f.err
}

func kernel(id, owner, location string) ec2.Image {
	return ec2.Image{ID: id, OwnerID: owner, Location: location, Type: "kernel"}
}

func TestCounterpart(t *testing.T) {
	here := &fakeRegion{images: []ec2.Image{
		kernel("aki-1", "amazon", "east-images/v/vmlinuz.manifest.xml"),
		kernel("aki-2", "amazon", "east-images/only-here.manifest.xml"),
		kernel("aki-3", "bob", "bobs/k.manifest.xml"),
	}}
	there := &fakeRegion{images: []ec2.Image{
		kernel("aki-b", "amazon", "west-images/v/vmlinuz.manifest.xml"),
		kernel("aki-a", "amazon", "copies/v/vmlinuz.manifest.xml"),
		kernel("aki-0", "mallory", "west-images/v/vmlinuz.manifest.xml"),
		{ID: "ari-0", OwnerID: "amazon", Type: "ramdisk", Location: "west-images/v/vmlinuz.manifest.xml"},
		kernel("aki-z", "mallory", "bobs/k.manifest.xml"),
	}}
	for _, polite := range []bool{true, false} {
		here.polite, there.polite = polite, polite
		for id, want := range map[string]string{"aki-1": "aki-a", "aki-2": "", "aki-3": "", "aki-9": ""} {
			got, err := Counterpart(t.Context(), here, there, id)
			missing, ok := errors.AsType[*CounterpartError](err)
			if got != want || ok != (want == "") {
				t.Errorf("%s: got %q, %v, want %q", id, got, err, want)
			}
			if ok && (missing.ID != id || missing.Unknown != (id == "aki-9") || missing.Hint() == "") {
				t.Errorf("%s: got %+v", id, missing)
			}
		}
		for id, want := range map[string]bool{"aki-a": true, "aki-1": false} {
			if got, err := Exists(t.Context(), there, id); got != want || err != nil {
				t.Errorf("Exists(%s): got %v, %v, want %v", id, got, err, want)
			}
		}
	}
}

func TestCounterpartFails(t *testing.T) {
	refusal := &ec2.Error{Code: "AuthFailure"}
	good := &fakeRegion{images: []ec2.Image{kernel("aki-1", "amazon", "b/k")}}
	bad := &fakeRegion{images: good.images, err: refusal}
	for name, regions := range map[string][2]*fakeRegion{"here": {bad, good}, "there": {good, bad}} {
		if _, err := Counterpart(t.Context(), regions[0], regions[1], "aki-1"); !errors.Is(err, refusal) {
			t.Errorf("%s: got error %v, want %v", name, err, refusal)
		}
	}
}
