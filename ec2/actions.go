package ec2

import "context"

// RegisterImage registers an uploaded bundle.
func (c *Client) RegisterImage(ctx context.Context, in *RegisterImageRequest) (*RegisterImageResponse, error) {
	return call[RegisterImageResponse](ctx, c, ActionRegisterImage, in)
}

// DeregisterImage removes an image. A Return of false means that there was
// nothing to remove: Eucalyptus before 3.0 says so instead of failing.
func (c *Client) DeregisterImage(ctx context.Context, in *DeregisterImageRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionDeregisterImage, in)
}

// DescribeImages lists images.
func (c *Client) DescribeImages(ctx context.Context, in *DescribeImagesRequest) (*DescribeImagesResponse, error) {
	return call[DescribeImagesResponse](ctx, c, ActionDescribeImages, in)
}

// DescribeAvailabilityZones lists zones.
func (c *Client) DescribeAvailabilityZones(ctx context.Context, in *DescribeAvailabilityZonesRequest) (*DescribeAvailabilityZonesResponse, error) {
	return call[DescribeAvailabilityZonesResponse](ctx, c, ActionDescribeAvailabilityZones, in)
}

// DescribeRegions lists regions.
func (c *Client) DescribeRegions(ctx context.Context, in *DescribeRegionsRequest) (*DescribeRegionsResponse, error) {
	return call[DescribeRegionsResponse](ctx, c, ActionDescribeRegions, in)
}

// RunInstances starts instances.
func (c *Client) RunInstances(ctx context.Context, in *RunInstancesRequest) (*RunInstancesResponse, error) {
	return call[RunInstancesResponse](ctx, c, ActionRunInstances, in)
}

// DescribeInstances lists reservations and their instances.
func (c *Client) DescribeInstances(ctx context.Context, in *DescribeInstancesRequest) (*DescribeInstancesResponse, error) {
	return call[DescribeInstancesResponse](ctx, c, ActionDescribeInstances, in)
}

// TerminateInstances ends instances.
func (c *Client) TerminateInstances(ctx context.Context, in *TerminateInstancesRequest) (*TerminateInstancesResponse, error) {
	return call[TerminateInstancesResponse](ctx, c, ActionTerminateInstances, in)
}

// RebootInstances restarts instances in place.
func (c *Client) RebootInstances(ctx context.Context, in *RebootInstancesRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionRebootInstances, in)
}

// GetConsoleOutput reads the end of an instance's console.
func (c *Client) GetConsoleOutput(ctx context.Context, in *GetConsoleOutputRequest) (*GetConsoleOutputResponse, error) {
	return call[GetConsoleOutputResponse](ctx, c, ActionGetConsoleOutput, in)
}

// CreateKeyPair makes a key pair and returns the only copy of its private half.
func (c *Client) CreateKeyPair(ctx context.Context, in *CreateKeyPairRequest) (*CreateKeyPairResponse, error) {
	return call[CreateKeyPairResponse](ctx, c, ActionCreateKeyPair, in)
}

// DeleteKeyPair removes a key pair.
func (c *Client) DeleteKeyPair(ctx context.Context, in *DeleteKeyPairRequest) (*ReturnResponse, error) {
	return call[ReturnResponse](ctx, c, ActionDeleteKeyPair, in)
}

// DescribeKeyPairs lists key pairs.
func (c *Client) DescribeKeyPairs(ctx context.Context, in *DescribeKeyPairsRequest) (*DescribeKeyPairsResponse, error) {
	return call[DescribeKeyPairsResponse](ctx, c, ActionDescribeKeyPairs, in)
}

// GetInstanceMetadata reads what an instance would read from its metadata
// service. Only emikit's own cloud answers it.
func (c *Client) GetInstanceMetadata(ctx context.Context, in *GetInstanceMetadataRequest) (*GetInstanceMetadataResponse, error) {
	return call[GetInstanceMetadataResponse](ctx, c, ActionGetInstanceMetadata, in)
}
