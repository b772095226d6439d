package cloud

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"emikit/cloud/admin"
	"emikit/cloud/caller"
	"emikit/ec2"
	"emikit/sign"
)

// firstStart is the data directory after a cloud's first start, which makes keys
// and so takes long: its files by their paths.
var firstStart = sync.OnceValues(func() (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "emikit-cloud-test")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	ctx := context.Background()
	c, err := Open(ctx, Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err == nil {
		err = c.Close(ctx)
	}
	files := map[string][]byte{}
	walk := func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files[path], err = fs.ReadFile(os.DirFS(dir), path)
		}
		return err
	}
	return files, errors.Join(err, fs.WalkDir(os.DirFS(dir), ".", walk))
})

// startedConfig is testConfig on a directory of its own, on which a cloud has been
// started before.
func startedConfig(t *testing.T) Config {
	t.Helper()
	files, err := firstStart()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, text, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	return testConfig(dir)
}

// serveCloud opens a cloud and serves it until the test ends.
func serveCloud(t *testing.T, config Config) *Cloud {
	t.Helper()
	c := openCloud(t, config)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
		closeCloud(t, c)
	})
	return c
}

// person is a user of a cloud, as the variables of an eucarc file make one.
type person struct {
	t           *testing.T
	environment map[string]string
}

func newPerson(t *testing.T, c *Cloud, name string, isAdmin bool) person {
	t.Helper()
	if _, err := c.AddUser(t.Context(), name, isAdmin); err != nil {
		t.Fatal(err)
	}
	return personOf(t, c, name)
}

func personOf(t *testing.T, c *Cloud, name string) person {
	t.Helper()
	environment, err := c.UserEnvironment(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return person{t, environment}
}

func (p person) keys() sign.Credentials {
	return sign.Credentials{AccessKey: p.environment["EC2_ACCESS_KEY"], SecretKey: p.environment["EC2_SECRET_KEY"]}
}

// ec2 asks the EC2 API for something that every user may have, and returns the
// code of a refusal.
func (p person) ec2(version int) string {
	p.t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	client, err := ec2.NewClient(ec2.Config{
		Endpoint: p.environment["EC2_URL"], Credentials: p.keys(), SignatureVersion: version, Transport: transport,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = client.DescribeKeyPairs(p.t.Context(), &ec2.DescribeKeyPairsRequest{})
	if refusal, ok := errors.AsType[*ec2.Error](err); ok {
		return refusal.Code
	} else if err != nil {
		p.t.Fatal(err)
	}
	return ""
}

// s3 reads a path of the object store and returns the answer, or the code of a
// refusal.
func (p person) s3(version int, path string) string {
	p.t.Helper()
	at, err := url.Parse(p.environment["S3_URL"] + path)
	if err != nil {
		p.t.Fatal(err)
	}
	if version == 2 {
		at, err = sign.PresignV2S3("GET", at, p.keys(), time.Now().Add(time.Minute))
	} else {
		at, err = sign.PresignV4("GET", at, p.keys(), sign.Scope{Region: "eucalyptus", Service: "s3"}, time.Minute, time.Now())
	}
	if err != nil {
		p.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), "GET", at.String(), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	if code := regexp.MustCompile("<Code>(.*)</Code>").FindSubmatch(text); code != nil {
		return string(code[1])
	}
	return string(text)
}

func TestNewUserSeesOwnBucketsOnly(t *testing.T) {
	c := serveCloud(t, startedConfig(t))
	alice, bob := newPerson(t, c, "alice", false), newPerson(t, c, "bob", false)
	for _, who := range []string{"alice", "bob", "admin"} {
		a, err := c.identity.AccountByName(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		bucket := who + "s-bucket"
		if err := c.objects.CreateBucket(t.Context(), caller.Caller{Account: a.ID, Name: a.Name}, bucket, "", ""); err != nil {
			t.Fatal(err)
		}
	}
	buckets := regexp.MustCompile("<Name>([^<]*)</Name>")
	for name, p := range map[string]person{"alice": alice, "bob": bob, "admin": personOf(t, c, "admin")} {
		var listed []string
		for _, found := range buckets.FindAllStringSubmatch(p.s3(4, "/"), -1) {
			listed = append(listed, found[1])
		}
		if want := []string{name + "s-bucket"}; !slices.Equal(listed, want) {
			t.Errorf("%s lists %q, want %q", name, listed, want)
		}
	}
	if got := alice.s3(4, "/bobs-bucket"); got != "AccessDenied" {
		t.Errorf("alice lists bob's bucket: got %.200q, want AccessDenied", got)
	}
	if got := alice.ec2(4); got != "" {
		t.Errorf("alice's key pairs: refused with %s", got)
	}
}

// What is revoked or removed is refused by the next request, at every door.
func TestRevokedAtOnce(t *testing.T) {
	c := serveCloud(t, startedConfig(t))
	client := admin.NewClient(c.config.Dir)
	for name, revoke := range map[string]func(person) error{
		"alice": func(p person) error { return client.RevokeKey(t.Context(), "alice", p.keys().AccessKey) },
		"bob":   func(person) error { _, err := client.RemoveUser(t.Context(), "bob"); return err },
	} {
		p := newPerson(t, c, name, true)
		if got := p.ec2(4) + p.ec2(2); got != "" {
			t.Errorf("%s before: EC2 refuses with %s", name, got)
		}
		if err := revoke(p); err != nil {
			t.Fatal(err)
		}
		for _, version := range []int{2, 4} {
			if got := p.ec2(version); got != "AuthFailure" {
				t.Errorf("%s, signature version %d: EC2 says %q, want AuthFailure", name, version, got)
			}
			if got := p.s3(version, "/"); got != "InvalidAccessKeyId" {
				t.Errorf("%s, signature version %d: the object store says %.200q, want InvalidAccessKeyId", name, version, got)
			}
		}
	}
}

func TestRemoveUser(t *testing.T) {
	c := openCloud(t, startedConfig(t))
	defer closeCloud(t, c)
	client, ctx := admin.NewClient(c.config.Dir), t.Context()
	user, err := client.AddUser(ctx, "alice", false)
	if err != nil {
		t.Fatal(err)
	}
	who := caller.Caller{Account: user.Account, Name: "alice"}
	if err := c.objects.CreateBucket(ctx, who, "alices", "", ""); err != nil {
		t.Fatal(err)
	}
	groups, err := c.network.Groups(ctx, user.Account, nil)
	if err != nil || len(groups) != 1 {
		t.Fatalf("got groups %v, %v; want the default one", groups, err)
	}
	_, err = client.RemoveUser(ctx, "alice")
	if refusal, ok := errors.AsType[*admin.Error](err); !ok || !strings.HasSuffix(err.Error(), ": bucket alices") || refusal.Hint() == "" {
		t.Errorf("with a bucket: got %v, want it named, with a hint", err)
	}
	if again, err := client.Users(ctx); err != nil || len(again) != 2 || again[1] != user {
		t.Errorf("after a refusal: got %v, %v; want alice as she was", again, err)
	}
	if err := c.objects.DeleteBucket(ctx, who, "alices"); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(user.Credentials, "my own")
	if err := os.WriteFile(own, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	gone, err := client.RemoveUser(ctx, "alice")
	if err != nil || gone.Credentials != user.Credentials {
		t.Errorf("got %+v, %v; want the folder told that was left", gone, err)
	}
	if left, err := filepath.Glob(filepath.Join(user.Credentials, "*")); err != nil || !slices.Equal(left, []string{own}) {
		t.Errorf("left are %q, %v; want the user's own file alone", left, err)
	}
	// The next one gets the network of the group that went.
	next, err := client.AddUser(ctx, "alice", false)
	if err != nil || next.Account == user.Account {
		t.Fatalf("again: got %+v, %v; want another number", next, err)
	}
	if after, err := c.network.Groups(ctx, next.Account, nil); err != nil || after[0].VLAN != groups[0].VLAN {
		t.Errorf("the network: got %v, %v; want VLAN %d again", after, err, groups[0].VLAN)
	}
}

// Many things are not all named.
func TestRemoveUserNamesSome(t *testing.T) {
	err := &inUseError{"alice", []string{"1", "2", "3", "4", "5", "6", "7", "8"}}
	if want := "1, 2, 3, 4, 5, 6 and 2 more"; !strings.HasSuffix(err.Error(), want) || !errors.Is(err, admin.ErrInUse) {
		t.Errorf("got %v, want it to end with %q", err, want)
	}
}

// Users are there after a restart, and their credentials have the new address.
// What their owner took away is not made again.
func TestRestartKeepsUsers(t *testing.T) {
	config := startedConfig(t)
	config.NewNode = nil
	first := openCloud(t, config)
	alice, bob := newPerson(t, first, "alice", false), newPerson(t, first, "bob", false)
	closeCloud(t, first)
	if _, err := os.Lstat(filepath.Join(config.Dir, admin.SocketName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket after an orderly end: %v, want it gone", err)
	}
	if err := os.RemoveAll(filepath.Join(config.Dir, "credentials", "bob")); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", strings.TrimPrefix(strings.TrimSuffix(alice.environment["EC2_URL"], ec2Path), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() // so that the port is another one
	second := serveCloud(t, config)
	text, err := os.ReadFile(filepath.Join(config.Dir, "credentials", "alice", "eucarc"))
	if err != nil || !strings.Contains(string(text), second.EC2URL()) || !strings.Contains(string(text), alice.keys().SecretKey) {
		t.Errorf("eucarc has not the address %s and the same key (%v):\n%s", second.EC2URL(), err, text)
	}
	if again := personOf(t, second, "alice"); again.ec2(4) != "" {
		t.Errorf("alice is refused after a restart")
	}
	if _, err := os.Stat(filepath.Join(config.Dir, "credentials", "bob")); err == nil {
		t.Error("credentials that were taken away were made again")
	}
	bob.environment["EC2_URL"] = second.EC2URL()
	if got := bob.ec2(4); got != "" {
		t.Errorf("bob, who has them, is refused: %s", got)
	}
}

// Whoever is killed while users are being added leaves a cloud that starts.
func TestStaleAdminSocket(t *testing.T) {
	config := startedConfig(t)
	config.NewNode = nil
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(config.Dir, admin.SocketName), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	c := openCloud(t, config)
	defer closeCloud(t, c)
	if all, err := admin.NewClient(config.Dir).Users(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("got %v, %v; want the administrator", all, err)
	}
}
