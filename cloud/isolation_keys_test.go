package cloud

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"emikit/cloud/admin"
	"emikit/manifest"
	"emikit/sign"
)

// signed is a URL of the object store that a party has signed.
func (p party) signed(t *testing.T, method, path string, version int, at time.Time) string {
	t.Helper()
	u, err := url.Parse(p.s3URL + path)
	if err != nil {
		t.Fatal(err)
	}
	if version == 2 {
		u, err = sign.PresignV2S3(method, u, p.keys, at.Add(time.Hour))
	} else {
		u, err = sign.PresignV4(method, u, p.keys, sign.Scope{Region: "eucalyptus", Service: "s3"}, time.Hour, at)
	}
	if err != nil {
		t.Fatal(err)
	}
	return u.String()
}

// open uses a URL without any credentials but those in it.
func (r *realm) open(t *testing.T, method, address string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	return r.nobody.do(t, request)
}

// presigned tries that a URL is worth what its signer may do, for as long as it
// says.
func (r *realm) presigned(t *testing.T) {
	s := r.newShelf(t)
	path := "/" + s.bucket + "/" + herObject
	r.note(t)
	for _, version := range []int{2, 4} {
		for _, method := range []string{"GET", "HEAD", "PUT", "DELETE"} {
			for _, who := range []party{r.bob, r.system} {
				want := denied
				if who.name == "system" && (method == "GET" || method == "HEAD") {
					want = "" // by these nodes fetch parts
				}
				if got := r.open(t, method, who.signed(t, method, path, version, time.Now())); got.code != want {
					t.Errorf("%s, version %d, signed by %s: got %d %q, want %q", method, version, who.name, got.status, got.code, want)
				}
			}
		}
		hers := r.alice.signed(t, "GET", path, version, time.Now())
		if got := r.open(t, "GET", hers); got.body != secret+"-text" {
			t.Errorf("version %d, signed by alice: got %.200q, want the object", version, got.body)
		}
		for what, try := range map[string]struct{ method, url, code string }{
			"another method": {"DELETE", hers, "SignatureDoesNotMatch"},
			"another object": {"GET", strings.Replace(hers, herObject, herUpload, 1), "SignatureDoesNotMatch"},
			"its ACL":        {"GET", hers + "&acl", "SignatureDoesNotMatch"},
			"too late":       {"GET", r.alice.signed(t, "GET", path, version, time.Now().Add(-2*time.Hour)), denied},
		} {
			if got := r.open(t, try.method, try.url); got.code != try.code {
				t.Errorf("version %d, %s: got %d %q, want %q", version, what, got.status, got.code, try.code)
			}
		}
	}
	r.unchanged(t, r.bob)
}

// outlawed is what somebody has whose keys are taken away: every way to ask must
// be closed at once, also URLs that were signed before.
func (r *realm) outlawed(t *testing.T, who party, path string, take func() error) {
	t.Helper()
	urls := map[string]string{}
	for _, version := range []int{2, 4} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			urls[fmt.Sprint(method, " version ", version)] = who.signed(t, method, path, version, time.Now())
		}
	}
	if got := who.ask(t, "DescribeKeyPairs", url.Values{}); got.code != "" {
		t.Fatalf("before: %s", got.body)
	}
	if got := r.open(t, "GET", urls["GET version 4"]); got.code != "" {
		t.Fatalf("before: %s", got.body)
	}
	if err := take(); err != nil {
		t.Fatal(err)
	}
	for name, address := range urls {
		if got := r.open(t, strings.Fields(name)[0], address); got.code != "InvalidAccessKeyId" {
			t.Errorf("%s: got %d %q, want InvalidAccessKeyId", name, got.status, got.code)
		}
	}
	if got := who.ask(t, "DescribeKeyPairs", url.Values{}); got.code != "AuthFailure" {
		t.Errorf("EC2: got %q, want AuthFailure", got.code)
	}
	for _, k := range []kept{{operation: "service GET", path: "/"}, {operation: "object PUT", path: path, body: "other"}, {operation: "bucket POST", path: "/" + strings.Split(path, "/")[1], form: true}} {
		if got := who.store(t, k); got.code != "InvalidAccessKeyId" {
			t.Errorf("%s: got %d %q, want InvalidAccessKeyId", k.operation, got.status, got.code)
		}
	}
}

func (r *realm) revoked(t *testing.T) {
	carol := r.newParty(t, "carol")
	if err := r.objects.CreateBucket(t.Context(), carol.caller(), "carols-bucket", "", ""); err != nil {
		t.Fatal(err)
	}
	bucketSink{r.objects, carol.caller(), "carols-bucket"}.put(t, "object", "text")
	client := admin.NewClient(r.config.Dir)
	r.outlawed(t, carol, "/carols-bucket/object", func() error {
		return client.RevokeKey(t.Context(), "carol", carol.keys.AccessKey)
	})
	next, err := client.AddKey(t.Context(), "carol")
	if err != nil {
		t.Fatal(err)
	}
	carol.keys = sign.Credentials{AccessKey: next.ID, SecretKey: next.Secret}
	if got := carol.store(t, kept{operation: "object GET", path: "/carols-bucket/object"}); got.body != "text" {
		t.Errorf("with another key: got %.200q, want what is Carol's, as it was", got.body)
	}
}

// removed is about Dave, who can read what is everybody's, as everybody can.
func (r *realm) removed(t *testing.T) {
	dave, s := r.newParty(t, "dave"), r.newShelf(t)
	path := "/" + s.bucket + "/" + herObject
	r.setACL(t, "object PUT acl", path, "public-read")
	r.outlawed(t, dave, path, func() error {
		_, err := admin.NewClient(r.config.Dir).RemoveUser(t.Context(), "dave")
		return err
	})
}

// tokens tries that the same client token means something else for each account.
func (r *realm) tokens(t *testing.T) {
	form := func() url.Values {
		return params(t, "MinCount=1&MaxCount=1&ClientToken="+herToken+"&ImageId=ID!", r.public)
	}
	r.note(t)
	first := r.bob.ask(t, "RunInstances", form())
	id := instanceID.FindStringSubmatch(first.body)
	if first.code != "" || id == nil || id[1] == r.instance {
		t.Fatalf("got %s, want an instance of Bob's own", first.body)
	}
	if again := r.bob.ask(t, "RunInstances", form()); !strings.Contains(again.body, id[1]) {
		t.Errorf("Bob again: got %s, want his %s", again.body, id[1])
	}
	if hers := r.alice.ask(t, "RunInstances", form()); hers.code != "IdempotentParameterMismatch" {
		t.Errorf("Alice, who used it for another image: got %s, want IdempotentParameterMismatch", hers.body)
	}
	r.unchanged(t, r.bob)
}

// mixed tries that nothing at all is done where one of several is another's.
func (r *realm) mixed(t *testing.T) {
	a := r.bob.ask(t, "RunInstances", params(t, "MinCount=1&MaxCount=1&ImageId=ID!", r.public))
	own := instanceID.FindStringSubmatch(a.body)
	if own == nil {
		t.Fatalf("run: %s", a.body)
	}
	r.note(t)
	for _, action := range []string{"TerminateInstances", "RebootInstances", "DescribeInstances"} {
		for _, ids := range [][]string{{own[1], r.instance}, {r.instance, own[1]}} {
			got := r.bob.ask(t, action, url.Values{"InstanceId.1": {ids[0]}, "InstanceId.2": {ids[1]}})
			if got.code != "InvalidInstanceID.NotFound" || !strings.Contains(got.body, r.instance) || strings.Contains(got.body, own[1]) {
				t.Errorf("%s %q: got %s, want InvalidInstanceID.NotFound, of hers", action, ids, got.body)
			}
		}
	}
	if his := r.bob.ask(t, "DescribeInstances", url.Values{"InstanceId.1": {own[1]}}); strings.Contains(his.body, "shutting-down") {
		t.Errorf("his own was terminated: %s", his.body)
	}
	r.unchanged(t, r.bob)
}

// metadata tries that the address that a connection comes from is the only one
// that counts, and that the answer is for whoever has it.
func (r *realm) metadata(t *testing.T) {
	in, err := r.Cloud.instances.Details(t.Context(), r.alice.caller(), r.instance)
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSuffix(r.EC2URL(), ec2Path)
	for _, path := range []string{"/latest/user-data", "/latest/meta-data/", "/1.0/meta-data/instance-id", "/2009-04-04/meta-data/public-keys/0/openssh-key"} {
		for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "Host"} {
			request, err := http.NewRequestWithContext(t.Context(), "GET", base+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set(name, in.PrivateIP.String())
			request.Host = in.PublicIP.String()
			if got := r.nobody.do(t, request); got.status != http.StatusNotFound || strings.Contains(got.body, secret) {
				t.Errorf("%s with %s: got %d %.100q, want 404", path, name, got.status, got.body)
			}
		}
	}
}

// permissions tries that a permission that is taken back is worth nothing any
// more, and that what Bob has started with it is his, and not Alice's.
func (r *realm) permissions(t *testing.T) {
	image := r.sharedImage(t)
	run := func() answer {
		return r.bob.ask(t, "RunInstances", params(t, "MinCount=1&MaxCount=1&ImageId=ID!", image))
	}
	his := instanceID.FindStringSubmatch(run().body)
	if his == nil {
		t.Fatal("Bob cannot run an image that is permitted to him")
	}
	r.alice.must(t, "ModifyImageAttribute", "LaunchPermission.Remove.1.UserId="+r.bob.account+"&ImageId="+image)
	if got := run(); got.code != "InvalidAMIID.NotFound" {
		t.Errorf("taken back: got %s, want InvalidAMIID.NotFound", got.body)
	}
	for _, action := range []string{"DescribeInstances", "TerminateInstances", "RebootInstances"} {
		if got := r.alice.ask(t, action, url.Values{"InstanceId.1": {his[1]}}); got.code != "InvalidInstanceID.NotFound" {
			t.Errorf("%s of Bob's by the image's owner: got %s, want InvalidInstanceID.NotFound", action, got.body)
		}
	}
	if got := r.bob.ask(t, "TerminateInstances", url.Values{"InstanceId.1": {his[1]}}); got.code != "" {
		t.Errorf("terminated by Bob: got %s, want it done", got.body)
	}
}

// openBundles tries that a bundle that everybody may read is not everybody's to
// register.
func (r *realm) openBundles(t *testing.T) {
	for _, acl := range []string{"public-read-write", "authenticated-read", "bucket-owner-full-control", "private"} {
		r.setACL(t, "bucket PUT acl", "/"+herBundles, acl)
		r.setACL(t, "object PUT acl", "/"+herManifest, acl)
		if got := r.bob.ask(t, "RegisterImage", url.Values{"ImageLocation": {herManifest}}); got.code != "AuthFailure" {
			t.Errorf("%s: got %s, want AuthFailure", acl, got.body)
		}
	}
}

// kernelsAreForAdmins tries the default: users register no kernels and ramdisks.
func (r *realm) kernelsAreForAdmins(t *testing.T) {
	for _, kind := range []manifest.Kind{manifest.KindKernel, manifest.KindRamdisk} {
		bucket := "bobs-" + string(kind)
		r.bundle(t, r.bob, bucket, manifest.Manifest{Kind: kind})
		form := func() url.Values { return url.Values{"ImageLocation": {bucket + "/image.manifest.xml"}} }
		if got := r.bob.ask(t, "RegisterImage", form()); got.code != "UnauthorizedOperation" {
			t.Errorf("%s by a user: got %s, want UnauthorizedOperation", kind, got.body)
		}
		if got := r.admin.ask(t, "RegisterImage", form()); got.code != "" {
			t.Errorf("%s by an administrator: got %s, want it done", kind, got.body)
		}
	}
}

// With the setting users register kernels and ramdisks of their own. Another's
// private one is none, for an image that names it and for a launch.
func TestKernelsOfOthers(t *testing.T) {
	r := newRealm(t, func(c *Config) { c.UserKernels = true })
	r.bundle(t, r.alice, herBundles, manifest.Manifest{})
	r.bundle(t, r.bob, "bobs-bundles", manifest.Manifest{})
	r.public = r.publicImage(t)
	for kind, absent := range map[manifest.Kind]string{manifest.KindKernel: "eki-00000000", manifest.KindRamdisk: "eri-00000000"} {
		parameter := map[manifest.Kind]string{manifest.KindKernel: "KernelId", manifest.KindRamdisk: "RamdiskId"}[kind]
		r.bundle(t, r.alice, "alices-"+string(kind), manifest.Manifest{Kind: kind})
		id := r.alice.must(t, "RegisterImage", "ImageLocation=alices-"+string(kind)+"/image.manifest.xml")
		use := func(who party, action, id string) answer {
			more := map[string]string{
				"RegisterImage": "ImageLocation=bobs-bundles/image.manifest.xml", "RunInstances": "MinCount=1&MaxCount=1&ImageId=" + r.public,
			}[action]
			if kind == manifest.KindRamdisk && action == "RunInstances" {
				more += "&KernelId=" + r.kernel(t)
			}
			return who.ask(t, action, params(t, more+"&"+parameter+"=ID!", id))
		}
		for _, action := range []string{"RegisterImage", "RunInstances"} {
			if got := use(r.bob, action, id); got.code != "" {
				t.Errorf("%s with a public %s: got %s, want it done", action, kind, got.body)
			}
		}
		r.alice.must(t, "ModifyImageAttribute", "LaunchPermission.Remove.1.Group=all&ImageId="+id)
		for _, action := range []string{"RegisterImage", "RunInstances"} {
			got, none := use(r.bob, action, id), use(r.bob, action, absent)
			if got.code != "InvalidAMIID.NotFound" || got.without(id, "ID") != none.without(absent, "ID") {
				t.Errorf("%s with a private %s: got %s, want what is said of one that is not there: %s", action, kind, got.body, none.body)
			}
			if got := use(r.admin, action, id); got.code != "" {
				t.Errorf("%s by an administrator with a private %s: got %s, want it done", action, kind, got.body)
			}
		}
	}
}

// kernel is a kernel that everybody may use.
func (r *realm) kernel(t *testing.T) string {
	t.Helper()
	r.buckets++
	bucket := fmt.Sprintf("alices-kernel-%d", r.buckets)
	r.bundle(t, r.alice, bucket, manifest.Manifest{Kind: manifest.KindKernel})
	return r.alice.must(t, "RegisterImage", "ImageLocation="+bucket+"/image.manifest.xml")
}
