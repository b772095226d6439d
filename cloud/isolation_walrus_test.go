package cloud

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"emikit/cloud/caller"
	"emikit/cloud/objects"
	"emikit/cloud/walrus"
)

// What is on each shelf, and names of the same lengths of what is on none.
const (
	herObject = secret + "-object"
	noObject  = "alices-absent-object"
	herUpload = secret + "-upload"
	openName  = "bobs-open-bucket" // in which everybody may read and write
)

// shelf is a private bucket of Alice's with an object in it and an upload that
// goes to it.
type shelf struct{ bucket, upload, part string }

func (r *realm) newShelf(t *testing.T) shelf {
	t.Helper()
	r.buckets++
	s, who, ctx := shelf{bucket: fmt.Sprintf("%s-shelf-%d", secret, r.buckets)}, r.alice.caller(), t.Context()
	if err := r.objects.CreateBucket(ctx, who, s.bucket, "", ""); err != nil {
		t.Fatal(err)
	}
	bucketSink{r.objects, who, s.bucket}.put(t, herObject, secret+"-text")
	s.upload, s.part = r.newUpload(t, who, s.bucket, herUpload)
	return s
}

// newUpload begins an upload and sends a part.
func (r *realm) newUpload(t *testing.T, who caller.Caller, bucket, key string) (id, md5 string) {
	t.Helper()
	u, err := r.objects.CreateUpload(t.Context(), who, bucket, key, objects.UploadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.objects.PutPart(t.Context(), who, u.UploadName, 1, strings.NewReader(secret+"-part"), objects.PartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return u.ID, p.MD5
}

// kept is one thing to ask of an operation of the object store. BUCKET!, OBJECT!,
// TO! (the key of the upload), UPLOAD!, PART! and OWNER! stand for what is on a
// shelf of Alice's; OPEN! for a bucket that everybody may write to, and MINE! for
// an upload to it of whoever asks.
type kept struct {
	operation string
	codes
	path   string // empty: the bucket or the object
	query  string // empty: what the operation has
	header string // NAME: VALUE
	body   string
	form   bool // the body is a form that whoever asks has signed
}

// codes are what each gets, empty for what they ask for.
type codes struct{ hers, admin, bob, nobody, system string }

const (
	denied = "AccessDenied"
	twice  = "InvalidArgument" // signed in two ways
)

var (
	hersAlone = codes{"", "", denied, denied, denied}
	// bundles are read by the cloud.
	andTheCloud = codes{"", "", denied, denied, ""}
)

// all are the codes where everybody is told the same.
func all(code string) codes { return codes{code, code, code, code, code} }

// allKept is every operation with everything that it could be asked of Alice's.
func allKept() []kept {
	list := append(keptBuckets(), keptObjects()...)
	list = append(list, keptUploads()...)
	list = append(list, keptCopies()...)
	for _, method := range []string{"GET", "HEAD", "PUT", "POST", "DELETE"} {
		code := "NoSuchVersion"
		if method == "HEAD" {
			code = "NotFound"
		}
		list = append(list, kept{operation: "object " + method + " versionId", codes: all(code), query: "versionId=1"})
	}
	for sub, code := range map[string]string{
		"policy": "NoSuchBucketPolicy", "policyStatus": "NoSuchBucketPolicy", "tagging": "NoSuchTagSet",
		"lifecycle": "NoSuchLifecycleConfiguration", "cors": "NoSuchCORSConfiguration", "website": "NoSuchWebsiteConfiguration",
		"encryption": "ServerSideEncryptionConfigurationNotFoundError", "ownershipControls": "OwnershipControlsNotFoundError",
		"publicAccessBlock": "NoSuchPublicAccessBlockConfiguration", "replication": "ReplicationConfigurationNotFoundError",
		"object-lock": "ObjectLockConfigurationNotFoundError", "analytics": "NoSuchConfiguration", "inventory": "NoSuchConfiguration",
		"metrics": "NoSuchConfiguration", "intelligent-tiering": "NoSuchConfiguration",
		"versioning": "", "logging": "", "notification": "", "accelerate": "", "requestPayment": "",
	} {
		list = append(list, kept{operation: "bucket GET " + sub, codes: codes{code, code, denied, denied, denied}})
		for _, method := range []string{"PUT", "DELETE"} {
			list = append(list, kept{operation: "bucket " + method + " " + sub, codes: all("NotImplemented")})
		}
	}
	return list
}

func keptBuckets() []kept {
	return []kept{
		{operation: "service GET", path: "/", codes: codes{"", "", "", denied, denied}},
		{operation: "bucket GET", codes: hersAlone},
		{operation: "bucket GET", codes: hersAlone, query: "list-type=2&prefix=alices"},
		{operation: "bucket GET", codes: hersAlone, query: "max-keys=0"},
		{operation: "bucket GET", codes: hersAlone, header: "x-amz-expected-bucket-owner: OWNER!"},
		{operation: "bucket HEAD", codes: hersAlone},
		{operation: "bucket PUT", codes: codes{"BucketAlreadyOwnedByYou", "BucketAlreadyExists", "BucketAlreadyExists", denied, denied}},
		{operation: "bucket PUT", codes: codes{"BucketAlreadyOwnedByYou", "BucketAlreadyExists", "BucketAlreadyExists", denied, denied}, header: "x-amz-acl: public-read"},
		{operation: "bucket DELETE", codes: codes{"BucketNotEmpty", "BucketNotEmpty", denied, denied, denied}},
		{operation: "bucket GET location", codes: hersAlone},
		{operation: "bucket GET acl", codes: hersAlone},
		{operation: "bucket PUT acl", codes: hersAlone, header: "x-amz-acl: public-read-write"},
		{operation: "bucket PUT acl", codes: hersAlone, body: herGrants},
		{operation: "bucket GET uploads", codes: hersAlone},
		{operation: "bucket GET versions", codes: hersAlone},
		{operation: "bucket POST delete", codes: hersAlone, body: "<Delete><Object><Key>OBJECT!</Key></Object></Delete>"},
		{operation: "bucket POST", codes: hersAlone, form: true},
	}
}

func keptObjects() []kept {
	return []kept{
		{operation: "object GET", codes: andTheCloud},
		{operation: "object GET", codes: andTheCloud, header: "Range: bytes=0-3"},
		{operation: "object GET", codes: codes{"PreconditionFailed", "PreconditionFailed", denied, denied, "PreconditionFailed"}, header: "If-Match: other"},
		{operation: "object GET", codes: andTheCloud, query: "versionId=null&response-content-type=text/html"},
		{operation: "object GET", codes: andTheCloud, header: "x-amz-expected-bucket-owner: OWNER!"},
		{operation: "object HEAD", codes: andTheCloud},
		{operation: "object GET partNumber", codes: andTheCloud, query: "partNumber=1"},
		{operation: "object HEAD partNumber", codes: andTheCloud, query: "partNumber=1"},
		{operation: "object GET attributes", codes: andTheCloud, header: "x-amz-object-attributes: ETag"},
		{operation: "object GET tagging", codes: andTheCloud},
		{operation: "object PUT", codes: hersAlone, body: "other"},
		{operation: "object PUT", codes: hersAlone, body: "other", header: "If-Match: *"},
		{operation: "object PUT", codes: hersAlone, body: "other", header: "x-amz-expected-bucket-owner: OWNER!"},
		{operation: "object DELETE", codes: hersAlone},
		{operation: "object GET acl", codes: hersAlone},
		{operation: "object PUT acl", codes: hersAlone, header: "x-amz-acl: public-read"},
		{operation: "object PUT acl", codes: hersAlone, body: herGrants},
		{operation: "object PUT", codes: codes{twice, twice, twice, denied, twice}, body: "other", header: "S3UploadPolicy: e30="},
	}
}

// herGrants are those of an ACL that everybody may read by.
const herGrants = `<AccessControlPolicy><AccessControlList>
	<Grant><Grantee><ID>OWNER!</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant>
	<Grant><Grantee><URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee><Permission>READ</Permission></Grant>
</AccessControlList></AccessControlPolicy>`

func keptUploads() []kept {
	const (
		path     = "/BUCKET!/TO!"
		complete = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>PART!</ETag></Part></CompleteMultipartUpload>"
	)
	return []kept{
		{operation: "object POST uploads", codes: hersAlone},
		{operation: "object PUT uploadId", codes: hersAlone, path: path, query: "partNumber=1&uploadId=UPLOAD!", body: "other"},
		{operation: "object GET uploadId", codes: hersAlone, path: path, query: "uploadId=UPLOAD!"},
		{operation: "object POST uploadId", codes: hersAlone, path: path, query: "uploadId=UPLOAD!", body: complete},
		{operation: "object DELETE uploadId", codes: hersAlone, path: path, query: "uploadId=UPLOAD!"},
	}
}

// keptCopies are copies of what is Alice's to where everybody may write, and over
// what is hers.
func keptCopies() []kept {
	const (
		from = "x-amz-copy-source: /BUCKET!/OBJECT!"
		mine = "partNumber=2&uploadId=MINE!"
	)
	return []kept{
		{operation: "object PUT", codes: andTheCloud, path: "/OPEN!/copy", header: from},
		{operation: "object PUT", codes: andTheCloud, path: "/OPEN!/copy", header: from + "\nx-amz-source-expected-bucket-owner: OWNER!"},
		{operation: "object PUT uploadId", codes: andTheCloud, path: "/OPEN!/copy", query: mine, header: from},
		{operation: "object PUT uploadId", codes: andTheCloud, path: "/OPEN!/copy", query: mine, header: from + "\nx-amz-copy-source-range: bytes=0-3"},
		{operation: "object PUT", codes: hersAlone, header: "x-amz-copy-source: /OPEN!/theirs"},
		{operation: "object PUT uploadId", codes: hersAlone, path: "/BUCKET!/TO!", query: "partNumber=1&uploadId=UPLOAD!", header: "x-amz-copy-source: /OPEN!/theirs"},
	}
}

// operations asks every operation of the object store about what is Alice's:
// others get nothing of it, change nothing, and cannot tell which objects are
// there.
func (r *realm) operations(t *testing.T) {
	if err := r.objects.CreateBucket(t.Context(), r.bob.caller(), openName, "", objects.PublicReadWrite); err != nil {
		t.Fatal(err)
	}
	bucketSink{r.objects, r.bob.caller(), openName}.put(t, "theirs", "theirs")
	if err := r.objects.SetObjectACL(t.Context(), r.bob.caller(), openName, "theirs", objects.PublicRead); err != nil {
		t.Fatal(err)
	}
	shared, seen := r.newShelf(t), map[string]bool{}
	for _, k := range allKept() {
		seen[k.operation] = true
		t.Run(k.operation+" "+k.query+k.header, func(t *testing.T) {
			r.note(t)
			k.byStranger(t, r, shared, r.nobody, k.nobody)
			k.byStranger(t, r, shared, r.bob, k.bob)
			k.by(t, r, shared, r.system, k.system)
			r.unchanged(t, r.system)
			k.by(t, r, k.shelf(t, r, shared), r.admin, k.admin)
			k.by(t, r, k.shelf(t, r, shared), r.alice, k.hers)
		})
	}
	for _, operation := range walrus.Operations() {
		if !seen[operation] {
			t.Errorf("%s: nobody asks about what is another's; add it to the table", operation)
		}
		delete(seen, operation)
	}
	for operation := range seen {
		t.Errorf("%s: no such operation", operation)
	}
}

// shelf is one for those who may do what is asked, and so change what is there.
func (k kept) shelf(t *testing.T, r *realm, shared shelf) shelf {
	t.Helper()
	if k.method() == "GET" || k.method() == "HEAD" || k.hers != "" {
		return shared
	}
	return r.newShelf(t)
}

func (k kept) method() string { return strings.Fields(k.operation)[1] }

// byStranger asks as one who may know no secret, and who may not learn from a
// refusal whether what is asked for is there.
func (k kept) byStranger(t *testing.T, r *realm, s shelf, who party, want string) {
	t.Helper()
	got, words := k.by(t, r, s, who, want)
	r.unchanged(t, who)
	if text := strings.NewReplacer(words...).Replace(got.body); strings.Contains(text, secret) {
		t.Errorf("%s is told a secret:\n%s", who.name, got.body)
	}
	absent := []string{"OBJECT!", noObject, "TO!", "alices-absent-upload", "UPLOAD!", strings.Repeat("A", len(s.upload)), "OWNER!", r.admin.account}
	if want == "" || k.fill(absent...) == k {
		return
	}
	none, others := k.ask(t, r, s, who, absent...)
	if got, none := got.without(words...), none.without(others...); got != none {
		t.Errorf("%s can tell what is there from what is not:\n%s\n%s", who.name, got, none)
	}
}

func (k kept) by(t *testing.T, r *realm, s shelf, who party, want string) (answer, []string) {
	t.Helper()
	got, words := k.ask(t, r, s, who)
	if got.code != want || want == "" && got.status >= 300 {
		t.Errorf("%s: got %d %q, want %q:\n%s", who.name, got.status, got.code, want, got.body)
	}
	return got, words
}

// fill puts values in the place of words.
func (k kept) fill(words ...string) kept {
	in := strings.NewReplacer(words...).Replace
	k.path, k.query, k.header, k.body = in(k.path), in(k.query), in(k.header), in(k.body)
	return k
}

// ask sends the request. It returns what stood for what in it, for going back.
func (k kept) ask(t *testing.T, r *realm, s shelf, who party, words ...string) (answer, []string) {
	t.Helper()
	words = append(words, "BUCKET!", s.bucket, "OBJECT!", herObject, "TO!", herUpload, "UPLOAD!", s.upload, "PART!", s.part,
		"OWNER!", r.alice.account, "OPEN!", openName)
	parts := strings.Fields(k.operation)
	if k.path == "" {
		k.path = map[string]string{"bucket": "/BUCKET!", "object": "/BUCKET!/OBJECT!"}[parts[0]]
	}
	if k.query == "" && len(parts) == 3 {
		k.query = parts[2]
	}
	if strings.Contains(k.query, "MINE!") {
		id, _ := r.newUpload(t, caller.Caller{Account: who.account}, openName, "copy")
		words = append(words, "MINE!", id)
	}
	var back []string
	for i := 0; i < len(words); i += 2 {
		if k.fill(words[i], "") != k {
			back = append(back, words[i+1], words[i])
		}
	}
	return who.store(t, k.fill(words...)), back
}

// store is a request to the object store.
func (p party) store(t *testing.T, k kept) answer {
	t.Helper()
	var contentType string
	if k.form {
		contentType, k.body = p.form(t)
	}
	r, err := http.NewRequestWithContext(t.Context(), k.method(), p.s3URL+k.path+"?"+k.query, strings.NewReader(k.body))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(k.header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		r.Header.Set(name, value)
	}
	if k.form {
		r.Header.Set("Content-Type", contentType)
	} else {
		p.sign(t, r, "s3", k.body)
	}
	return p.do(t, r)
}

// form is a form that uploads over Alice's object, with a policy that allows all.
func (p party) form(t *testing.T) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w, fields := multipart.NewWriter(&b), []string{"key", herObject}
	if p.keys.AccessKey != "" {
		policy := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"expiration": %q, "conditions": [["starts-with", "$key", ""], ["starts-with", "$bucket", ""]]}`,
			time.Now().Add(time.Minute).UTC().Format(time.RFC3339)))
		mac := hmac.New(sha1.New, []byte(p.keys.SecretKey))
		mac.Write([]byte(policy))
		fields = append(fields, "AWSAccessKeyId", p.keys.AccessKey, "policy", policy, "signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	for i := 0; i < len(fields); i += 2 {
		if err := w.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("file", "file")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(file, "other")
	w.Close()
	return w.FormDataContentType(), b.String()
}
