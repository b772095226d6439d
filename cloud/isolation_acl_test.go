package cloud

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"emikit/cloud/objects"
)

// Who gets a right that an ACL gives.
var (
	onlyOwner  = []string{}
	otherUsers = []string{"bob"}
	everybody  = []string{"bob", "nobody"}
)

// opened is what a canned ACL opens to those who own nothing of it.
type opened struct {
	acl         string
	read, write []string
}

func openedByACLs() []opened {
	return []opened{
		{objects.Private, onlyOwner, onlyOwner},
		{objects.PublicRead, everybody, onlyOwner},
		{objects.PublicReadWrite, everybody, everybody},
		{objects.AuthenticatedRead, otherUsers, onlyOwner},
		{objects.AWSExecRead, onlyOwner, onlyOwner},
		{"ec2-bundle-read", onlyOwner, onlyOwner},
		{objects.BucketOwnerRead, onlyOwner, onlyOwner},
		{objects.BucketOwnerFullControl, onlyOwner, onlyOwner},
		{objects.LogDeliveryWrite, onlyOwner, onlyOwner},
	}
}

// probe is one request, and who may send it.
type probe struct {
	operation, path, query string
	may                    []string
}

// bucketACLs tries that a bucket's ACL opens the bucket as it says, and nothing in
// it.
func (r *realm) bucketACLs(t *testing.T) {
	for _, o := range openedByACLs() {
		t.Run(o.acl, func(t *testing.T) {
			s := r.newShelf(t)
			r.setACL(t, "bucket PUT acl", "/"+s.bucket, o.acl)
			r.probe(t, []probe{
				{"bucket HEAD", "/" + s.bucket, "", o.read},
				{"bucket GET", "/" + s.bucket, "", o.read},
				{"bucket GET", "/" + s.bucket, "versions", o.read},
				{"bucket GET", "/" + s.bucket, "uploads", o.read},
				{"bucket GET", "/" + s.bucket, "acl", onlyOwner},
				{"bucket PUT", "/" + s.bucket, "acl", onlyOwner},
				{"bucket DELETE", "/" + s.bucket, "", onlyOwner},
				{"object GET", "/" + s.bucket + "/" + herObject, "", onlyOwner},
				{"object GET", "/" + s.bucket + "/" + herObject, "acl", onlyOwner},
				{"object PUT", "/" + s.bucket + "/" + herObject, "acl", onlyOwner},
				{"object POST", "/" + s.bucket + "/new", "uploads", o.write},
				// What Alice is uploading stays hers, whoever else may upload.
				{"object GET", "/" + s.bucket + "/" + herUpload, "uploadId=" + s.upload, onlyOwner},
				{"object PUT", "/" + s.bucket + "/" + herUpload, "partNumber=1&uploadId=" + s.upload, onlyOwner},
				{"object POST", "/" + s.bucket + "/" + herUpload, "uploadId=" + s.upload, onlyOwner},
				{"object DELETE", "/" + s.bucket + "/" + herUpload, "uploadId=" + s.upload, onlyOwner},
				{"object PUT", "/" + s.bucket + "/new", "", o.write},
				{"object PUT", "/" + s.bucket + "/" + herObject, "", o.write},
				{"object DELETE", "/" + s.bucket + "/" + herObject, "", o.write},
			})
		})
	}
}

// objectACLs tries that an object's ACL opens its bytes, and nothing else.
func (r *realm) objectACLs(t *testing.T) {
	for _, o := range openedByACLs() {
		t.Run(o.acl, func(t *testing.T) {
			s := r.newShelf(t)
			path := "/" + s.bucket + "/" + herObject
			r.setACL(t, "object PUT acl", path, o.acl)
			r.probe(t, []probe{
				{"object GET", path, "", o.read},
				{"object HEAD", path, "", o.read},
				{"object GET", path, "partNumber=1", o.read},
				{"object GET", path, "attributes", o.read},
				{"object GET", path, "tagging", o.read},
				{"object GET", path, "acl", onlyOwner},
				{"object PUT", path, "acl", onlyOwner},
				{"object PUT", path, "", onlyOwner},
				{"object DELETE", path, "", onlyOwner},
				{"bucket GET", "/" + s.bucket, "", onlyOwner},
			})
		})
	}
}

// guests are objects that Bob puts into Alice's bucket: they are his; she may do
// away with them, and read them where he lets her.
func (r *realm) guests(t *testing.T) {
	s := r.newShelf(t)
	r.setACL(t, "bucket PUT acl", "/"+s.bucket, objects.PublicReadWrite)
	for _, o := range []struct {
		acl       string
		read, own bool
	}{
		{objects.Private, false, false}, {objects.BucketOwnerRead, true, false}, {objects.BucketOwnerFullControl, true, true},
	} {
		path := "/" + s.bucket + "/" + o.acl
		if put := r.bob.store(t, kept{operation: "object PUT", path: path, header: "x-amz-acl: " + o.acl, body: "bobs"}); put.code != "" {
			t.Fatalf("%s: put: %s", o.acl, put.body)
		}
		for operation, may := range map[string]bool{"object GET": o.read, "object GET acl": o.own, "object PUT acl": o.own} {
			k := kept{operation: operation, path: path, header: "x-amz-acl: " + o.acl, query: strings.TrimPrefix(operation[len("object GET"):], " ")}
			if got := r.alice.store(t, k); (got.code == "") != may {
				t.Errorf("%s: %s by the bucket's owner: got %q, want it to be allowed: %v", o.acl, operation, got.code, may)
			}
		}
		if got := r.alice.store(t, kept{operation: "object DELETE", path: path}); got.code != "" {
			t.Errorf("%s: DELETE by the bucket's owner: got %q, want it done", o.acl, got.code)
		}
	}
}

func (r *realm) setACL(t *testing.T, operation, path, acl string) {
	t.Helper()
	set := r.alice.store(t, kept{operation: operation, path: path, query: "acl", header: "x-amz-acl: " + acl})
	if set.code != "" {
		t.Fatalf("set ACL %s: %s", acl, set.body)
	}
}

// probe sends requests as Bob and as nobody.
func (r *realm) probe(t *testing.T, all []probe) {
	t.Helper()
	for _, p := range all {
		for _, who := range []party{r.bob, r.nobody} {
			k := kept{operation: p.operation, path: p.path, query: p.query, body: "other"}
			switch {
			case p.query == "acl":
				k.header, k.body = "x-amz-acl: public-read-write", ""
			case p.query == "attributes":
				k.header = "x-amz-object-attributes: ETag"
			case k.method() == "POST" && p.query != "uploads":
				k.body = fmt.Sprintf("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>%032d</ETag></Part></CompleteMultipartUpload>", 0)
			}
			got := who.store(t, k)
			want := denied
			if slices.Contains(p.may, who.name) {
				want = ""
			}
			if got.code != want {
				t.Errorf("%s %s?%s by %s: got %d %q, want %q", p.operation, p.path, p.query, who.name, got.status, got.code, want)
			}
		}
	}
}
