package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"emikit/ec2"
)

// Describer is the part of *ec2.Client that looking for a counterpart needs.
type Describer interface {
	DescribeImages(ctx context.Context, in *ec2.DescribeImagesRequest) (*ec2.DescribeImagesResponse, error)
}

// A CounterpartError says that an image has no counterpart in another region, or is
// not even known in its own.
type CounterpartError struct {
	ID      string
	Unknown bool // in its own region
}

func (e *CounterpartError) Error() string {
	if e.Unknown {
		return fmt.Sprintf("%s: there is no such image to find the counterpart of", e.ID)
	}
	return fmt.Sprintf("%s: it has no counterpart in the other region", e.ID)
}

// Hint says how to go on.
func (e *CounterpartError) Hint() string {
	return "name the kernel and the ramdisk with --kernel and --ramdisk, or leave them out with --no-mapping"
}

// Counterpart finds for an image of one region, usually a kernel or ramdisk of the
// provider's, that of another, by the rule of ec2-migrate-manifest: the same owner,
// the same type, and the same location but for the bucket. Of several it returns the
// first in the order of ids.
func Counterpart(ctx context.Context, from, to Describer, id string) (string, error) {
	ours, ok, err := find(ctx, from, id)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", &CounterpartError{ID: id, Unknown: true}
	}
	theirs, err := to.DescribeImages(ctx, &ec2.DescribeImagesRequest{Owners: []string{ours.OwnerID}})
	if err != nil {
		return "", err
	}
	var ids []string
	for _, image := range theirs.Images {
		if image.OwnerID == ours.OwnerID && image.Type == ours.Type && key(image) == key(ours) {
			ids = append(ids, image.ID)
		}
	}
	if len(ids) == 0 {
		return "", &CounterpartError{ID: id}
	}
	return slices.Min(ids), nil
}

// Exists says whether a region knows an image.
func Exists(ctx context.Context, in Describer, id string) (bool, error) {
	_, ok, err := find(ctx, in, id)
	return ok, err
}

// find describes an image. A region that does not know it answers with none or with
// a refusal.
func find(ctx context.Context, in Describer, id string) (image ec2.Image, ok bool, err error) {
	out, err := in.DescribeImages(ctx, &ec2.DescribeImagesRequest{ImageIDs: []string{id}})
	if refusal, is := errors.AsType[*ec2.Error](err); is && strings.HasPrefix(refusal.Code, "InvalidAMIID.") {
		return image, false, nil
	}
	if err != nil {
		return image, false, err
	}
	i := slices.IndexFunc(out.Images, func(image ec2.Image) bool { return strings.EqualFold(image.ID, id) })
	if i < 0 {
		return image, false, nil
	}
	return out.Images[i], true, nil
}

// key is an image's location without the bucket.
func key(image ec2.Image) string {
	_, key, _ := strings.Cut(image.Location, "/")
	return key
}
