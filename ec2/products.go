package ec2

import "context"

// Actions for what only some instances have: a product code, a Windows password, a
// volume as their root.
const (
	ActionConfirmProductInstance = "ConfirmProductInstance"
	ActionCreateImage            = "CreateImage"
	ActionGetPasswordData        = "GetPasswordData"
)

// ConfirmProductInstanceRequest asks whether an instance has a product code.
type ConfirmProductInstanceRequest struct {
	ProductCode string `query:"ProductCode"`
	InstanceID  string `query:"InstanceId"`
	DryRun      bool   `query:"DryRun"`
}

// ConfirmProductInstanceResponse says whether it has, and then whose it is. Return
// is as it was sent.
type ConfirmProductInstanceResponse struct {
	ResponseMetadata
	Return  string `xml:"return" json:"Return"`
	OwnerID string `xml:"ownerId,omitempty" json:"OwnerId,omitempty"`
}

// CreateImageRequest asks for an image of an instance whose root is a volume.
type CreateImageRequest struct {
	InstanceID        string               `query:"InstanceId"`
	Name              string               `query:"Name"`
	Description       string               `query:"Description"`
	NoReboot          bool                 `query:"NoReboot"`
	BlockDevices      []BlockDeviceRequest `query:"BlockDeviceMapping"`
	TagSpecifications []TagSpecification   `query:"TagSpecification"`
	DryRun            bool                 `query:"DryRun"`
}

// GetPasswordDataRequest asks for the password that a Windows instance has made.
type GetPasswordDataRequest struct {
	InstanceID string `query:"InstanceId"`
	DryRun     bool   `query:"DryRun"`
}

// GetPasswordDataResponse holds the password, encrypted with the public key of the
// instance's key pair (RSA, PKCS #1 v1.5) and in base64; nothing until there is one.
type GetPasswordDataResponse struct {
	ResponseMetadata
	InstanceID   string `xml:"instanceId" json:"InstanceId"`
	Timestamp    string `xml:"timestamp" json:"Timestamp"`
	PasswordData string `xml:"passwordData" json:"PasswordData"`
}

// ConfirmProductInstance asks whether an instance has a product code.
func (c *Client) ConfirmProductInstance(ctx context.Context, in *ConfirmProductInstanceRequest) (*ConfirmProductInstanceResponse, error) {
	return call[ConfirmProductInstanceResponse](ctx, c, ActionConfirmProductInstance, in)
}

// GetPasswordData reads the encrypted password of a Windows instance.
func (c *Client) GetPasswordData(ctx context.Context, in *GetPasswordDataRequest) (*GetPasswordDataResponse, error) {
	return call[GetPasswordDataResponse](ctx, c, ActionGetPasswordData, in)
}
