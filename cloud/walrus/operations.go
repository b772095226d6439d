package walrus

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// operation answers one kind of request. When it returns an error it has
// written nothing yet.
type operation func(w http.ResponseWriter, r *request) error

// operation chooses by the target, the method and the subresource, which is a
// word in the query such as "acl".
func (h *handler) operation(r *request) (operation, error) {
	sub := subresource(r)
	if err := refuseUnknown(r, sub); err != nil {
		return nil, err
	}
	op := h.operations[strings.TrimSpace(r.target.kind()+" "+r.Method+" "+sub)]
	switch {
	case op != nil:
		return op, nil
	case sub != "" || r.Method == http.MethodPost:
		return nil, errNotImplemented
	}
	return nil, errMethod
}

// kind is what a request is about, in a word.
func (t target) kind() string {
	switch {
	case t.bucket == "":
		return "service"
	case t.key == "":
		return "bucket"
	}
	return "object"
}

// table lists everything that can be asked, by the kind of the target, the
// method and the subresource.
func (h *handler) table() map[string]operation {
	all := map[string]operation{"service GET": h.listBuckets}
	maps.Copy(all, h.bucketOperations())
	maps.Copy(all, h.objectOperations())
	for _, c := range configurations() {
		all["bucket GET "+c.subresource] = h.tellNone(c)
		for _, method := range []string{http.MethodPut, http.MethodDelete} {
			all["bucket "+method+" "+c.subresource] = cannotChange(c.subresource)
		}
	}
	return all
}

// Operations names everything that can be asked, sorted: "bucket GET acl". It is
// for tests that must leave nothing out.
func Operations() []string { return slices.Sorted(maps.Keys((&handler{}).table())) }

func (h *handler) bucketOperations() map[string]operation {
	return map[string]operation{
		"bucket GET":          h.listBucket,
		"bucket HEAD":         h.headBucket,
		"bucket PUT":          h.createBucket,
		"bucket DELETE":       h.deleteBucket,
		"bucket GET location": h.bucketLocation,
		"bucket GET acl":      h.bucketACL,
		"bucket PUT acl":      h.setBucketACL,
		"bucket GET uploads":  h.listUploads,
		"bucket GET versions": h.listVersions,
		"bucket POST delete":  h.deleteObjects,
		"bucket POST":         h.postObject,
	}
}

func (h *handler) objectOperations() map[string]operation {
	all := map[string]operation{
		"object GET":             h.getObject,
		"object HEAD":            h.getObject,
		"object GET partNumber":  h.getObject,
		"object HEAD partNumber": h.getObject,
		"object GET attributes":  h.objectAttributes,
		"object PUT":             h.putObject,
		"object DELETE":          h.deleteObject,
		"object GET acl":         h.objectACL,
		"object PUT acl":         h.setObjectACL,
		"object GET tagging":     h.objectTags,
		"object POST uploads":    h.createUpload,
		"object PUT uploadId":    h.putPart,
		"object GET uploadId":    h.listParts,
		"object POST uploadId":   h.completeUpload,
		"object DELETE uploadId": h.abortUpload,
	}
	for _, method := range []string{"GET", "HEAD", "PUT", "POST", "DELETE"} {
		all["object "+method+" versionId"] = noSuchVersion
	}
	return all
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

// refuseUnknown refuses what would change something by a query that has a meaning
// which is not known here: it may be a part of the protocol that is younger than this
// program. What only reads is answered without it, as at AWS.
func refuseUnknown(r *request, sub string) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	known := append(subresources(), "AWSAccessKeyId", "Signature", "x-id")
	if sub != "" {
		known = append(known, "id") // of a configuration of which there can be several
	}
	for name := range r.query {
		if !slices.Contains(known, name) && !presigned(name) {
			return notImplemented("The query parameter %.80q is not implemented.", name)
		}
	}
	return nil
}

// presigned reports whether a parameter is one of those headers that clients put into
// the URLs that they presign: boto3 the type and the MD5, others all of them.
func presigned(name string) bool {
	canonical := http.CanonicalHeaderKey(name)
	switch canonical {
	case "Content-Type", "Content-Md5", "Content-Length", "Date", "Host":
		return true
	}
	return strings.HasPrefix(canonical, "X-Amz-") || slices.Contains(keptHeaders(), canonical)
}

// notImplemented is the refusal of a part of the protocol that it names.
func notImplemented(format string, args ...any) error {
	return &fault{http.StatusNotImplemented, errNotImplemented.Code, fmt.Sprintf(format, args...)}
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
