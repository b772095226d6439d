package walrus

import (
	"encoding/xml"
	"net/http"
)

// configuration is a part of S3 that buckets here never have. Tools ask for it
// all the same; they are told what AWS tells of a bucket that has none.
type configuration struct {
	subresource string
	// missing is the refusal that says so, of a 404, with the message.
	missing, message string
	// or root is that of a document that is empty, but for Payer where that is
	// set.
	root, payer string
}

// configurations lists them, with the codes and texts of AWS (Amazon S3 API
// reference, error responses, 2024).
func configurations() []configuration {
	const none = "The specified configuration does not exist."
	return []configuration{
		{subresource: "policy", missing: "NoSuchBucketPolicy", message: "The bucket policy does not exist"},
		{subresource: "policyStatus", missing: "NoSuchBucketPolicy", message: "The bucket policy does not exist"},
		{subresource: "tagging", missing: "NoSuchTagSet", message: "The TagSet does not exist"},
		{subresource: "lifecycle", missing: "NoSuchLifecycleConfiguration", message: "The lifecycle configuration does not exist"},
		{subresource: "cors", missing: "NoSuchCORSConfiguration", message: "The CORS configuration does not exist"},
		{subresource: "website", missing: "NoSuchWebsiteConfiguration", message: "The specified bucket does not have a website configuration"},
		{subresource: "encryption", missing: "ServerSideEncryptionConfigurationNotFoundError", message: "The server side encryption configuration was not found"},
		{subresource: "ownershipControls", missing: "OwnershipControlsNotFoundError", message: "The bucket ownership controls were not found"},
		{subresource: "publicAccessBlock", missing: "NoSuchPublicAccessBlockConfiguration", message: "The public access block configuration was not found"},
		{subresource: "replication", missing: "ReplicationConfigurationNotFoundError", message: "The replication configuration was not found"},
		{subresource: "object-lock", missing: "ObjectLockConfigurationNotFoundError", message: "Object Lock configuration does not exist for this bucket"},
		{subresource: "analytics", missing: "NoSuchConfiguration", message: none},
		{subresource: "inventory", missing: "NoSuchConfiguration", message: none},
		{subresource: "metrics", missing: "NoSuchConfiguration", message: none},
		{subresource: "intelligent-tiering", missing: "NoSuchConfiguration", message: none},
		{subresource: "versioning", root: "VersioningConfiguration"},
		{subresource: "logging", root: "BucketLoggingStatus"},
		{subresource: "notification", root: "NotificationConfiguration"},
		{subresource: "accelerate", root: "AccelerateConfiguration"},
		{subresource: "requestPayment", root: "RequestPaymentConfiguration", payer: "BucketOwner"},
	}
}

// tellNone tells those who may look into the bucket.
func (h *handler) tellNone(c configuration) operation {
	return func(w http.ResponseWriter, r *request) error {
		if _, err := h.Objects.Bucket(r.Context(), r.who, r.bucket); err != nil {
			return err
		}
		if c.missing != "" {
			return &fault{http.StatusNotFound, c.missing, c.message}
		}
		writeXML(w, http.StatusOK, emptyConfiguration{XMLName: xml.Name{Local: c.root}, Namespace: namespace, Payer: c.payer})
		return nil
	}
}

type emptyConfiguration struct {
	XMLName   xml.Name
	Namespace string `xml:"xmlns,attr"`
	Payer     string `xml:",omitempty"`
}

// cannotChange refuses to set what nothing would come of.
func cannotChange(sub string) operation {
	return func(http.ResponseWriter, *request) error {
		return notImplemented("Buckets of this store have no ?%s; it cannot be set or removed.", sub)
	}
}
