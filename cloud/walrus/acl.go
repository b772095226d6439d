package walrus

import (
	"net/http"

	"emikit/cloud/identity"
	"emikit/cloud/objects"
)

type accessControlPolicy struct {
	XMLName   struct{} `xml:"AccessControlPolicy"`
	Namespace string   `xml:"xmlns,attr"`
	Owner     owner
	Grants    []grant `xml:"AccessControlList>Grant"`
}

type grant struct {
	Grantee    grantee
	Permission string
}

type grantee struct {
	Schema      string `xml:"xmlns:xsi,attr"`
	Type        string `xml:"xsi:type,attr"`
	ID          string `xml:",omitempty"`
	DisplayName string `xml:",omitempty"`
	URI         string `xml:",omitempty"`
}

// The grantees that S3 names by URIs.
const (
	everybody = "http://acs.amazonaws.com/groups/global/AllUsers"
	anyUser   = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
)

func userGrant(id, name, permission string) grant {
	return grant{grantee{Schema: schemaInstance, Type: "CanonicalUser", ID: id, DisplayName: name}, permission}
}

func groupGrant(uri, permission string) grant {
	return grant{grantee{Schema: schemaInstance, Type: "Group", URI: uri}, permission}
}

const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// policy writes a canned ACL out as grants, which is how the protocol shows it.
func policy(acl string, of, bucket owner) accessControlPolicy {
	grants := []grant{userGrant(of.ID, of.DisplayName, "FULL_CONTROL")}
	switch acl {
	case objects.PublicRead:
		grants = append(grants, groupGrant(everybody, "READ"))
	case objects.PublicReadWrite:
		grants = append(grants, groupGrant(everybody, "READ"), groupGrant(everybody, "WRITE"))
	case objects.AuthenticatedRead:
		grants = append(grants, groupGrant(anyUser, "READ"))
	case objects.AWSExecRead:
		grants = append(grants, userGrant(identity.SystemID, identity.SystemName, "READ"))
	case objects.BucketOwnerRead:
		grants = append(grants, userGrant(bucket.ID, bucket.DisplayName, "READ"))
	case objects.BucketOwnerFullControl:
		grants = append(grants, userGrant(bucket.ID, bucket.DisplayName, "FULL_CONTROL"))
	}
	return accessControlPolicy{Namespace: namespace, Owner: of, Grants: grants}
}

func (h *handler) bucketACL(w http.ResponseWriter, r *request) error {
	b, err := h.Objects.BucketACL(r.Context(), r.who, r.bucket)
	if err != nil {
		return err
	}
	own := h.owner(r, b.Owner)
	writeXML(w, http.StatusOK, policy(b.ACL, own, own))
	return nil
}

func (h *handler) objectACL(w http.ResponseWriter, r *request) error {
	o, in, err := h.Objects.ObjectACL(r.Context(), r.who, r.bucket, r.key)
	if err != nil {
		return err
	}
	writeXML(w, http.StatusOK, policy(o.ACL, h.owner(r, o.Owner), h.owner(r, in.Owner)))
	return nil
}

func (h *handler) setBucketACL(w http.ResponseWriter, r *request) error {
	acl, err := cannedACL(r)
	if err != nil {
		return err
	}
	return h.Objects.SetBucketACL(r.Context(), r.who, r.bucket, acl)
}

func (h *handler) setObjectACL(w http.ResponseWriter, r *request) error {
	acl, err := cannedACL(r)
	if err != nil {
		return err
	}
	return h.Objects.SetObjectACL(r.Context(), r.who, r.bucket, r.key, acl)
}

// cannedACL is the ACL that a request sets. Grants to single users, in the body
// or in headers, are not supported.
func cannedACL(r *request) (string, error) {
	if err := refuse(r.Header, "X-Amz-Grant-"); err != nil {
		return "", err
	}
	acl := cannedName(r.Header.Get("X-Amz-Acl"))
	if acl == "" {
		return "", errNoACL
	}
	return acl, nil
}

// cannedName is the name by which the store knows a canned ACL: for bundles, EC2
// tools have used two.
func cannedName(acl string) string {
	if acl == "ec2-bundle-read" {
		return objects.AWSExecRead
	}
	return acl
}
