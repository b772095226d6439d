package publish

import (
	"context"
	"fmt"

	"emikit/ec2"
	"emikit/register"
)

// Publisher is the part of *ec2.Client that publishing needs.
type Publisher interface {
	register.Client
	ModifyImageAttribute(ctx context.Context, in *ec2.ModifyImageAttributeRequest) (*ec2.ReturnResponse, error)
}

// PublishRequest says which image to publish: to bundle into a bucket, to register,
// and to let others run.
type PublishRequest struct {
	InstallRequest
	// Client is the cloud; that of the InstallRequest is not of account.
	Client Publisher
	// AllowExisting takes an image of one's own that is registered from the same
	// manifest for the one to publish. Without it, such an image is an error.
	AllowExisting bool
	// Launch lists who may run the image: numbers of accounts, or "all".
	Launch []string
}

// Published says what was published.
type Published struct {
	ImageID  string `json:"ImageId"`
	Location string `json:"ImageLocation"` // of the manifest
	// Existed says that the image was there already, and nothing was sent.
	Existed bool     `json:"Existed"`
	Notes   []string `json:"-"` // whole lines that the user should see
}

// RegisteredError says that an image is registered from the same manifest.
type RegisteredError struct{ Location, ImageID string }

func (e *RegisteredError) Error() string {
	return fmt.Sprintf("%s: already registered as %s", e.Location, e.ImageID)
}

// Hint says how to go on.
func (e *RegisteredError) Hint() string {
	return "--allow-existing takes it for what is to be published; under another name it is published anew"
}

// Location is where the manifest is going to be, BUCKET[/PREFIX]/NAME.manifest.xml.
func (r PublishRequest) Location() (string, error) {
	name, err := r.name()
	return r.To.Path(name + ".manifest.xml"), err
}

// Publish does what InstallImage does, unless the image is there already. What can be
// known before is looked at before any work.
func Publish(ctx context.Context, r PublishRequest) (Published, error) {
	location, err := r.Location()
	if err != nil {
		return Published{}, err
	}
	published, err := r.existing(ctx, location)
	if err == nil && !published.Existed {
		published, err = r.install(ctx)
	}
	if err != nil {
		return Published{}, err
	}
	return published, r.permit(ctx, published.ImageID)
}

// existing looks for an image of the same manifest that can be run, or soon can.
func (r PublishRequest) existing(ctx context.Context, location string) (Published, error) {
	out, err := r.Client.DescribeImages(ctx, &ec2.DescribeImagesRequest{Owners: []string{"self"}})
	if err != nil {
		return Published{}, fmt.Errorf("look for images: %w", err)
	}
	for _, image := range out.Images {
		usable := image.State == ec2.ImageAvailable || image.State == ec2.ImagePending
		switch {
		case image.Location != location || !usable:
		case !r.AllowExisting:
			return Published{}, &RegisteredError{Location: location, ImageID: image.ID}
		default:
			return Published{ImageID: image.ID, Location: location, Existed: true}, nil
		}
	}
	return Published{}, nil
}

// Check looks for what would make Publish fail before any work.
func (r PublishRequest) Check(ctx context.Context) error {
	location, err := r.Location()
	if err != nil {
		return err
	}
	found, err := r.existing(ctx, location)
	if err != nil || found.Existed {
		return err
	}
	in := r.InstallRequest
	in.Client = r.Client
	return in.checkName(ctx)
}

func (r PublishRequest) install(ctx context.Context) (Published, error) {
	in := r.InstallRequest
	in.Client = r.Client
	installed, err := InstallImage(ctx, in)
	if err != nil {
		return Published{}, err
	}
	return Published{ImageID: installed.ImageID, Location: installed.ManifestPath, Notes: installed.Notes}, nil
}

// permit lets others run the image.
func (r PublishRequest) permit(ctx context.Context, id string) error {
	if len(r.Launch) == 0 {
		return nil
	}
	change := &ec2.ModifyImageAttributeRequest{ImageID: id}
	for _, who := range r.Launch {
		permission := ec2.LaunchPermission{UserID: who}
		if who == ec2.GroupAll {
			permission = ec2.LaunchPermission{Group: who}
		}
		change.LaunchPermission.Add = append(change.LaunchPermission.Add, permission)
	}
	if _, err := r.Client.ModifyImageAttribute(ctx, change); err != nil {
		return fmt.Errorf("%s is published, but its launch permissions are as they were: %w", id, err)
	}
	return nil
}

// TrioRequest is an image with a kernel and a ramdisk of its own. Without one (nil),
// the image has that of its own request, or none.
type TrioRequest struct {
	Kernel, Ramdisk *PublishRequest
	Image           PublishRequest
	// Publish is how each of them is published; nil means [Publish].
	Publish func(context.Context, PublishRequest) (Published, error)
}

// PublishTrio publishes the kernel, then the ramdisk, then the image with both; each is
// checked before any work. It returns what was published, in this order, also when it
// fails: a kernel that was published stays.
func PublishTrio(ctx context.Context, r TrioRequest) (all []Published, err error) {
	publish := r.Publish
	if publish == nil {
		publish = Publish
	}
	for _, request := range []*PublishRequest{r.Kernel, r.Ramdisk, &r.Image} {
		if request == nil {
			continue
		}
		if err := request.Check(ctx); err != nil {
			return nil, err
		}
	}
	for _, one := range []struct {
		request *PublishRequest
		id      *string // of the image, to fill in
	}{
		{r.Kernel, &r.Image.KernelID},
		{r.Ramdisk, &r.Image.RamdiskID},
		{&r.Image, nil},
	} {
		if one.request == nil {
			continue
		}
		published, err := publish(ctx, *one.request)
		if err != nil {
			return all, err
		}
		all = append(all, published)
		if one.id != nil {
			*one.id = published.ImageID
		}
	}
	return all, nil
}
