package transfer

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/manifest"
	"emikit/upload"
)

// bucketServer is an object store that believes everything. Package upload's
// tests have one that does not.
type bucketServer struct {
	mu      sync.Mutex
	objects map[string][]byte // by path; a bucket is a path without a slash in it
}

func (s *bucketServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/services/Walrus/")
	bucket, key, _ := strings.Cut(path, "/")
	_, exists := s.objects[bucket]
	body, found := s.objects[path]
	switch {
	case !strings.Contains(r.Header.Get("Authorization"), "AKIALICE"):
		answer(w, 403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	case !exists && (r.Method != "PUT" || key != ""):
		answer(w, 404, "NoSuchBucket", "The specified bucket does not exist")
	case r.Method == "PUT":
		s.objects[path], _ = io.ReadAll(r.Body)
	case r.Method == "DELETE":
		delete(s.objects, path)
		w.WriteHeader(http.StatusNoContent)
	case r.URL.Query().Has("location"):
		io.WriteString(w, "<LocationConstraint/>")
	case key == "":
		s.list(w, bucket+"/"+r.URL.Query().Get("prefix"))
	case !found:
		answer(w, 404, "NoSuchKey", "The specified key does not exist.")
	default:
		w.Write(body)
	}
}

func answer(w http.ResponseWriter, status int, code, message string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, message)
}

// list lists what is directly below the prefix's folder.
func (s *bucketServer) list(w io.Writer, prefix string) {
	bucket, _, _ := strings.Cut(prefix, "/")
	io.WriteString(w, "<ListBucketResult>")
	for path := range s.objects {
		if rest, ok := strings.CutPrefix(path, prefix); ok && !strings.Contains(rest, "/") {
			fmt.Fprintf(w, "<Contents><Key>%s</Key><Size>%d</Size></Contents>", strings.TrimPrefix(path, bucket+"/"), len(s.objects[path]))
		}
	}
	io.WriteString(w, "</ListBucketResult>")
}

// world is an object store, a bundle of two parts, and an empty directory.
type world struct {
	server           *bucketServer
	url, bundle, dir string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{server: &bucketServer{objects: map[string][]byte{}}, bundle: t.TempDir(), dir: t.TempDir()}
	s := httptest.NewServer(w.server)
	t.Cleanup(s.Close)
	w.url = s.URL + "/services/Walrus"
	m := &manifest.Manifest{Arch: "x86_64", Name: "k", User: "123456789012", Size: 1, BundledSize: 2,
		CloudKey: []byte{1}, CloudIV: []byte{2}}
	for i := range 2 {
		part := manifest.Part{Index: i, Name: manifest.PartName("k", i), Digest: sha1.Sum([]byte{byte(i)})}
		m.Parts = append(m.Parts, part)
		w.write(t, part.Name, []byte{byte(i)})
	}
	document, err := manifest.Sign(m, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.write(t, "k.manifest.xml", document)
	return w
}

func (w *world) write(t *testing.T, name string, body []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.bundle, name), body, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs a command line in a dialect. In it, and in what is expected, B stands
// for the bundle's directory and D for the other one.
func (w *world) run(family cli.Family, line string, environment ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	app := cli.New("test")
	app.Family, app.Name, app.Stdout, app.Stderr = family, string(family), &out, &errs
	app.Getenv = func(name string) string {
		for _, pair := range append(environment, "S3_URL="+w.url, "EC2_ACCESS_KEY=AKIALICE", "EC2_SECRET_KEY=secret") {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
	root := &cobra.Command{Use: "emikit"}
	app.AddCommonFlags(root)
	root.AddCommand(Commands(app)...)
	code = app.Run(context.Background(), root, strings.Fields(w.paths().Replace(line)))
	return out.String(), errs.String(), code
}

func (w *world) paths() *strings.Replacer {
	return strings.NewReplacer("{B}", w.bundle, "{D}", w.dir, "{URL}", w.url)
}

func TestOutput(t *testing.T) {
	for _, tt := range []struct {
		name   string
		family cli.Family
		line   string
		want   string
	}{
		{"upload", cli.Native, "upload-bundle -b mybucket/p -m {B}/k.manifest.xml", "Uploaded mybucket/p/k.manifest.xml\n"},
		{"upload", cli.Euca, "upload-bundle --bucket mybucket --manifest {B}/k.manifest.xml --access-key AKIALICE --secret-key s --url {URL} --region r --ec2cert x", "Uploaded mybucket/k.manifest.xml\n"},
		{"skip manifest", cli.Euca, "upload-bundle -b mybucket -m {B}/k.manifest.xml --skipmanifest", ""},
		{"upload", cli.EC2, "upload-bundle -b newbucket -m {B}/k.manifest.xml -a AKIALICE -s x -d {B} --sigv 2 --jobs 1 --batch --retry 5",
			"Creating bucket...\nUploading bundled image parts to the S3 bucket newbucket ...\nUploaded k.part.00\nUploaded k.part.01\n" +
				"Uploading manifest ...\nUploaded manifest.\nBundle upload completed.\n"},
		{"upload some", cli.EC2, "upload-bundle -b newbucket -m {B}/k.manifest.xml --part 1 --skipmanifest --acl public-read",
			"Creating bucket...\nUploading bundled image parts to the S3 bucket newbucket ...\nSkipping k.part.00\nUploaded k.part.01\n" +
				"Skipping manifest.\nBundle upload completed.\n"},
		{"download", cli.Native, "download-bundle -b full -d {D}", "Wrote manifest {D}/k.manifest.xml\n"},
		{"download", cli.Euca, "download-bundle -b full -p k -d {D}", "Wrote manifest {D}/k.manifest.xml\n"},
		{"download", cli.EC2, "download-bundle -b full/x -m k.manifest.xml -k {B}/k.manifest.xml -d {D} --jobs 1",
			"Downloading manifest x/k.manifest.xml from full to {D}/k.manifest.xml ...\n" +
				"Downloading part x/k.part.00 to {D}/k.part.00 ...\nDownloaded k.part.00 from full\n" +
				"Downloading part x/k.part.01 to {D}/k.part.01 ...\nDownloaded k.part.01 from full\n"},
	} {
		t.Run(string(tt.family)+" "+tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.fill(t, "full", "full/x")
			stdout, stderr, code := w.run(tt.family, tt.line)
			if want := w.paths().Replace(tt.want); stdout != want || stderr != "" || code != 0 {
				t.Errorf("got  %q, %q, exit code %d\nwant %q", stdout, stderr, code, want)
			}
		})
	}
}

// TestReplacing: a bundle that replaces another of its name is told.
func TestReplacing(t *testing.T) {
	w := newWorld(t)
	w.fill(t, "full/x")
	for line, want := range map[string]string{
		"upload-bundle -m {B}/k.manifest.xml -b full/x": "replacing an earlier bundle called k in full/x\n",
		"download-bundle -p k -b full/x -d {B}":         "replacing an earlier bundle called k in {B}\n",
	} {
		_, stderr, code := w.run(cli.Native, line)
		if want = w.paths().Replace(want); stderr != want || code != 0 {
			t.Errorf("%s: got %q, exit code %d, want %q", line, stderr, code, want)
		}
	}
}

// TestOutage: a service that fails is told of once, not for each part and try.
func TestOutage(t *testing.T) {
	var stderr bytes.Buffer
	app := cli.New("test")
	app.Stderr = &stderr
	w := newWatcher(app, "uploading", "bkt", nil)
	down := upload.Event{Kind: upload.Retrying, Err: errors.New("connect to http://h: connection refused"), Wait: 7400 * time.Millisecond}
	for _, down.Name = range []string{"k.part.00", "k.part.01", "k.part.00", "k.part.01"} {
		w.event(down)
	}
	w.event(upload.Event{Kind: upload.PartDone, Name: "k.part.00"})
	down.Err = errors.New("upload bkt/k.part.01: SlowDown")
	w.event(down)
	w.event(down)
	want := "k.part.00: connect to http://h: connection refused; trying again for up to 7s\n" +
		"upload bkt/k.part.01: SlowDown; trying again for up to 7s\n"
	if got := stderr.String(); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// fill puts the bundle into buckets.
func (w *world) fill(t *testing.T, to ...string) {
	t.Helper()
	for _, location := range to {
		if _, stderr, code := w.run(cli.Native, "upload-bundle -m {B}/k.manifest.xml -b "+location); code != 0 {
			t.Fatal(stderr)
		}
	}
}

func TestJSON(t *testing.T) {
	w := newWorld(t)
	stdout, _, _ := w.run(cli.Native, "upload-bundle -m {B}/k.manifest.xml -b mybucket --output json")
	var got struct {
		Manifest, Bucket string
		Complete         bool
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || got.Manifest != "mybucket/k.manifest.xml" || !got.Complete {
		t.Errorf("%q: got %+v, %v", stdout, got, err)
	}
	stdout, _, _ = w.run(cli.EC2, "download-bundle -b mybucket -p k -d {D} --output json")
	if want := w.paths().Replace("{\n  \"manifests\": [\n    \"{D}/k.manifest.xml\"\n  ]\n}\n"); stdout != want {
		t.Errorf("got %q, want %q", stdout, want)
	}
}

func TestMistakes(t *testing.T) {
	const up = "upload-bundle -m {B}/k.manifest.xml "
	for _, tt := range []struct {
		family cli.Family
		line   string
		want   string // of standard error, up to any hint
		code   int
	}{
		{cli.Native, "upload-bundle -b bkt", "emikit upload-bundle: argument -m/--manifest is required", 2},
		{cli.Euca, up, "euca: error: argument -b/--bucket is required", 2},
		{cli.EC2, up, "missing mandatory parameter: --bucket\nTry 'ec2 --help'", 1},
		{cli.Euca, up + "-b bkt --acl bogus", "euca: error: argument --acl: invalid choice: 'bogus' (choose from 'public-read', 'aws-exec-read', 'ec2-bundle-read')", 2},
		{cli.EC2, up + "-b bkt --acl private", "--acl has invalid value 'private'\nTry 'ec2 --help'", 1},
		{cli.EC2, up + "-b bkt -d nodir", "--directory has invalid value 'nodir': Directory does not exist or is not a directory.\nTry 'ec2 --help'", 1},
		{cli.Euca, "upload-bundle -b bkt -m nosuch.xml", "euca: error: No such file or directory: nosuch.xml", 1},
		{cli.Native, "upload-bundle -b bkt -m nosuch.xml", "emikit upload-bundle: manifest nosuch.xml: no such file or directory", 1},
		{cli.Native, up + "-b bkt -d nodir", "emikit upload-bundle: nodir: no such directory", 1},
		{cli.Native, up + "-b bkt -d {D}", "emikit upload-bundle: no such part: '{D}/k.part.00'", 1},
		{cli.EC2, up + "-b bkt -d {D}", "Failed to upload \"{D}/k.part.00\": No such file or directory\nERROR: Failed to upload \"{D}/k.part.00\": No such file or directory", 3},
		{cli.Native, up + "-b bkt --part 2", "emikit upload-bundle: argument --part: manifest {B}/k.manifest.xml: part 2: no such part to begin with: there are 2, counted from 0", 2},
		{cli.Native, up + "-b bkt --part -1", "emikit upload-bundle: argument --part: -1 is not the number of a part", 2},
		{cli.EC2, up + "-b bkt --part -1", "--part has invalid value '-1': -1 is not the number of a part\nTry 'ec2 --help'", 1},
		{cli.Native, up + "-b bkt --part 1", "emikit upload-bundle: list bkt: NoSuchBucket: The specified bucket does not exist", 1},
		{cli.Native, up + "-b holes --part 2", "emikit upload-bundle: argument --part: manifest {B}/k.manifest.xml: part 2: no such part to begin with: there are 2, counted from 0", 2},
		{cli.Native, up + "-b a..b", "emikit upload-bundle: bucket \"a..b\": not a bucket's name: 3 to 63 letters, digits, '.', '-' and '_', a letter or a digit at both ends, and no '.' beside a '.' or a '-'", 2},
		{cli.Native, up + "-b bkt -j 0", "emikit upload-bundle: argument -j/--jobs: 0 is not a number of parts: 1 or more", 2},
		{cli.Euca, "download-bundle -b full -j -2", "euca: error: argument -j/--jobs: -2 is not a number of parts: 1 or more", 2},
		{cli.EC2, up + "-b full --location EU", "ERROR: Bucket \"full\" already exists in \"US\" and \"EU\" was specified.", 10},
		{cli.Native, up + "-b full --location EU", "emikit upload-bundle: bucket full: it is in US, not in EU", 1},
		{cli.Euca, up + "-b bkt -a AKIBOB -s x", "euca: error (InvalidAccessKeyId): The AWS Access Key Id you provided does not exist in our records.", 1},
		{cli.Native, up + "-b bkt -a AKIBOB -s x", "emikit upload-bundle: look up bucket bkt: InvalidAccessKeyId: The AWS Access Key Id you provided does not exist in our records.", 1},
		{cli.EC2, up + "-b bkt -a AKIBOB -s x", "ERROR: Error talking to S3: Server.InvalidAccessKeyId(403): The AWS Access Key Id you provided does not exist in our records.", 3},
		{cli.Native, up + "-b bkt -U http://127.0.0.1:1", "emikit upload-bundle: connect to http://127.0.0.1:1: connection refused", 1},
		{cli.Native, "download-bundle -b full -m a/k.manifest.xml", "emikit download-bundle: argument -m/--manifest: 'a/k.manifest.xml' is not a plain name; give the prefix with the bucket", 2},
		{cli.EC2, "download-bundle -b full -m a/b.xml -d {D}", "--manifest has invalid value 'a/b.xml': '/' character not allowed.\nTry 'ec2 --help'", 1},
		{cli.EC2, "download-bundle -b full -m a.xml -p k", "--prefix and --manifest may not both be provided\nTry 'ec2 --help'", 1},
		{cli.Euca, "download-bundle -b full -m x -p k", "euca: error: argument -p/--prefix: not allowed with argument -m/--manifest", 2},
		{cli.Euca, "download-bundle -b full -m k.manifest.xml -d nodir", "euca: error: argument -d/--directory: 'nodir' does not exist", 2},
		{cli.Euca, "download-bundle -b nobucket -m x.manifest.xml -d {D}", "euca: error: manifest 'nobucket/x.manifest.xml' does not exist on the server", 1},
		{cli.EC2, "download-bundle -b full -d {D}", "Failed to download \"image.manifest.xml\": Server.NoSuchKey(404): The specified key does not exist.\nERROR: Failed to download \"image.manifest.xml\": Server.NoSuchKey(404): The specified key does not exist.", 3},
		{cli.Euca, "download-bundle -b holes -p k -d {D}", "euca: error (NoSuchKey): The specified key does not exist.", 1},
	} {
		t.Run(string(tt.family)+" "+tt.line, func(t *testing.T) {
			w := newWorld(t)
			w.fill(t, "full", "holes")
			delete(w.server.objects, "holes/k.part.01")
			_, stderr, code := w.run(tt.family, tt.line)
			got, _, _ := strings.Cut(strings.TrimSuffix(stderr, "\n"), "\nhint: ")
			if want := w.paths().Replace(tt.want); got != want || code != tt.code {
				t.Errorf("got  %q, exit code %d\nwant %q, exit code %d", got, code, want, tt.code)
			}
			if left, _ := os.ReadDir(w.dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}
