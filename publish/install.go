package publish

import (
	"context"
	"errors"
	"fmt"

	"emikit/ec2"
	"emikit/register"
)

// InstallRequest says what to bundle, into which bucket, and how to register it.
type InstallRequest struct {
	UploadRequest
	// Client is the cloud that registers the image.
	Client register.Client
	// Registration is what the cloud is asked for. Its ImageLocation is filled in, and
	// its Architecture is that of the bundle.
	Registration ec2.RegisterImageRequest
}

// InstallResult says what InstallImage made.
type InstallResult struct {
	BundleResult
	ImageID string
}

// ErrNameInUse: an image of one's own has that name already.
var ErrNameInUse = errors.New("an image of that name exists already")

// InstallImage bundles an image straight into a bucket and registers it. The cloud is
// asked about the image's name before any work. If only the registration fails, the
// bundle stays in the bucket, complete, and the error is an *UnregisteredError. The
// image may still be pending in the end; see register.Wait.
func InstallImage(ctx context.Context, r InstallRequest) (InstallResult, error) {
	if err := r.checkName(ctx); err != nil {
		return InstallResult{}, err
	}
	bundled, err := BundleAndUpload(ctx, r.UploadRequest)
	if err != nil {
		return InstallResult{}, err
	}
	in := r.Registration
	in.ImageLocation, in.Architecture = bundled.ManifestPath, r.Arch
	id, err := register.Register(ctx, r.Client, in)
	if err != nil {
		return InstallResult{}, &UnregisteredError{Location: bundled.ManifestPath, Err: err}
	}
	return InstallResult{bundled, id}, nil
}

// checkName looks for an image of one's own that has the name. The cloud refuses
// it, too, but only when all the work is done. It also shows that the cloud can be
// reached.
func (r InstallRequest) checkName(ctx context.Context) error {
	in := ec2.DescribeImagesRequest{Owners: []string{"self"}}
	name := r.Registration.Name
	if name != "" {
		in.Filters = []ec2.Filter{{Name: "name", Values: []string{name}}}
	}
	out, err := r.Client.DescribeImages(ctx, &in)
	if err != nil {
		return fmt.Errorf("look for images: %w", err)
	}
	for _, image := range out.Images {
		if name != "" && image.Name == name { // a cloud may know no filters
			return fmt.Errorf("%s: %w, as %s", name, ErrNameInUse, image.ID)
		}
	}
	return nil
}

// UnregisteredError says that a bundle was uploaded and could not be registered.
type UnregisteredError struct {
	Location string // of the manifest
	Err      error
}

func (e *UnregisteredError) Error() string { return e.Err.Error() }

func (e *UnregisteredError) Unwrap() error { return e.Err }

// Hint says how to go on.
func (e *UnregisteredError) Hint() string {
	return "the bundle is in the bucket; to try again: register " + e.Location
}
