package cloud

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"emikit/bundle"
	"emikit/cloud/caller"
	"emikit/cloud/instances"
	"emikit/cloud/objects"
	"emikit/ec2"
	"emikit/manifest"
	"emikit/node"
	"emikit/node/mock"
	"emikit/node/nodetest"
	"emikit/sign"
)

// secret is a word in every name and text of Alice's that others may not learn.
const secret = "alices-secret"

// What Alice has one of, by their names.
const (
	herKeyPair  = secret + "-key"
	herUserData = secret + "-user-data"
	herToken    = secret + "-token"
	herBundles  = "alices-bundles"
	herManifest = herBundles + "/image.manifest.xml"
)

// realm is a cloud with people in it, who ask it over HTTP. Alice has one of
// everything. Bob is another user, nobody signs nothing, and system has the
// cloud's own access key, which never leaves the cloud.
type realm struct {
	*Cloud
	alice, bob, admin, nobody, system party
	node                              *node.Node
	// instance runs, and group is the one that it is in; keyPair is the id of hers.
	instance, group, keyPair string
	// web is another group of hers, address one that her instance has.
	web, address string
	// private, shared (with Bob) and public are images of hers.
	private, shared, public string
	images, buckets         int    // made so far
	noted                   string // what was Alice's, see note
}

// party is somebody who asks.
type party struct {
	name, account string
	keys          sign.Credentials // none: the requests are not signed
	ec2URL, s3URL string
	http          *http.Transport
}

// Nobody reads or changes what is another account's, at any door.
func TestAccountsAreKeptApart(t *testing.T) {
	r := newRealm(t)
	r.furnish(t)
	for _, part := range []struct {
		name string
		test func(*testing.T)
	}{
		{"actions", r.actions}, {"addresses", r.addresses}, {"operations", r.operations}, {"bucket ACLs", r.bucketACLs}, {"object ACLs", r.objectACLs}, {"guests", r.guests},
		{"presigned", r.presigned}, {"revoked", r.revoked}, {"removed", r.removed}, {"tokens", r.tokens},
		{"mixed", r.mixed}, {"metadata", r.metadata}, {"kernels", r.kernelsAreForAdmins}, {"permissions", r.permissions}, {"open bundles", r.openBundles},
	} {
		t.Run(part.name, part.test)
	}
}

func newRealm(t *testing.T, change ...func(*Config)) *realm {
	t.Helper()
	r, config := &realm{}, startedConfig(t)
	config.NewNode = func(ctx context.Context, dir string, key *rsa.PrivateKey, cert *x509.Certificate) (_ Node, err error) {
		r.node, err = node.New(ctx, node.Config{
			Dir: dir, Hypervisor: mock.New(), Key: key, Certificate: cert, MaxCores: 99, MaxMemoryMB: 1 << 16, MaxDiskGB: 1 << 10,
		})
		return r.node, err
	}
	for _, c := range change {
		c(&config)
	}
	r.Cloud = serveCloud(t, config)
	r.nobody = party{name: "nobody", ec2URL: r.EC2URL(), s3URL: r.S3URL(), http: &http.Transport{}}
	t.Cleanup(r.nobody.http.CloseIdleConnections)
	r.admin = r.party(t, "admin")
	r.alice, r.bob = r.newParty(t, "alice"), r.newParty(t, "bob")
	key, err := r.identity.SystemKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.system = r.nobody
	r.system.name, r.system.keys = "system", sign.Credentials{AccessKey: key.ID, SecretKey: key.Secret}
	return r
}

func (r *realm) newParty(t *testing.T, name string) party {
	t.Helper()
	if _, err := r.AddUser(t.Context(), name, false); err != nil {
		t.Fatal(err)
	}
	return r.party(t, name)
}

// party is a user with an account.
func (r *realm) party(t *testing.T, name string) party {
	t.Helper()
	a, err := r.identity.AccountByName(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	p := r.nobody
	p.name, p.account, p.keys = name, a.ID, personOf(t, r.Cloud, name).keys()
	return p
}

// caller is a party as the services know it.
func (p party) caller() caller.Caller {
	return caller.Caller{Account: p.account, Name: p.name, Admin: p.name == "admin"}
}

// answer is what a door has said.
type answer struct {
	status int
	code   string // of the error, or of the first of several; empty: none
	header http.Header
	body   string
}

var errorCode = regexp.MustCompile(`<Code>(\w[^<]*)</Code>`)

func (p party) do(t *testing.T, r *http.Request) answer {
	t.Helper()
	resp, err := p.http.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, body: string(body)}
	if code := errorCode.FindStringSubmatch(a.body); code != nil {
		a.code = code[1]
	} else if a.status >= 400 { // of a HEAD, which has no body
		a.code = map[int]string{403: "AccessDenied", 404: "NotFound"}[a.status]
	}
	return a
}

// without is an answer without what differs from one to the next anyway, and
// with other names for some words.
func (a answer) without(words ...string) string {
	header := a.header.Clone()
	header.Del("Date")
	header.Del("X-Amz-Request-Id")
	text := fmt.Sprint(a.status, header, regexp.MustCompile(`<Request(ID|Id)>[^<]*</Request(ID|Id)>`).ReplaceAllString(a.body, ""))
	return strings.NewReplacer(words...).Replace(text)
}

// ask is a request to the EC2 API.
func (p party) ask(t *testing.T, action string, form url.Values) answer {
	t.Helper()
	form.Set("Action", action)
	form.Set("Version", ec2.APIVersion)
	body := form.Encode()
	r, err := http.NewRequestWithContext(t.Context(), "POST", p.ec2URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	p.sign(t, r, "ec2", body)
	return p.do(t, r)
}

func (p party) sign(t *testing.T, r *http.Request, service, body string) {
	t.Helper()
	if p.keys.AccessKey == "" {
		return
	}
	err := sign.V4(r, p.keys, sign.Scope{Region: "eucalyptus", Service: service}, sign.HashPayload([]byte(body)), time.Now())
	if err != nil {
		t.Fatal(err)
	}
}

// params reads parameters, in which "ID" stands for an id.
func params(t *testing.T, text, id string) url.Values {
	t.Helper()
	form, err := url.ParseQuery(strings.ReplaceAll(text, "ID!", url.QueryEscape(id)))
	if err != nil {
		t.Fatal(err)
	}
	return form
}

var firstID = regexp.MustCompile(`<(?:imageId|instanceId|groupId|uploadId|publicIp|keyPairId)>([^<]*)<`)

// must asks for what has to succeed, and returns the first id in the answer.
func (p party) must(t *testing.T, action, text string) string {
	t.Helper()
	a := p.ask(t, action, params(t, text, ""))
	if a.code != "" {
		t.Fatalf("%s by %s: got %s, want it done", action, p.name, a.body)
	}
	if id := firstID.FindStringSubmatch(a.body); id != nil {
		return id[1]
	}
	return ""
}

// furnish gives Alice her things.
func (r *realm) furnish(t *testing.T) {
	t.Helper()
	r.bundle(t, r.alice, herBundles, manifest.Manifest{})
	r.private, r.shared, r.public = r.privateImage(t), r.sharedImage(t), r.publicImage(t)
	r.keyPair = r.alice.must(t, "CreateKeyPair", "KeyName="+herKeyPair)
	r.group = r.alice.must(t, "DescribeSecurityGroups", "")
	r.instance = r.newInstance(t, "&ClientToken="+herToken)
	nodetest.AwaitState(t, r.node, r.instance, node.StateRunning)
	r.await(t, r.instance, instances.StateRunning)
	r.furnishNetwork(t)
	r.tagAll(t)
}

// bundle makes a bundle of somebody's with the manifest image.manifest.xml.
func (r *realm) bundle(t *testing.T, of party, bucket string, about manifest.Manifest) {
	t.Helper()
	at := personOf(t, r.Cloud, of.name).environment
	key, err := x509.ParsePKCS1PrivateKey(pemBytes(t, at["EC2_PRIVATE_KEY"]))
	if err != nil {
		t.Fatal(err)
	}
	about.Name, about.Arch, about.User = "image", "x86_64", of.account
	if err := r.objects.CreateBucket(t.Context(), of.caller(), bucket, "", ""); err != nil {
		t.Fatal(err)
	}
	image := strings.Repeat("root filesystem ", 1<<12)
	sink := bucketSink{r.objects, of.caller(), bucket}
	_, document, err := bundle.Create(t.Context(), strings.NewReader(image), int64(len(image)), bundle.Options{
		Manifest: about, CloudCert: r.identity.CloudCertificate(), Signer: key,
	}, sink)
	if err != nil {
		t.Fatal(err)
	}
	sink.put(t, "image.manifest.xml", string(document))
}

func pemBytes(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	return block.Bytes
}

// bucketSink puts what belongs to a bundle into a bucket.
type bucketSink struct {
	objects *objects.Service
	who     caller.Caller
	bucket  string
}

func (s bucketSink) Put(ctx context.Context, part manifest.Part, body []byte, done func()) error {
	defer done()
	_, err := s.objects.Put(ctx, s.who, s.bucket, part.Name, strings.NewReader(string(body)), objects.PutOptions{})
	return err
}

func (s bucketSink) put(t *testing.T, key, text string) {
	t.Helper()
	if err := s.Put(t.Context(), manifest.Part{Name: key}, []byte(text), func() {}); err != nil {
		t.Fatal(err)
	}
}

// publicImage is a new image of Alice's, as one is that was registered just now.
func (r *realm) publicImage(t *testing.T) string {
	t.Helper()
	return r.newImage(t, "alices-image")
}

func (r *realm) newImage(t *testing.T, name string) string {
	t.Helper()
	r.images++
	return r.alice.must(t, "RegisterImage", fmt.Sprintf("ImageLocation=%s&Name=%s-%d", herManifest, name, r.images))
}

func (r *realm) privateImage(t *testing.T) string {
	t.Helper()
	id := r.newImage(t, secret+"-image")
	r.alice.must(t, "ModifyImageAttribute", "LaunchPermission.Remove.1.Group=all&ImageId="+id)
	return id
}

// sharedImage is one that is permitted to Bob.
func (r *realm) sharedImage(t *testing.T) string {
	t.Helper()
	id := r.newImage(t, "alices-image")
	r.alice.must(t, "ModifyImageAttribute", "LaunchPermission.Remove.1.Group=all&LaunchPermission.Add.1.UserId="+r.bob.account+"&ImageId="+id)
	return id
}

var instanceID = regexp.MustCompile(`<instanceId>([^<]*)<`)

// newInstance is one of Alice's, just started.
func (r *realm) newInstance(t *testing.T, more string) string {
	t.Helper()
	data := url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(herUserData)))
	a := r.alice.ask(t, "RunInstances", params(t, "MinCount=1&MaxCount=1&KeyName="+herKeyPair+"&UserData="+data+more+"&ImageId=ID!", r.private))
	id := instanceID.FindStringSubmatch(a.body)
	if id == nil {
		t.Fatalf("run: got %s, want an instance", a.body)
	}
	return id[1]
}

// note remembers what is Alice's, and unchanged compares: others are held to it.
func (r *realm) note(t *testing.T) { t.Helper(); r.noted = r.alices(t) }

func (r *realm) unchanged(t *testing.T, who party) {
	t.Helper()
	if now := r.alices(t); now != r.noted {
		t.Errorf("%s changed what is Alice's:\n%s", who.name, cmp.Diff(r.noted, now))
		r.noted = now
	}
}

// alices is what the cloud has recorded of Alice's, and what her instance says.
func (r *realm) alices(t *testing.T) string {
	t.Helper()
	const (
		buckets = ` bucket IN (SELECT name FROM buckets WHERE account = ?1)`
		uploads = `SELECT id FROM uploads WHERE` + buckets + ` UNION SELECT version FROM objects WHERE` + buckets
	)
	var text strings.Builder
	err := r.state.View(t.Context(), func(tx *sql.Tx) error {
		for _, what := range []string{
			"* FROM accounts WHERE id = ?1", "* FROM access_keys WHERE account = ?1", "* FROM certificates WHERE account = ?1",
			"* FROM tags WHERE account = ?1", "* FROM key_pairs WHERE account = ?1", "* FROM security_groups WHERE account = ?1",
			"* FROM group_rules WHERE group_id IN (SELECT id FROM security_groups WHERE account = ?1)",
			"* FROM elastic_addresses WHERE account = ?1",
			"* FROM buckets WHERE account = ?1", "* FROM objects WHERE" + buckets,
			"* FROM uploads WHERE" + buckets, "* FROM parts WHERE upload IN (" + uploads + ")",
			"id, name, description, public, state, product_codes, manifest_hash FROM images WHERE account = ?1",
			"* FROM launch_permissions WHERE image IN (SELECT id FROM images WHERE account = ?1)", "* FROM reservations WHERE account = ?1",
			"* FROM instances WHERE reservation IN (SELECT id FROM reservations WHERE account = ?1 AND client_token = '" + herToken + "')",
		} {
			if err := dump(&text, tx, what, r.alice.account); err != nil {
				return fmt.Errorf("%s: %w", what, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.instance != "" {
		console, err := r.Cloud.instances.Console(t.Context(), r.alice.caller(), r.instance)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(console.Output)
	}
	return text.String()
}

// dump writes out what is selected of an account's.
func dump(w io.Writer, tx *sql.Tx, what, account string) error {
	rows, err := tx.Query("SELECT "+what, account)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for i, v := range values {
			if text, ok := v.([]byte); ok {
				values[i] = string(text)
			}
		}
		fmt.Fprintf(w, "%s\n%v\n", what, values)
	}
	return rows.Err()
}
