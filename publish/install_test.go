package publish_test

import (
	"context"
	"errors"
	"testing"

	"emikit/ec2"
	"emikit/publish"
)

// images is a cloud with some images of its user's, which knows no filters.
type images struct {
	there      []ec2.Image
	registered []ec2.RegisterImageRequest
	refusal    error
}

func (c *images) DescribeImages(context.Context, *ec2.DescribeImagesRequest) (*ec2.DescribeImagesResponse, error) {
	return &ec2.DescribeImagesResponse{Images: c.there}, nil
}

func (c *images) RegisterImage(_ context.Context, in *ec2.RegisterImageRequest) (*ec2.RegisterImageResponse, error) {
	c.registered = append(c.registered, *in)
	return &ec2.RegisterImageResponse{ImageID: "emi-1"}, c.refusal
}

func TestInstallImage(t *testing.T) {
	b, cloud := newBucket(t), &images{there: []ec2.Image{{ID: "emi-0", Name: "other"}}}
	r := publish.InstallRequest{
		UploadRequest: uploadRequest(t, b, 5000), Client: cloud,
		Registration: ec2.RegisterImageRequest{Name: "web-1", Description: "the web server"},
	}
	result, err := publish.InstallImage(t.Context(), r)
	if err != nil || result.ImageID != "emi-1" {
		t.Fatalf("got %q, %v, want emi-1", result.ImageID, err)
	}
	in := cloud.registered[0]
	if in.ImageLocation != "bkt/disk.img.manifest.xml" || in.Name != "web-1" || in.Architecture != "x86_64" || in.Description != "the web server" {
		t.Errorf("registered %+v", in)
	}
}

// TestInstallImageNameInUse: nothing is sent.
func TestInstallImageNameInUse(t *testing.T) {
	b, cloud := newBucket(t), &images{there: []ec2.Image{{ID: "emi-0", Name: "web-1"}}}
	r := publish.InstallRequest{
		UploadRequest: uploadRequest(t, b, 5000), Client: cloud, Registration: ec2.RegisterImageRequest{Name: "web-1"},
	}
	if _, err := publish.InstallImage(t.Context(), r); !errors.Is(err, publish.ErrNameInUse) || len(b.requests) > 0 {
		t.Errorf("got %v and the requests %q, want ErrNameInUse and none", err, b.requests)
	}
}

// TestInstallImageUnregistered: the bundle stays, and the error says where.
func TestInstallImageUnregistered(t *testing.T) {
	b, refused := newBucket(t), errors.New("no more images")
	r := publish.InstallRequest{UploadRequest: uploadRequest(t, b, 5000), Client: &images{refusal: refused}}
	_, err := publish.InstallImage(t.Context(), r)
	failed, ok := errors.AsType[*publish.UnregisteredError](err)
	if !ok || failed.Location != "bkt/disk.img.manifest.xml" || !errors.Is(err, refused) {
		t.Errorf("got %v, want an UnregisteredError", err)
	}
	if len(b.keys()) == 0 {
		t.Error("the bundle is gone")
	}
}
