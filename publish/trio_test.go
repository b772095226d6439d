package publish_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/ec2"
	"emikit/publish"
)

// publishers is a cloud whose images can be changed.
type publishers struct {
	images
	changed []ec2.ModifyImageAttributeRequest
}

func (c *publishers) ModifyImageAttribute(_ context.Context, in *ec2.ModifyImageAttributeRequest) (*ec2.ReturnResponse, error) {
	c.changed = append(c.changed, *in)
	return &ec2.ReturnResponse{Return: true}, c.refusal
}

func publishRequest(t *testing.T, b *bucket, cloud publish.Publisher) publish.PublishRequest {
	t.Helper()
	return publish.PublishRequest{InstallRequest: publish.InstallRequest{UploadRequest: uploadRequest(t, b, 5000)}, Client: cloud}
}

const location = "bkt/disk.img.manifest.xml"

func TestPublish(t *testing.T) {
	for name, c := range map[string]struct {
		there     []ec2.Image
		allow     bool
		id        string // "": refused
		existed   bool
		registers int
	}{
		"new":                   {id: "emi-1", registers: 1},
		"other places":          {there: []ec2.Image{{ID: "emi-0", Location: "bkt/x/disk.img.manifest.xml", State: ec2.ImageAvailable}}, id: "emi-1", registers: 1},
		"failed before":         {there: []ec2.Image{{ID: "emi-0", Location: location, State: ec2.ImageFailed}}, id: "emi-1", registers: 1},
		"there":                 {there: []ec2.Image{{ID: "emi-0", Location: location, State: ec2.ImageAvailable}}},
		"there, and allowed":    {there: []ec2.Image{{ID: "emi-0", Location: location, State: ec2.ImageAvailable}}, allow: true, id: "emi-0", existed: true},
		"coming, and allowed":   {there: []ec2.Image{{ID: "emi-0", Location: location, State: ec2.ImagePending}}, allow: true, id: "emi-0", existed: true},
		"not there but allowed": {allow: true, id: "emi-1", registers: 1},
	} {
		t.Run(name, func(t *testing.T) {
			b, cloud := newBucket(t), &publishers{images: images{there: c.there}}
			r := publishRequest(t, b, cloud)
			r.AllowExisting, r.Launch = c.allow, []string{"all", "123456789012"}
			got, err := publish.Publish(t.Context(), r)
			if refused, ok := errors.AsType[*publish.RegisteredError](err); (c.id == "") != ok || ok && refused.ImageID != "emi-0" {
				t.Fatalf("got %v", err)
			}
			if len(cloud.registered) != c.registers || (len(b.keys()) > 0) != (c.registers > 0) {
				t.Errorf("registered %+v, and in the bucket are %q", cloud.registered, b.keys())
			}
			if c.id == "" {
				return
			}
			if got.ImageID != c.id || got.Location != location || got.Existed != c.existed {
				t.Errorf("got %+v, want %s", got, c.id)
			}
			change := ec2.ModifyImageAttributeRequest{ImageID: c.id}
			change.LaunchPermission.Add = []ec2.LaunchPermission{{Group: "all"}, {UserID: "123456789012"}}
			if diff := cmp.Diff([]ec2.ModifyImageAttributeRequest{change}, cloud.changed); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPublishTrio(t *testing.T) {
	cloud := &publishers{}
	request := func(image string) publish.PublishRequest {
		r := publish.PublishRequest{Client: cloud}
		r.Image = image
		return r
	}
	refused := errors.New("refused")
	var done []string
	kernel, ramdisk := request("vmlinuz"), request("initrd")
	r := publish.TrioRequest{Kernel: &kernel, Ramdisk: &ramdisk, Image: request("disk.img")}
	r.Publish = func(_ context.Context, r publish.PublishRequest) (publish.Published, error) {
		done = append(done, r.Image+" "+r.KernelID+" "+r.RamdiskID)
		if len(done) == 6 {
			return publish.Published{}, refused
		}
		return publish.Published{ImageID: map[string]string{"vmlinuz": "eki-1", "initrd": "eri-1", "disk.img": "emi-1"}[r.Image]}, nil
	}
	all, err := publish.PublishTrio(t.Context(), r)
	if err != nil || len(all) != 3 || all[0].ImageID != "eki-1" || all[1].ImageID != "eri-1" || all[2].ImageID != "emi-1" {
		t.Errorf("got %+v, %v", all, err)
	}
	r.Kernel, r.Image.KernelID = nil, "eki-9"
	if all, err = publish.PublishTrio(t.Context(), r); err != nil || len(all) != 2 {
		t.Errorf("without a kernel file: got %+v, %v", all, err)
	}
	if all, err = publish.PublishTrio(t.Context(), r); !errors.Is(err, refused) || len(all) != 0 {
		t.Errorf("refused: got %+v, %v", all, err)
	}
	cloud.there = []ec2.Image{{ID: "emi-0", Location: "/disk.img.manifest.xml", State: ec2.ImageAvailable}}
	if _, err = publish.PublishTrio(t.Context(), r); err == nil {
		t.Error("there already: got no error")
	}
	want := []string{"vmlinuz  ", "initrd  ", "disk.img eki-1 eri-1", "initrd  ", "disk.img eki-9 eri-1", "initrd  "}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Errorf("in order (-want +got):\n%s", diff)
	}
}
