package service

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cloud"
	"emikit/cmd/cli"
	"emikit/node"
	"emikit/node/mock"
)

type cloudFlags struct {
	dir        string
	listen     string
	port       int
	sslPort    int
	hypervisor string
	maxCores   int
	zone       string
	noNode     bool
	v2         string
	signatures string
	kernels    bool
	maxBuckets int
	bucketSize int // GiB
}

// Limits of the object store for users: as many buckets as Eucalyptus 3 and AWS let
// an account have, and so many GiB in each at most that bytes can be counted.
const (
	defaultMaxBuckets = 100
	maxBucketSize     = 1 << 30
)

func newCloudCmd(app *cli.App) *cobra.Command {
	var f cloudFlags
	cmd := &cobra.Command{
		Use:   "cloud --data DIR",
		Short: "Serve a small EC2-style cloud from a data directory",
		Long: `Cloud serves the EC2 API, an S3-style object store (Walrus) and instance
metadata, and runs instances on one compute node in the same program.

Everything it keeps is in the data directory. The first start makes its keys
and the account 'admin', whose credentials it leaves in
DIR/credentials/admin: source the eucarc file there to use the cloud. More
accounts are made with 'emikit user'.

When it serves, one line beginning with 'ready' appears on standard output.
SIGTERM or Ctrl-C ends it in good order, with exit code 0; what it had
acknowledged is found again at the next start.`,
		Example: "  emikit cloud --data ~/cloud\n  emikit cloud --data /srv/cloud --listen 192.0.2.10 --hypervisor mock",
		Args:    cli.Args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCloud(cmd.Context(), app, f)
		},
	}
	f.addTo(cmd.Flags())
	return cmd
}

func (f *cloudFlags) addTo(fl *pflag.FlagSet) {
	fl.StringVar(&f.dir, "data", "", "keep everything in `DIR` (required)")
	fl.StringVar(&f.listen, "listen", cloud.DefaultListen, "listen on the address `ADDR`; 0.0.0.0 for all")
	fl.IntVar(&f.port, "port", cloud.DefaultPort, "serve HTTP on port `N`; 0 takes a free one")
	fl.IntVar(&f.sslPort, "ssl-port", cloud.DefaultSSLPort, "serve TLS on port `N`; 0 takes a free one")
	fl.StringVar(&f.hypervisor, "hypervisor", "auto", "run instances with `KIND`: auto, mock or qemu")
	fl.IntVar(&f.maxCores, "max-cores", node.DefaultMaxCores, "let instances use `N` cores in all, however many there are")
	fl.StringVar(&f.zone, "zone", "", "name the availability zone `NAME`")
	fl.BoolVar(&f.noNode, "no-node", false, "run no compute node in this program")
	fl.StringVar(&f.v2, "signature-v2", string(cloud.SignatureV2Auto),
		"take requests signed with version 2 `WHEN`: auto (from this machine only), on or off")
	fl.StringVar(&f.signatures, "image-signatures", string(cloud.ImageSignaturesKnown),
		"register manifests signed by `WHOM`: known (a certificate of the account) or any (also unsigned ones)")
	fl.BoolVar(&f.kernels, "user-kernels", false, "let users register kernels and ramdisks, not administrators only")
	fl.IntVar(&f.maxBuckets, "max-buckets", defaultMaxBuckets, "let users make `N` buckets each; 0 for any number")
	fl.IntVar(&f.bucketSize, "max-bucket-size", 0, "let users fill a bucket up to `N` GiB; 0 for as much as there is room")
}

func runCloud(ctx context.Context, app *cli.App, f cloudFlags) error {
	config, err := f.config(app.Log())
	if err != nil {
		return err
	}
	if err := checkListen(ctx, f.listen); err != nil {
		return err
	}
	c, err := cloud.Open(ctx, config)
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintln(app.Stdout, readyLine(c)); err == nil {
		err = c.Serve(ctx)
	}
	return errors.Join(err, c.Close(context.WithoutCancel(ctx)))
}

// readyLine is what scripts wait for: its first word is "ready".
func readyLine(c *cloud.Cloud) string {
	return fmt.Sprintf("ready: %s, credentials in %s", c.EC2URL(), c.CredentialsDir())
}

// checkListen refuses what is neither an address nor a name that has one. Whether
// it is one of this machine shows when it is listened on.
func checkListen(ctx context.Context, listen string) error {
	if net.ParseIP(strings.Trim(listen, "[]")) != nil {
		return nil
	}
	if _, _, err := net.SplitHostPort(listen); err == nil {
		return cli.Usagef("--listen %s: an address without a port; --port and --ssl-port give these", listen)
	}
	if _, err := net.DefaultResolver.LookupHost(ctx, listen); err != nil {
		return cli.Usagef("--listen %s: neither an address nor a name that has one", listen)
	}
	return nil
}

// check refuses values of options of which one can see that they are wrong.
func (f cloudFlags) check() error {
	switch {
	case f.dir == "":
		return cli.Usagef("missing --data: where should the cloud keep its state?")
	case f.port < 0 || f.port > math.MaxUint16:
		return cli.Usagef("--port %d: not one of 0 to 65535", f.port)
	case f.sslPort < 0 || f.sslPort > math.MaxUint16:
		return cli.Usagef("--ssl-port %d: not one of 0 to 65535", f.sslPort)
	case f.maxCores < 1:
		return cli.Usagef("--max-cores %d: an instance needs one at least", f.maxCores)
	case f.maxBuckets < 0:
		return cli.Usagef("--max-buckets %d: not a number from 0 on", f.maxBuckets)
	case f.bucketSize < 0 || f.bucketSize > maxBucketSize:
		return cli.Usagef("--max-bucket-size %d: not one of 0 to %d (GiB)", f.bucketSize, maxBucketSize)
	}
	err := choice("--signature-v2", f.v2, cloud.SignatureV2Auto, cloud.SignatureV2On, cloud.SignatureV2Off)
	if err == nil {
		err = choice("--image-signatures", f.signatures, cloud.ImageSignaturesKnown, cloud.ImageSignaturesAny)
	}
	return err
}

// choice refuses a value that is none of the choices; without one the cloud has a
// default.
func choice[T ~string](option, value string, choices ...T) error {
	if value == "" || slices.Contains(choices, T(value)) {
		return nil
	}
	return cli.Usagef("%s %s: not one of %s", option, value, cli.Join(", ", choices, func(c T) string { return string(c) }))
}

// config is what the flags ask for, of a cloud and a node that log there.
func (f cloudFlags) config(log *slog.Logger) (cloud.Config, error) {
	if err := f.check(); err != nil {
		return cloud.Config{}, err
	}
	newNode, err := f.newNode(log)
	if err != nil {
		return cloud.Config{}, err
	}
	return cloud.Config{
		Dir: f.dir, Listen: f.listen, Port: f.port, SSLPort: f.sslPort, Zone: f.zone,
		SignatureV2: cloud.SignatureV2(f.v2), ImageSignatures: cloud.ImageSignatures(f.signatures), UserKernels: f.kernels,
		Limits:  cloud.StoreLimits{Buckets: f.maxBuckets, BucketBytes: int64(f.bucketSize) << 30},
		NewNode: newNode, Log: log,
	}, nil
}

type nodeMaker func(context.Context, string, *rsa.PrivateKey, *x509.Certificate) (cloud.Node, error)

func (f cloudFlags) newNode(log *slog.Logger) (nodeMaker, error) {
	if f.noNode {
		return nil, nil
	}
	hypervisor, why, err := newHypervisor(f.hypervisor)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, dir string, key *rsa.PrivateKey, cert *x509.Certificate) (cloud.Node, error) {
		log.Info("hypervisor chosen", "hypervisor", hypervisor.Info().Name, "cause", why)
		return node.New(ctx, node.Config{
			Dir: dir, Hypervisor: hypervisor, Key: key, Certificate: cert,
			MaxCores: f.maxCores, Log: log.With(slog.String("node", "local")),
		})
	}, nil
}

// newHypervisor makes a hypervisor of that kind and says why it is the one.
func newHypervisor(kind string) (h node.Hypervisor, why string, err error) {
	switch kind {
	case "auto":
		return mock.New(), "the only one in this build; it boots nothing", nil
	case "mock":
		return mock.New(), "asked for with --hypervisor; it boots nothing", nil
	case "qemu":
		return nil, "", cli.WithHint(errors.New("--hypervisor qemu: not in this build yet"),
			"use --hypervisor mock: it fetches, checks and unpacks images but boots none")
	}
	return nil, "", cli.Usagef("--hypervisor %s: not one of auto, mock, qemu", kind)
}
