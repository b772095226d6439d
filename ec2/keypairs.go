package ec2

import "context"

// ActionImportKeyPair makes a key pair of a public key.
const ActionImportKeyPair = "ImportKeyPair"

// ImportKeyPairRequest makes a key pair of a public key that the user has made.
type ImportKeyPairRequest struct {
	KeyName   string `query:"KeyName"`
	PublicKey []byte `query:"PublicKeyMaterial"` // the file; base64 on the wire
	DryRun    bool   `query:"DryRun"`

	TagSpecifications []TagSpecification `query:"TagSpecification"`
}

// ImportKeyPairResponse has the fingerprint of the public key.
type ImportKeyPairResponse struct {
	ResponseMetadata
	KeyName     string    `xml:"keyName" json:"KeyName"`
	Fingerprint string    `xml:"keyFingerprint" json:"KeyFingerprint"`
	KeyPairID   string    `xml:"keyPairId,omitempty" json:"KeyPairId,omitempty"`
	Tags        List[Tag] `xml:"tagSet" json:"Tags"`
}

// ImportKeyPair makes a key pair of a public key.
func (c *Client) ImportKeyPair(ctx context.Context, in *ImportKeyPairRequest) (*ImportKeyPairResponse, error) {
	return call[ImportKeyPairResponse](ctx, c, ActionImportKeyPair, in)
}
