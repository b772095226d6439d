package main

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"emikit/cloud"
	"emikit/ec2"
	"emikit/node"
	"emikit/node/mock"
	"emikit/sign"
	"emikit/upload"
)

// cloudTemplate is the data directory of a cloud after its first start, which
// makes keys and so takes long. Every script has a cloud on a copy of it.
type cloudTemplate struct {
	dir  string
	once sync.Once
	err  error
}

// commands are those of the scripts that have to do with a cloud.
func (t *cloudTemplate) commands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"cloud":      t.cmdCloud,
		"othercloud": t.cmdOtherCloud,
		"waitstate":  cmdWaitState,
		"putobject":  cmdPutObject,
	}
}

// cmdCloud starts a cloud in the test's own process, on free ports, and sets the
// variables that its eucarc file sets. It ends with the script. The arguments are
// those settings of a cloud that are not the default.
func (t *cloudTemplate) cmdCloud(ts *testscript.TestScript, neg bool, args []string) {
	const text = "cloud [user-kernels] [any-signatures]"
	usage(ts, neg, args, 0, true, text)
	var config cloud.Config
	for _, arg := range args {
		switch arg {
		case "user-kernels":
			config.UserKernels = true
		case "any-signatures":
			config.ImageSignatures = cloud.ImageSignaturesAny
		default:
			ts.Fatalf("usage: %s", text)
		}
	}
	for name, value := range t.start(ts, "data", config) {
		ts.Setenv(name, value)
	}
}

// cmdOtherCloud starts one more cloud, which has the same keys, and sets the variables
// that its eucarc file sets, under names that begin with OTHER_.
func (t *cloudTemplate) cmdOtherCloud(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 0, false, "othercloud")
	for name, value := range t.start(ts, "other-data", cloud.Config{}) {
		ts.Setenv("OTHER_"+name, value)
	}
}

// start starts a cloud on a copy of the template, and returns the variables of its
// eucarc file.
func (t *cloudTemplate) start(ts *testscript.TestScript, name string, config cloud.Config) map[string]string {
	t.once.Do(t.make)
	ts.Check(t.err)
	dir := ts.MkAbs(name)
	ts.Check(os.CopyFS(dir, os.DirFS(t.dir)))
	ctx, stop := context.WithCancel(context.Background())
	c, err := openCloud(ctx, dir, config)
	if err != nil {
		stop()
		ts.Fatalf("%v", err)
	}
	served := make(chan error, 1)
	go func() { served <- c.Serve(ctx) }()
	ts.Defer(func() {
		stop()
		if err := errors.Join(<-served, c.Close(context.Background())); err != nil {
			ts.Logf("the cloud: %v", err)
		}
	})
	variables, err := c.Environment(ctx)
	ts.Check(err)
	return variables
}

// make starts and ends the first cloud.
func (t *cloudTemplate) make() {
	ctx := context.Background()
	var c *cloud.Cloud
	if c, t.err = openCloud(ctx, t.dir, cloud.Config{}); t.err == nil {
		t.err = c.Close(ctx)
	}
}

func openCloud(ctx context.Context, dir string, config cloud.Config) (*cloud.Cloud, error) {
	const cores, memory = 8, 4096 // MB; a script does not depend on its machine
	log := slog.New(slog.DiscardHandler)
	// http.Server.Shutdown waits five seconds for connections that were made and
	// not used yet, which a client that keeps connections has now and then.
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	config.Dir, config.Log = dir, log
	config.NewNode = func(ctx context.Context, dir string, key *rsa.PrivateKey, cert *x509.Certificate) (cloud.Node, error) {
		return node.New(ctx, node.Config{
			Dir: dir, Hypervisor: mock.New(), Key: key, Certificate: cert,
			MaxCores: cores, MaxMemoryMB: memory, Log: log, HTTP: client,
		})
	}
	return cloud.Open(ctx, config)
}

// How long waitstate waits, and how often it asks.
const (
	stateWithin = 30 * time.Second
	askEvery    = 20 * time.Millisecond
)

// cmdWaitState waits until an instance has a state.
func cmdWaitState(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 2, false, "waitstate INSTANCE STATE")
	transport := &http.Transport{DisableKeepAlives: true} // as in openCloud
	client, err := ec2.NewClient(ec2.Config{Endpoint: ts.Getenv("EC2_URL"), Credentials: adminKeys(ts), Transport: transport})
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), stateWithin)
	defer cancel()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		out, err := client.DescribeInstances(ctx, &ec2.DescribeInstancesRequest{InstanceIDs: args[:1]})
		ts.Check(err)
		state := out.Reservations[0].Instances[0].State.Name
		if state == args[1] {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			ts.Fatalf("%s: still %s after %s, want %s", args[0], state, stateWithin, args[1])
		}
	}
}

// cmdPutObject puts a file into a bucket, under its own name.
func cmdPutObject(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 2, false, "putobject FILE BUCKET[/PREFIX]")
	store, err := upload.Open(upload.Config{Endpoint: ts.Getenv("S3_URL"), Credentials: adminKeys(ts)})
	ts.Check(err)
	to, err := upload.ParseLocation(args[1])
	ts.Check(err)
	f, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	info, err := f.Stat()
	ts.Check(err)
	ts.Check(store.Put(context.Background(), to, filepath.Base(args[0]), f, info.Size(), upload.DefaultACL))
}

func adminKeys(ts *testscript.TestScript) sign.Credentials {
	return sign.Credentials{AccessKey: ts.Getenv("EC2_ACCESS_KEY"), SecretKey: ts.Getenv("EC2_SECRET_KEY")}
}
