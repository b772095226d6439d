package completion

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"emikit/ec2"
	"emikit/manifest"
	"emikit/upload"
)

// images are those of a type, or all, and other words that may stand there.
func images(kind string, also ...string) values {
	return func(a *asker, cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return append(a.ec2(cmd, func(ctx context.Context, c *ec2.Client) ([]string, error) {
			out, err := c.DescribeImages(ctx, &ec2.DescribeImagesRequest{})
			if err != nil {
				return nil, err
			}
			var ids []string
			for _, image := range out.Images {
				if kind == "" || image.Type == kind {
					ids = append(ids, image.ID+"\t"+cmp.Or(image.Name, image.Location))
				}
			}
			return ids, nil
		}), also...), noFiles
	}
}

func instances(a *asker, cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.ec2(cmd, func(ctx context.Context, c *ec2.Client) ([]string, error) {
		out, err := c.DescribeInstances(ctx, &ec2.DescribeInstancesRequest{})
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, reservation := range out.Reservations {
			for _, i := range reservation.Instances {
				ids = append(ids, i.ID+"\t"+i.State.Name+" "+i.ImageID)
			}
		}
		return ids, nil
	}), noFiles
}

func keyPairs(a *asker, cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.ec2(cmd, func(ctx context.Context, c *ec2.Client) ([]string, error) {
		out, err := c.DescribeKeyPairs(ctx, &ec2.DescribeKeyPairsRequest{})
		if err != nil {
			return nil, err
		}
		return each(out.KeyPairs, func(k ec2.KeyPair) string { return k.Name + "\t" + k.Fingerprint }), nil
	}), noFiles
}

func groups(a *asker, cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.ec2(cmd, func(ctx context.Context, c *ec2.Client) ([]string, error) {
		out, err := c.AllSecurityGroups(ctx, &ec2.DescribeSecurityGroupsRequest{})
		if err != nil {
			return nil, err
		}
		return each(out.Groups, func(g ec2.SecurityGroup) string { return g.Name + "\t" + g.Description }), nil
	}), noFiles
}

func zones(a *asker, cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.ec2(cmd, func(ctx context.Context, c *ec2.Client) ([]string, error) {
		out, err := c.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesRequest{})
		if err != nil {
			return nil, err
		}
		return each(out.Zones, func(z ec2.AvailabilityZone) string { return z.Name + "\t" + z.State }), nil
	}), noFiles
}

func addresses(a *asker, cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.ec2(cmd, func(ctx context.Context, c *ec2.Client) ([]string, error) {
		out, err := c.DescribeAddresses(ctx, &ec2.DescribeAddressesRequest{})
		if err != nil {
			return nil, err
		}
		return each(out.Addresses, func(a ec2.Address) string { return a.PublicIP + "\t" + a.InstanceID }), nil
	}), noFiles
}

// instanceTypes are those of the zones' report, which every Eucalyptus makes for
// administrators, or of a cloud's own list.
func instanceTypes(a *asker, cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.ec2(cmd, func(ctx context.Context, c *ec2.Client) ([]string, error) {
		out, err := c.AllInstanceTypes(ctx, &ec2.DescribeInstanceTypesRequest{})
		if err != nil {
			return nil, err
		}
		var names []string
		if out.Details != nil {
			names = each(*out.Details, func(t ec2.InstanceTypeDetails) string { return t.Name })
		}
		if out.Types != nil {
			names = append(names, each(*out.Types, func(t ec2.InstanceType) string { return t.Name })...)
		}
		return names, nil
	}), noFiles
}

// resources are what can have tags.
func resources(a *asker, cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	found, _ := images("")(a, cmd, args, word)
	more, directive := instances(a, cmd, args, word)
	return append(found, more...), directive
}

func each[T any](list []T, text func(T) string) []string {
	texts := make([]string, len(list))
	for i, element := range list {
		texts[i] = text(element)
	}
	return texts
}

func buckets(a *asker, cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.buckets(cmd), noFiles
}

func (a *asker) buckets(cmd *cobra.Command) []string {
	return a.store(cmd, func(ctx context.Context, s *upload.Store) ([]string, error) {
		found, err := s.Probe(ctx)
		return found.Buckets, err
	})
}

// locations are the manifests to register: BUCKET/KEY, the bucket first.
func locations(a *asker, cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	at := strings.LastIndex(word, "/")
	if at < 0 {
		found := a.buckets(cmd)
		for i := range found {
			found[i] += "/"
		}
		return found, noFiles | noSpace
	}
	return prefixed(word[:at+1], a.manifestsIn(cmd, word[:at])), noFiles
}

// manifestsIn lists the manifests of a bucket, or below a prefix in it.
func (a *asker) manifestsIn(cmd *cobra.Command, location string) []string {
	loc, err := upload.ParseLocation(location)
	if err != nil {
		return nil
	}
	return a.store(cmd, func(ctx context.Context, s *upload.Store) ([]string, error) {
		names, err := s.ManifestNames(ctx, loc)
		slices.Sort(names)
		return names, err
	})
}

// manifests are those in the bucket of --bucket, and files without it.
func manifests(a *asker, cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if bucket := cmd.Flags().Lookup("bucket"); bucket != nil && bucket.Value.String() != "" {
		return a.manifestsIn(cmd, bucket.Value.String()), noFiles
	}
	return extensions("xml")(a, cmd, args, word)
}

// prefixes are the names of the bundles in the bucket of --bucket.
func prefixes(a *asker, cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	bucket := cmd.Flags().Lookup("bucket")
	if bucket == nil || bucket.Value.String() == "" {
		return nil, noFiles
	}
	names := a.manifestsIn(cmd, bucket.Value.String())
	for i := range names {
		names[i] = strings.TrimSuffix(names[i], manifest.FileName(""))
	}
	return names, noFiles
}
