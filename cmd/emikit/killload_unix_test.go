//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"emikit/ec2"
	"emikit/publish"
)

// Names of what the clients of TestKill use.
const (
	killBucket = "images"
	// killImage is the bundle that instances run. Nobody changes it.
	killImage = "small.img"
	// killLarge is a bundle whose check takes a moment.
	killLarge = "large.img"
)

// ledger is what the clients know: what was acknowledged, and what was asked for
// without an answer. Each object belongs to one client, as do all reservations.
type ledger struct {
	mu           sync.Mutex
	tally        tally
	repairs      tally             // by the messages in the log of the starts
	last         int               // of the contents and names given out
	runnable     string            // the image that instances run
	public       [2]bool           // whether all may run it: what is known, and what may be so instead
	objects      map[string]*known // by key
	uploads      map[string]string // unfinished on purpose: keys by upload id
	images       map[string]bool   // by id; false: its deregistration was not answered
	lostImages   int               // registrations without an answer
	reservations map[string]*reservation
	keyPairs     map[string]string // fingerprints by name; empty: not answered
}

// tally counts what was acknowledged.
type tally map[string]int

func (t tally) String() string {
	var all []string
	for what, n := range t {
		all = append(all, fmt.Sprintf("%s %d", what, n))
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func newLedger() ledger {
	return ledger{
		public: [2]bool{true, true}, tally: tally{}, repairs: tally{}, objects: map[string]*known{}, uploads: map[string]string{}, images: map[string]bool{},
		reservations: map[string]*reservation{}, keyPairs: map[string]string{},
	}
}

// fresh is a number that nothing has yet.
func (l *ledger) fresh() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	return l.last
}

// known is what is known of an object: what was acknowledged, and what may be there
// instead.
type known struct{ is, maybe *content }

// content are the bytes of one write of an object. Nil: no object.
type content struct {
	seed, size int
	etag       string
}

func (c *content) String() string {
	if c == nil {
		return "no object"
	}
	return fmt.Sprintf("write %d of %d bytes", c.seed, c.size)
}

func (c *content) bytes() []byte {
	b := make([]byte, c.size)
	rand.NewChaCha8([32]byte{byte(c.seed), byte(c.seed >> 8), byte(c.seed >> 16)}).Read(b)
	return b
}

// reservation is what a request to run instances came to.
type reservation struct {
	request   ec2.RunInstancesRequest
	id        string            // empty: not answered
	instances map[string]string // what is known of each: running, ended, or unknown when its end was not answered
}

// life is the time from a start of the cloud to its kill.
type life struct {
	*victim
	ctx    context.Context // of the requests
	moment moment
	once   sync.Once
	come   chan struct{} // closed when the moment has come, but for its delay

	sent, acked atomic.Int64
	dying       atomic.Bool
}

// wait returns at the moment.
func (l *life) wait() {
	const atLatest = 10 * time.Second // the clients may be slower than was thought
	select {
	case <-l.come:
	case <-time.After(atLatest):
	}
	<-time.After(l.moment.delay)
}

// ask sends a request and counts it and its answer. It reports whether there was one;
// none is an error only as long as the cloud lives.
func (l *life) ask(what string, request func(context.Context) error) bool {
	if l.sent.Add(1) == l.moment.sent {
		l.once.Do(func() { close(l.come) })
	}
	err := request(l.ctx)
	if err != nil {
		if !l.dying.Load() {
			l.t.Errorf("%s: %v", what, err)
		}
		return false
	}
	l.mu.Lock()
	l.tally[what]++
	l.mu.Unlock()
	if l.acked.Add(1) == l.moment.acked {
		l.once.Do(func() { close(l.come) })
	}
	return true
}

// clients are what uses the cloud at the same time. Each takes one step after the
// other, until it is told that there is no next.
func (l *life) clients() []func() bool {
	var all []func() bool
	for n := range 3 {
		all = append(all, l.writer(n))
	}
	return append(all, l.uploader(), l.registrar(), l.launcher(), l.permitter(), l.keeper())
}

// chanceOf is a source of choices for one client.
func (l *life) chanceOf() *rand.Rand { return rand.New(rand.NewPCG(l.chance.Uint64(), 0)) }

// entry is what is known of an object.
func (l *ledger) entry(key string) *known {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.objects[key] == nil {
		l.objects[key] = &known{}
	}
	return l.objects[key]
}

// change asks for an object to become something else.
func (l *life) change(key, what string, to *content, request func(context.Context) error) bool {
	k := l.entry(key)
	k.maybe = to
	if !l.ask(what, request) {
		return false
	}
	k.is = to
	return true
}

// writer puts, replaces, copies and deletes objects.
func (l *life) writer(n int) func() bool {
	chance := l.chanceOf()
	return func() bool {
		key := fmt.Sprintf("writer %d/%d", n, chance.IntN(4))
		if chance.IntN(5) == 0 {
			return l.change(key, "delete", nil, func(ctx context.Context) error { return l.s3.delete(ctx, key) })
		}
		from := fmt.Sprintf("writer %d/%d", n, chance.IntN(4))
		if c := l.entry(from).is; c != nil && from != key && chance.IntN(4) == 0 {
			return l.change(key, "copy", c, func(ctx context.Context) error { return l.s3.copy(ctx, from, key) })
		}
		sizes := []int{0, 1, 999, 70_000, 400_000}
		c := &content{seed: l.fresh(), size: sizes[chance.IntN(len(sizes))]}
		body := c.bytes()
		c.etag = md5Tag(body)
		return l.change(key, "put", c, func(ctx context.Context) error { return l.s3.put(ctx, key, body) })
	}
}

// uploader makes objects of two parts, and now and then leaves an upload unfinished.
func (l *life) uploader() func() bool {
	chance := l.chanceOf()
	return func() bool {
		const part = 5 << 20 // the least
		key := fmt.Sprintf("uploader/%d", chance.IntN(2))
		c := &content{seed: l.fresh(), size: part + 1 + chance.IntN(100_000)}
		body := c.bytes()
		var u *s3Upload
		if !l.ask("begin upload", func(ctx context.Context) (err error) { u, err = l.s3.begin(ctx, key); return err }) {
			return false
		}
		for _, piece := range [][]byte{body[:part], body[part:]} {
			if !l.ask("put part", func(ctx context.Context) error { return l.s3.putPart(ctx, u, piece) }) {
				return false
			}
		}
		if chance.IntN(4) == 0 {
			l.mu.Lock()
			l.uploads[u.id] = key
			l.mu.Unlock()
			return true
		}
		c.etag = u.tag()
		return l.change(key, "complete upload", c, func(ctx context.Context) error { return l.s3.complete(ctx, u) })
	}
}

// registrar registers the large bundle again and again. Writing one of its parts anew
// makes the cloud check it each time. It deregisters most of the images.
func (l *life) registrar() func() bool {
	chance := l.chanceOf()
	part, err := os.ReadFile(filepath.Join(l.dir, "bundles", killLarge+".part.00"))
	if err != nil {
		l.t.Error(err)
	}
	return func() bool {
		if !l.ask("put", func(ctx context.Context) error { return l.s3.put(ctx, killLarge+".part.00", part) }) {
			return false
		}
		id, ok := l.register(killLarge)
		if !ok || chance.IntN(4) == 0 {
			return ok
		}
		l.setImage(id, false)
		ok = l.ask("deregister", func(ctx context.Context) error {
			_, err := l.ec2.DeregisterImage(ctx, &ec2.DeregisterImageRequest{ImageID: id})
			return err
		})
		if ok {
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.images, id)
		}
		return ok
	}
}

func (l *life) register(name string) (id string, ok bool) {
	ok = l.ask("register", func(ctx context.Context) error {
		out, err := l.ec2.RegisterImage(ctx, &ec2.RegisterImageRequest{ImageLocation: killBucket + "/" + name + ".manifest.xml"})
		if err == nil {
			id = out.ImageID
		}
		return err
	})
	if ok {
		l.setImage(id, true)
	} else {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lostImages++
	}
	return id, ok
}

func (l *ledger) setImage(id string, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.images[id] = known
}

// launcher runs instances and terminates some.
func (l *life) launcher() func() bool {
	chance := l.chanceOf()
	return func() bool {
		count := 1 + chance.IntN(2)
		token := fmt.Sprintf("token-%d", l.fresh())
		r := &reservation{request: ec2.RunInstancesRequest{
			ImageID: l.runnable, MinCount: count, MaxCount: count, ClientToken: token, UserData: []byte(token),
		}}
		l.reservations[token] = r
		ok := l.ask("run", func(ctx context.Context) error { return l.launch(ctx, r) })
		for most := chance.IntN(20); ok && l.running() > most; {
			ok = l.terminateOne()
		}
		return ok
	}
}

// running counts the instances that are to run. Only the launcher changes them.
func (l *life) running() (count int) {
	for _, r := range l.reservations {
		for _, state := range r.instances {
			if state == "running" {
				count++
			}
		}
	}
	return count
}

// terminateOne ends one of the instances that are to run.
func (l *life) terminateOne() bool {
	for _, r := range l.reservations {
		for id, state := range r.instances {
			if state != "running" {
				continue
			}
			r.instances[id] = "unknown"
			ok := l.ask("terminate", func(ctx context.Context) error { return l.terminate(ctx, id) })
			if ok {
				r.instances[id] = "ended"
			}
			return ok
		}
	}
	return true
}

// launch asks for the instances of a reservation, for the first time or again.
func (v *victim) launch(ctx context.Context, r *reservation) error {
	out, err := v.ec2.RunInstances(ctx, &r.request)
	if err != nil {
		return err
	}
	if r.id != "" && r.id != out.ID {
		return fmt.Errorf("token %s: reservation %s, was %s", r.request.ClientToken, out.ID, r.id)
	}
	if r.id = out.ID; r.instances == nil {
		r.instances = map[string]string{}
		for _, in := range out.Instances {
			r.instances[in.ID] = "running"
		}
	}
	if len(out.Instances) != r.request.MinCount {
		return fmt.Errorf("token %s: %d instances, want %d", r.request.ClientToken, len(out.Instances), r.request.MinCount)
	}
	return nil
}

func (v *victim) terminate(ctx context.Context, ids ...string) error {
	_, err := v.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesRequest{InstanceIDs: ids})
	return err
}

// permitter lets all run an image, and then nobody else, and so on.
func (l *life) permitter() func() bool {
	return func() bool {
		public := !l.public[0]
		all := []ec2.LaunchPermission{{Group: ec2.GroupAll}}
		change := ec2.LaunchPermissionChange{Add: all}
		if !public {
			change = ec2.LaunchPermissionChange{Remove: all}
		}
		l.public[1] = public
		ok := l.ask("permit", func(ctx context.Context) error {
			_, err := l.ec2.ModifyImageAttribute(ctx, &ec2.ModifyImageAttributeRequest{ImageID: l.runnable, LaunchPermission: change})
			return err
		})
		if ok {
			l.public[0] = public
		}
		return ok
	}
}

// keeper makes key pairs.
func (l *life) keeper() func() bool {
	return func() bool {
		name := fmt.Sprintf("key-%d", l.fresh())
		set := func(fingerprint string) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.keyPairs[name] = fingerprint
		}
		set("")
		return l.ask("create key pair", func(ctx context.Context) error {
			out, err := l.ec2.CreateKeyPair(ctx, &ec2.CreateKeyPairRequest{KeyName: name})
			if err == nil {
				set(out.Fingerprint)
			}
			return err
		})
	}
}

// prepare makes the bundles, and registers the one that instances run.
func (v *victim) prepare() {
	v.t.Helper()
	credentials := filepath.Join(v.dir, "data/credentials/admin")
	pair := func(end string) string {
		found, err := filepath.Glob(filepath.Join(credentials, "euca2-admin-*-"+end+".pem"))
		if err != nil || len(found) != 1 {
			v.t.Fatalf("credentials: found %q, %v", found, err)
		}
		return found[0]
	}
	if err := v.s3.createBucket(v.t.Context()); err != nil {
		v.t.Fatal(err)
	}
	for name, size := range map[string]int{killImage: 200_000, killLarge: 64 << 20} {
		image := filepath.Join(v.dir, name)
		if err := os.WriteFile(image, noise(200_000), 0o600); err != nil {
			v.t.Fatal(err)
		}
		if err := os.Truncate(image, int64(size)); err != nil {
			v.t.Fatal(err)
		}
		_, err := publish.BundleImage(v.t.Context(), publish.BundleRequest{
			Image: image, Destination: filepath.Join(v.dir, "bundles"), PartSize: 64 << 10, Arch: "x86_64", User: "000100729354",
			UserCert: pair("cert"), PrivateKey: pair("pk"), CloudCert: filepath.Join(credentials, "cloud-cert.pem"),
		})
		if err != nil {
			v.t.Fatal(err)
		}
	}
	v.upload(filepath.Join(v.dir, "bundles"))
	l := &life{victim: v, ctx: v.t.Context()}
	v.runnable, _ = l.register(killImage)
}

// upload puts the files of a directory into the bucket.
func (v *victim) upload(dir string) {
	v.t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, e := range entries {
		body, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err == nil {
			err = v.s3.put(v.t.Context(), e.Name(), body)
		}
		if err != nil {
			v.t.Fatal(err)
		}
	}
}
