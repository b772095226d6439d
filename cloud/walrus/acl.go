package walrus

import (
	"maps"
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
	if err == nil && acl == "" {
		var b objects.Bucket
		if b, err = h.Objects.BucketACL(r.Context(), r.who, r.bucket); err == nil {
			acl, err = givenACL(r, b.Owner, b.Owner)
		}
	}
	if err != nil {
		return err
	}
	return h.Objects.SetBucketACL(r.Context(), r.who, r.bucket, acl)
}

func (h *handler) setObjectACL(w http.ResponseWriter, r *request) error {
	acl, err := cannedACL(r)
	if err == nil && acl == "" {
		var o objects.Object
		var in objects.Bucket
		if o, in, err = h.Objects.ObjectACL(r.Context(), r.who, r.bucket, r.key); err == nil {
			acl, err = givenACL(r, o.Owner, in.Owner)
		}
	}
	if err != nil {
		return err
	}
	return h.Objects.SetObjectACL(r.Context(), r.who, r.bucket, r.key, acl)
}

// cannedACL is the ACL that a header names, or "". Grants in headers are not
// supported.
func cannedACL(r *request) (string, error) {
	return cannedName(r.Header.Get("X-Amz-Acl")), refuse(r.Header, "X-Amz-Grant-")
}

// cannedName is the name by which the store knows a canned ACL: for bundles, EC2
// tools have used two.
func cannedName(acl string) string {
	if acl == "ec2-bundle-read" {
		return objects.AWSExecRead
	}
	return acl
}

// givenPolicy is the body of a request to set an ACL.
type givenPolicy struct {
	XMLName struct{} `xml:"AccessControlPolicy"`
	Grants  []struct {
		Grantee    struct{ ID, URI, EmailAddress string }
		Permission string
	} `xml:"AccessControlList>Grant"`
}

// givenACL is the canned ACL that has the grants in the body of a request, about
// what belongs to the account of, in a bucket of the account bucket. s3cmd reads an
// ACL, changes its grants, and sends all of them. Other grants are not supported.
func givenACL(r *request, of, bucket string) (string, error) {
	var given givenPolicy
	if err := readXML(r, maxXML, &given); err != nil {
		return "", err
	}
	grants := map[string]bool{}
	for _, g := range given.Grants {
		grants[g.Grantee.ID+" "+g.Grantee.URI+g.Grantee.EmailAddress+" "+g.Permission] = true
	}
	for _, acl := range []string{
		objects.Private, objects.PublicRead, objects.PublicReadWrite, objects.AuthenticatedRead,
		objects.AWSExecRead, objects.BucketOwnerRead, objects.BucketOwnerFullControl,
	} {
		has := map[string]bool{}
		for _, g := range policy(acl, owner{ID: of}, owner{ID: bucket}).Grants {
			has[g.Grantee.ID+" "+g.Grantee.URI+" "+g.Permission] = true
		}
		if maps.Equal(has, grants) {
			return acl, nil
		}
	}
	return "", errNoACL
}
