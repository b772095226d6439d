package api

import (
	"context"
	"slices"
	"strconv"

	"emikit/cloud/images"
	"emikit/ec2"
)

// confirmProductInstance tells the owner of an instance, and administrators, whether
// it has a product code. EC2 tells it to the owner of the code, whom nobody knows here.
func (h *handler) confirmProductInstance(ctx context.Context, c call, q *ec2.ConfirmProductInstanceRequest) (*ec2.ConfirmProductInstanceResponse, error) {
	if err := required("ProductCode", q.ProductCode); err != nil {
		return nil, err
	}
	if err := required("InstanceId", q.InstanceID); err != nil {
		return nil, err
	}
	in, err := h.Instances.Details(ctx, c.who, q.InstanceID)
	if err != nil {
		return nil, err
	}
	has := slices.Contains(in.ProductCodes, q.ProductCode)
	response := &ec2.ConfirmProductInstanceResponse{Return: strconv.FormatBool(has)}
	if has {
		response.OwnerID = in.Account
	}
	return response, nil
}

// passwordData: what a Windows instance encrypts, no node passes on yet.
func (h *handler) passwordData(ctx context.Context, c call, q *ec2.GetPasswordDataRequest) (*ec2.GetPasswordDataResponse, error) {
	if err := required("InstanceId", q.InstanceID); err != nil {
		return nil, err
	}
	in, err := h.Instances.Details(ctx, c.who, q.InstanceID)
	if err != nil {
		return nil, err
	}
	if in.Platform != images.PlatformWindows {
		return nil, fail(codeNotPermitted, "The instance '%s' is not one of a Windows image; only these have a password.", in.ID)
	}
	return &ec2.GetPasswordDataResponse{InstanceID: in.ID, Timestamp: ec2.FormatTime(in.Launched)}, nil
}

// createImage refuses: no instance here has a volume as its root.
func (h *handler) createImage(ctx context.Context, c call, q *ec2.CreateImageRequest) (*ec2.ReturnResponse, error) {
	if err := required("InstanceId", q.InstanceID); err != nil {
		return nil, err
	}
	if err := required("Name", q.Name); err != nil {
		return nil, err
	}
	if _, err := h.Instances.Details(ctx, c.who, q.InstanceID); err != nil {
		return nil, err
	}
	return nil, fail(codeInvalidParameter, "Instance does not have a volume attached at root (%s): "+
		"its root is of the instance store. Bundle it with bundle-vol, upload the bundle and register that.", rootDevice)
}
