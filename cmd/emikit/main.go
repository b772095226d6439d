// Command emikit bundles virtual-machine images, uploads them to an object
// store, registers them with an EC2-compatible cloud and runs them. It also
// carries a small cloud of its own. Called by a name such as euca-register or
// ec2-bundle-image, through a link, it takes that tool's place.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"emikit/cmd/cli"
	"emikit/config"
	"emikit/config/imds"
)

// version is set by the release build with -X main.version.
var version string

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := withSignals(context.Background())
	defer stop()
	app := cli.New(programVersion())
	app.SetToNothing = func(name string) bool {
		value, set := os.LookupEnv(name)
		return set && value == ""
	}
	app.InstanceKeys = func(ctx context.Context) (config.Credentials, error) {
		return imds.New(app.Getenv, app.Now).Keys(ctx)
	}
	return execute(ctx, app, os.Args)
}

// withSignals returns a context that the first interrupt, termination or
// hang-up signal ends with cli.ErrInterrupted as its cause. A second one ends
// the program at once, should its clean-up hang. A reader of the output that
// has gone away does not end the program in the middle of its work either: the
// write fails instead.
func withSignals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	signal.Ignore(syscall.SIGPIPE)
	done := make(chan struct{})
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
			cancel(cli.ErrInterrupted)
		case <-done:
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(done)
		cancel(nil)
	}
}

// programVersion is the release's version, or what the build recorded of the
// source it was made from.
func programVersion() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "devel"
	}
	return info.Main.Version
}
