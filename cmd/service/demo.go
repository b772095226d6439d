package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"emikit/cloud"
	"emikit/cmd/cli"
)

// Program runs a whole command line, argv[0] included, as the program would,
// and returns its exit code. It must not keep the App.
type Program func(ctx context.Context, app *cli.App, argv []string) int

func newDemoCmd(app *cli.App, program Program) *cobra.Command {
	var keep bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Take an image from file to running instance on a cloud of its own",
		Long: `Demo starts a cloud in a temporary directory and takes a kernel, a ramdisk and
a root filesystem all the way: bundle, upload, register, key pair, run,
console, metadata, terminate. Each step is shown as the command that a user
would type, with what it prints.

Kernel and ramdisk are this machine's own from /boot when they can be read,
otherwise small ones that are made on the spot. Nothing is left behind.

What is printed is for people: --output does not change it.`,
		Example: "  emikit demo\n  emikit demo --keep",
		Args:    cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd.Context(), app, program, keep)
		},
	}
	cmd.Flags().BoolVar(&keep, "keep", false, "leave the directory with everything that was made")
	return cmd
}

func runDemo(ctx context.Context, app *cli.App, program Program, keep bool) (err error) {
	dir, err := os.MkdirTemp("", "emikit-demo-")
	if err != nil {
		return err
	}
	defer func() {
		if keep {
			app.Notef("left in %s", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	in, err := makeInputs(dir)
	if err != nil {
		return err
	}
	for _, line := range in.notes {
		fmt.Fprintln(app.Stdout, "#", line)
	}
	return withCloud(ctx, app, dir, func(ctx context.Context, env map[string]string) error {
		return (&stage{app: app, program: program, env: env}).play(ctx, dir, in)
	})
}

// withCloud runs use beside a cloud that serves from dir, with the environment
// of its admin, and ends the cloud afterwards.
func withCloud(ctx context.Context, app *cli.App, dir string, use func(context.Context, map[string]string) error) error {
	flags := cloudFlags{dir: filepath.Join(dir, "cloud"), listen: cloud.DefaultListen, hypervisor: "mock", maxCores: demoCores}
	log := slog.New(slog.DiscardHandler)
	if app.Debug {
		log = app.Log()
	}
	config, err := flags.config(log)
	if err != nil {
		return err
	}
	fmt.Fprintf(app.Stdout, "$ emikit cloud --data %s --port 0 --ssl-port 0 &\n", flags.dir)
	c, err := cloud.Open(ctx, config)
	if err != nil {
		return err
	}
	fmt.Fprintln(app.Stdout, readyLine(c))
	fmt.Fprintf(app.Stdout, "$ source %s\n", filepath.Join(c.CredentialsDir(), "eucarc"))
	env, err := c.Environment(ctx)
	if err != nil {
		return errors.Join(err, c.Close(context.WithoutCancel(ctx)))
	}
	group, groupCtx := errgroup.WithContext(ctx)
	serveCtx, stop := context.WithCancel(groupCtx)
	group.Go(func() error { return c.Serve(serveCtx) })
	group.Go(func() error {
		defer stop()
		return use(serveCtx, env)
	})
	return errors.Join(group.Wait(), c.Close(context.WithoutCancel(ctx)))
}

// demoCores is enough for the demo's one instance.
const demoCores = 4

// play is the story: every line is a command that a user could type.
func (s *stage) play(ctx context.Context, dir string, in inputs) error {
	bundles := filepath.Join(dir, "bundles")
	kernel, ramdisk := filepath.Base(in.kernel), filepath.Base(in.ramdisk)

	s.run(ctx, "emikit", "bundle-image", "-i", in.kernel, "--kernel", "true", "-d", bundles)
	s.run(ctx, "emikit", "upload-bundle", "-b", "kernels", "-m", filepath.Join(bundles, kernel+".manifest.xml"))
	eki := s.id(ctx, "eki-", "emikit", "register", "kernels/"+kernel+".manifest.xml")

	s.run(ctx, "emikit", "bundle-image", "-i", in.ramdisk, "--ramdisk", "true", "-d", bundles)
	s.run(ctx, "emikit", "upload-bundle", "-b", "ramdisks", "-m", filepath.Join(bundles, ramdisk+".manifest.xml"))
	eri := s.id(ctx, "eri-", "emikit", "register", "ramdisks/"+ramdisk+".manifest.xml")

	s.run(ctx, "emikit", "bundle-image", "-i", in.root, "--kernel", eki, "--ramdisk", eri, "-d", bundles)
	s.run(ctx, "emikit", "upload-bundle", "-b", "images/demo", "-m", filepath.Join(bundles, "root.img.manifest.xml"))
	emi := s.id(ctx, "emi-", "emikit", "register", "images/demo/root.img.manifest.xml")
	s.run(ctx, "emikit", "describe-images")

	s.run(ctx, "emikit", "describe-availability-zones", "verbose")
	s.run(ctx, "emikit", "create-keypair", "demo", "-f", filepath.Join(dir, "demo.private"))
	instance := s.id(ctx, "i-", "emikit", "run-instances", emi, "-k", "demo", "-d", "hello from the demo")
	s.untilRunning(ctx, instance)
	s.run(ctx, "emikit", "get-console-output", instance)
	s.run(ctx, "emikit", "metadata", instance)
	s.run(ctx, "emikit", "metadata", instance, "meta-data/public-keys/0/openssh-key")
	s.run(ctx, "emikit", "metadata", instance, "user-data")
	s.run(ctx, "emikit", "terminate-instances", instance)
	for _, image := range []string{emi, eri, eki} {
		s.run(ctx, "emikit", "deregister", image)
	}
	s.run(ctx, "emikit", "delete-keypair", "demo")
	if s.err == nil {
		fmt.Fprintln(s.app.Stdout, "# "+strings.Join([]string{eki, eri, emi, instance}, ", ")+": bundled, uploaded, registered, run and ended")
	}
	return s.err
}
