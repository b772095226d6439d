package walrus

import (
	"net/http"
	"slices"
)

// operation answers one kind of request. When it returns an error it has
// written nothing yet.
type operation func(w http.ResponseWriter, r *request) error

// operation chooses by the target, the method and the subresource, which is a
// word in the query such as "acl".
func (h *handler) operation(r *request) (operation, error) {
	sub := subresource(r)
	var op operation
	switch {
	case r.bucket == "":
		op = h.serviceOperation(r.Method)
	case r.key == "":
		op = h.bucketOperation(r.Method, sub)
	default:
		op = h.objectOperation(r.Method, sub)
	}
	switch {
	case op != nil:
		return op, nil
	case sub != "" || r.Method == http.MethodPost:
		return nil, errNotImplemented
	}
	return nil, errMethod
}

func (h *handler) serviceOperation(method string) operation {
	if method == http.MethodGet {
		return h.listBuckets
	}
	return nil
}

func (h *handler) bucketOperation(method, sub string) operation {
	switch method + " " + sub {
	case "GET ":
		return h.listBucket
	case "HEAD ":
		return h.headBucket
	case "PUT ":
		return h.createBucket
	case "DELETE ":
		return h.deleteBucket
	case "GET location":
		return h.bucketLocation
	case "GET acl":
		return h.bucketACL
	case "PUT acl":
		return h.setBucketACL
	case "GET uploads":
		return h.listUploads
	case "GET versions":
		return h.listVersions
	case "POST delete":
		return h.deleteObjects
	case "POST ":
		return h.postObject
	}
	return h.bucketConfiguration(method, sub)
}

func (h *handler) objectOperation(method, sub string) operation {
	switch method + " " + sub {
	case "GET ", "HEAD ", "GET partNumber", "HEAD partNumber":
		return h.getObject
	case "GET attributes":
		return h.objectAttributes
	case "PUT ":
		return h.putObject
	case "DELETE ":
		return h.deleteObject
	case "GET acl":
		return h.objectACL
	case "PUT acl":
		return h.setObjectACL
	case "GET tagging":
		return h.objectTags
	case "POST uploads":
		return h.createUpload
	case "PUT uploadId":
		return h.putPart
	case "GET uploadId":
		return h.listParts
	case "POST uploadId":
		return h.completeUpload
	case "DELETE uploadId":
		return h.abortUpload
	}
	if sub == "versionId" {
		return noSuchVersion
	}
	return nil
}

// noSuchVersion refuses what is about a version of an object: there are none but
// the present one.
func noSuchVersion(http.ResponseWriter, *request) error { return errNoSuchVersion }

// noVersion is the version that an object has where versions are not kept.
const noVersion = "null"

// subresource finds the part of the protocol that the query names. To take a
// request for a part that is not served as one for the object itself would do
// damage: "?versionId=…" must not delete the object, unless it names the one
// that is there. A partNumber alone is a part of an object; with an uploadId it
// belongs to that.
func subresource(r *request) string {
	for _, name := range subresources() {
		if !r.query.Has(name) || name == "versionId" && slices.Equal(r.query[name], []string{noVersion}) {
			continue
		}
		return name
	}
	return ""
}

// subresources lists them so that what narrows another comes before it.
func subresources() []string {
	return []string{
		"versionId", "acl", "attributes", "delete", "location", "tagging", "uploadId", "partNumber", "uploads", "versions",
		"accelerate", "analytics", "cors", "encryption", "intelligent-tiering", "inventory", "lifecycle", "logging",
		"metrics", "notification", "object-lock", "ownershipControls", "policy", "policyStatus", "publicAccessBlock",
		"replication", "requestPayment", "versioning", "website",
		// From here on: not served.
		"legal-hold", "metadataTable", "renameObject", "restore", "retention", "select", "session", "torrent",
	}
}
