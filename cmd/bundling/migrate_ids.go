package bundling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"emikit/cmd/cli"
	"emikit/ec2"
	"emikit/publish"
	"emikit/register"
)

// bootIDs decides which kernel and ramdisk a migrated manifest names.
type bootIDs struct {
	app   *cli.App
	flags migrateFlags

	here, there *ec2.Client // the present cloud, and the region that the bundle goes to
	removed     []string    // ids that the old manifest names and the new one does not
	unknown     []string    // ids that were given and that the region does not know
}

// choose returns the ids for the new manifest.
func (b *bootIDs) choose(ctx context.Context, old publish.BootIDs) (ids publish.BootIDs, err error) {
	if ids.Kernel, err = b.one(ctx, b.flags.kernel, old.Kernel); err == nil {
		ids.Ramdisk, err = b.one(ctx, b.flags.ramdisk, old.Ramdisk)
	}
	return ids, err
}

// one decides about one id: the one given, or else what becomes of the old one.
func (b *bootIDs) one(ctx context.Context, given, old string) (string, error) {
	switch {
	case given != "" && !isWord(given) && b.maps():
		return given, b.check(ctx, given)
	case given != "":
		return given, nil
	case old == "" || isWord(old):
		return old, nil
	case b.maps():
		if err := b.connect(ctx); err != nil {
			return "", err
		}
		return register.Counterpart(ctx, b.here, b.there, old)
	case b.flags.noMapping:
		b.removed = append(b.removed, old)
		return "", nil
	}
	return old, nil
}

// maps says whether ids are looked for in another region.
func (b *bootIDs) maps() bool { return b.flags.Region != "" && !b.flags.noMapping }

// isWord tells what stands in the place of an id and is none: that the image is a
// kernel or a ramdisk itself, or that it holds Windows.
func isWord(id string) bool {
	return slices.Contains([]string{"true", "yes", "windows"}, strings.ToLower(id))
}

// check notes an id that the region does not know.
func (b *bootIDs) check(ctx context.Context, id string) error {
	if err := b.connect(ctx); err != nil {
		return err
	}
	exists, err := register.Exists(ctx, b.there, id)
	if err == nil && !exists {
		b.unknown = append(b.unknown, id)
	}
	return err
}

// connect finds the region among those of the present cloud.
func (b *bootIDs) connect(ctx context.Context) (err error) {
	if b.there != nil {
		return nil
	}
	here := b.flags.Connection
	here.Region = ""
	if b.here, err = here.EC2(b.app); err != nil {
		return err
	}
	known, err := b.here.DescribeRegions(ctx, &ec2.DescribeRegionsRequest{})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(known.Regions, func(r ec2.Region) bool { return r.Name == b.flags.Region })
	if i < 0 {
		return &regionError{b.flags.Region, known.Regions}
	}
	there := here
	there.URL = known.Regions[i].Endpoint
	if !strings.Contains(there.URL, "://") {
		there.URL = "https://" + there.URL
	}
	b.there, err = there.EC2(b.app)
	return err
}

// regionError says that a cloud does not have a region.
type regionError struct {
	name  string
	known []ec2.Region
}

func (e *regionError) Error() string { return "region " + e.name + ": the cloud does not know it" }

// Hint lists those that there are.
func (e *regionError) Hint() string {
	var names []string
	for _, r := range e.known {
		names = append(names, r.Name)
	}
	return fmt.Sprintf("the cloud has these regions: %q", names)
}

// errDeclined: whoever was asked does not want to go on.
var errDeclined = errors.New("declined")

// settle is choose for ec2-migrate-manifest, which says what it is about to do, and asks
// whether it shall where the image may not boot then.
func (b *bootIDs) settle(ctx context.Context, old publish.BootIDs) (publish.BootIDs, error) {
	if err := b.flags.begin(b.app); err != nil {
		return old, err
	}
	ids, err := b.choose(ctx, old)
	if err != nil {
		return ids, err
	}
	for _, reason := range b.reasons() {
		if goOn, err := b.flags.Confirm(ctx, b.app, reason); err != nil {
			return ids, err
		} else if !goOn {
			return ids, errDeclined
		}
	}
	return ids, nil
}

// warn tells what may keep the image from booting.
func (b *bootIDs) warn() {
	for _, reason := range b.reasons() {
		b.app.Notef("%s", reason)
	}
}

// reasons are what may keep the image from booting.
func (b *bootIDs) reasons() (reasons []string) {
	amazon := b.app.Family == cli.EC2
	switch {
	case len(b.removed) > 0 && amazon:
		reasons = append(reasons, "This operation will remove the kernel and/or ramdisk associated with\n"+
			"the AMI. This may cause the AMI to fail to launch unless you specify\n"+
			"an appropriate kernel and ramdisk at launch time.")
	case len(b.removed) > 0:
		reasons = append(reasons, fmt.Sprintf("the new manifest does not name %s; name what the image runs with when it is registered or run",
			strings.Join(b.removed, " and ")))
	}
	switch {
	case len(b.unknown) > 0 && amazon:
		reasons = append(reasons, fmt.Sprintf("The following identifiers do not exist in the target region:\n  [%s]", strings.Join(b.unknown, ", ")))
	case len(b.unknown) > 0:
		reasons = append(reasons, fmt.Sprintf("region %s does not know %s", b.flags.Region, strings.Join(b.unknown, " and ")))
	}
	return reasons
}
