package register

import (
	"context"
	"errors"
	"fmt"
	"time"

	"emikit/ec2"
)

const (
	// firstPause is the wait after the first look; it doubles up to maxPause.
	firstPause = 250 * time.Millisecond
	maxPause   = 5 * time.Second
	// unseenLooks is how often a cloud may not know the image yet that it has
	// just made: a few seconds, after which it is not going to.
	unseenLooks = 5
)

// ErrUnusable is matched by the error of Wait when the image can never be run.
var ErrUnusable = errors.New("image is not usable")

// FailedError says in which state an image ended instead of available, and
// the cloud's reason for it. It matches ErrUnusable.
type FailedError struct{ ID, State, Reason string }

func (e *FailedError) Error() string {
	if e.Reason == "" {
		return e.ID + ": " + e.State
	}
	return e.ID + ": " + e.State + ": " + e.Reason
}

// Is makes every FailedError match ErrUnusable.
func (e *FailedError) Is(target error) bool { return target == ErrUnusable }

// Wait returns the image once it is available. The error is a *FailedError when
// it will never be, and wraps the context's cause when that ends first.
func Wait(ctx context.Context, c Client, id string) (ec2.Image, error) {
	unseen := 0
	for wait := firstPause; ; wait = min(2*wait, maxPause) {
		image, found, err := look(ctx, c, id)
		switch {
		case err != nil:
			return ec2.Image{}, fmt.Errorf("wait for %s: %w", id, err)
		case !found:
			if unseen++; unseen == unseenLooks {
				return ec2.Image{}, &FailedError{id, "the cloud does not know it", ""}
			}
		case image.State == ec2.ImageAvailable:
			return image, nil
		case image.State != ec2.ImagePending:
			return ec2.Image{}, failed(image)
		}
		if err := pause(ctx, wait); err != nil {
			return ec2.Image{}, fmt.Errorf("wait for %s: %w", id, err)
		}
	}
}

// IsPending asks whether the image is still being checked. A cloud that does not
// say so, or does not answer, is taken to have done that.
func IsPending(ctx context.Context, c Client, id string) bool {
	ctx, cancel := context.WithTimeout(ctx, maxPause)
	defer cancel()
	image, found, err := look(ctx, c, id)
	return err == nil && found && image.State == ec2.ImagePending
}

func look(ctx context.Context, c Client, id string) (image ec2.Image, found bool, err error) {
	out, err := c.DescribeImages(ctx, &ec2.DescribeImagesRequest{ImageIDs: []string{id}})
	var refused *ec2.Error
	if errors.As(err, &refused) && refused.Code == "InvalidAMIID.NotFound" {
		return ec2.Image{}, false, nil
	}
	if err != nil {
		return ec2.Image{}, false, err
	}
	for _, image := range out.Images {
		if image.ID == id {
			return image, true, nil
		}
	}
	return ec2.Image{}, false, nil
}

func failed(image ec2.Image) error {
	e := &FailedError{ID: image.ID, State: image.State}
	if image.StateReason != nil {
		e.Reason = image.StateReason.Message
	}
	return e
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
