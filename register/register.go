package register

import (
	"context"
	"fmt"
	"strings"

	"emikit/ec2"
)

// Client is the part of *ec2.Client that registering needs.
type Client interface {
	RegisterImage(ctx context.Context, in *ec2.RegisterImageRequest) (*ec2.RegisterImageResponse, error)
	DescribeImages(ctx context.Context, in *ec2.DescribeImagesRequest) (*ec2.DescribeImagesResponse, error)
}

// LocationError reports a location that cannot be a manifest's.
type LocationError struct{ Location, Reason string }

func (e *LocationError) Error() string { return fmt.Sprintf("%q: %s", e.Location, e.Reason) }

// Hint shows the form.
func (e *LocationError) Hint() string {
	return "a location is BUCKET[/PREFIX]/NAME.manifest.xml, as upload-bundle prints it"
}

// Register asks for an image of the bundle at in.ImageLocation and returns its
// id. The image may still be pending then; see Wait. What else in says is
// passed on as it is. A registration from a volume's snapshot has no location.
func Register(ctx context.Context, c Client, in ec2.RegisterImageRequest) (id string, err error) {
	if in.ImageLocation != "" || len(in.BlockDevices) == 0 {
		if in.ImageLocation, err = cleanLocation(in.ImageLocation); err != nil {
			return "", err
		}
	}
	out, err := c.RegisterImage(ctx, &in)
	if err != nil {
		return "", fmt.Errorf("register %s: %w", in.ImageLocation, err)
	}
	return out.ImageID, nil
}

// cleanLocation drops leading slashes, as Eucalyptus 3 and later do, and sees
// mistakes that a cloud would answer in less helpful words.
func cleanLocation(location string) (string, error) {
	clean := strings.TrimLeft(location, "/")
	bucket, key, ok := strings.Cut(clean, "/")
	switch {
	case strings.Contains(clean, "://"):
		return "", &LocationError{location, "this is a URL, not a bucket and a key"}
	case !ok || bucket == "" || key == "" || strings.HasSuffix(key, "/"):
		return "", &LocationError{location, "a bucket and the name of a manifest in it are needed"}
	}
	return clean, nil
}
