package transfer

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/config"
	"emikit/doctor"
	"emikit/ec2"
	"emikit/upload"
)

type doctorFlags struct {
	cli.Connection
	ec2URL               string
	bucket, directory    string
	image                string
	cert, key, cloudCert string
	user                 string
	write                bool
	only                 []string
}

func newDoctorCmd(app *cli.App) *cobra.Command {
	var f doctorFlags
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check what the work needs before it is begun",
		Long: `Doctor looks at everything that bundling, uploading and registering an image need,
and says of each thing whether it is as it should be, on a line of its own: ok,
warning, failed, or not checked and why. Under what is not as it should be stands
what to do about it.

It looks at the configuration and where it comes from, the account, the certificates
and the private key, room on disk, and, of the object store and of the EC2 service,
the address, its name, the connection, TLS, the protocol, the clock and the access
key; with --bucket also at the bucket. What needs something that failed is not
checked; the rest is. Each check has ten seconds, and all of them together a minute;
a request that fails is not made again, unless --retries asks for it.

Nothing is changed, unless --write lets it store a small object in the bucket, under
a name that nobody else has, which it reads and removes again. Secrets are not shown.

It ends with 1 if something failed. Warnings do not count.`,
		Example: "  emikit doctor -b mybucket\n" +
			"  emikit doctor -b mybucket/2026/11 --write -i disk.img -d bundles\n" +
			"  emikit doctor --only s3 --url https://s3.example.org -b mybucket",
		Args: app.NoArgs(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), app, f)
		},
	}
	f.addFlags(app, cmd.Flags())
	return cmd
}

func (f *doctorFlags) addFlags(app *cli.App, fl *pflag.FlagSet) {
	f.AddFlags(fl, cli.BothKeys)
	f.AddPatienceFlags(app, fl)
	fl.StringVar(&f.ec2URL, "ec2-url", "", "talk to the EC2 service at `URL`; --url is the object store's")
	fl.StringVarP(&f.bucket, "bucket", "b", "", "a bundle is to go to `BUCKET[/PREFIX]`")
	fl.BoolVar(&f.write, "write", false, "store a small object there, read it and remove it again")
	fl.StringVarP(&f.directory, "destination", "d", "/tmp", "a bundle is to be made in `DIR`")
	fl.StringVarP(&f.image, "image", "i", "", "compare the room there with what `IMAGE` may take")
	fl.StringVarP(&f.cert, "cert", "c", "", "the user's certificate, a PEM `FILE`")
	fl.StringVarP(&f.key, "privatekey", "k", "", "the user's private key, a PEM `FILE`")
	fl.StringVar(&f.cloudCert, "ec2cert", "", "the cloud's certificate, a PEM `FILE`")
	fl.StringVarP(&f.user, "user", "u", "", "images belong to `ACCOUNT`")
	fl.StringSliceVar(&f.only, "only", nil, "check for `PART[,...]` of the work only: "+strings.Join(groupNames(), ", "))
}

func groupNames() (names []string) {
	for _, g := range doctor.Groups() {
		names = append(names, string(g))
	}
	return names
}

// request checks the form of the options.
func (f doctorFlags) request(app *cli.App) (r doctor.Request, err error) {
	for _, name := range f.only {
		if !slices.Contains(groupNames(), name) {
			return r, app.BadChoice("--only", name, groupNames()...)
		}
		r.Only = append(r.Only, doctor.Group(name))
	}
	if f.write && f.bucket == "" {
		return r, cli.Usagef("argument --write: needs -b/--bucket")
	}
	if f.bucket != "" {
		if r.Bucket, err = bucket(app, f.bucket); err != nil {
			return r, err
		}
	}
	if v := f.SigVersion; v != 0 && v != 2 && v != 4 {
		return r, cli.Usagef("argument --sigv: %d is not one of 2 and 4", v)
	}
	r.Write, r.Dir, r.Image = f.write, f.directory, f.image
	r.Store = upload.Config{
		SignatureVersion: f.SigVersion, Addressing: upload.Addressing(f.AddressingStyle),
		Retries: int(f.Retries), RetryFor: f.RetryFor, Log: app.Log(),
	}
	r.Client = ec2.Config{SignatureVersion: f.SigVersion, UserAgent: "emikit/" + app.Version, Log: app.Log()}
	r.Trust = func(c *config.Config, e config.Endpoint) (*x509.CertPool, bool, error) { return f.Trust(app, c, e) }
	r.Keys = func(c *config.Config) (config.Credentials, error) { return f.Keys(app, c) }
	r.Config = app.ConfigOptions()
	r.Config.Region, r.Config.CABundle, r.Config.EC2URL, r.Config.S3URL = f.Region, f.CABundle, f.ec2URL, f.URL
	r.Config.AccessKey, r.Config.SecretKey, r.Config.SessionToken = f.AccessKey, f.SecretKey, f.SecurityToken
	r.Config.UserCertificate, r.Config.PrivateKey, r.Config.CloudCertificate = f.cert, f.key, f.cloudCert
	r.Config.AccountID = f.user
	return r, nil
}

func runDoctor(ctx context.Context, app *cli.App, f doctorFlags) error {
	request, err := f.request(app)
	if err != nil {
		return err
	}
	var found findings
	live := app.Output == cli.Text // a person waits
	var written error
	request.Found = func(finding doctor.Finding) {
		found = append(found, finding)
		if live && written == nil {
			written = writeFinding(app.Stdout, finding)
		}
	}
	if err := doctor.Examine(ctx, request); err != nil {
		return err
	}
	if !live {
		written = found.show(app)
	}
	if n := found.failed(); written == nil && n > 0 {
		return fmt.Errorf("%d of %d checks failed", n, len(found))
	}
	return written
}

// writeFinding writes a line, and below it what to do.
func writeFinding(w io.Writer, f doctor.Finding) error {
	const columns = "%-11s  %-17s  %s\n"
	text := fmt.Sprintf(columns, f.State, f.Check, cli.Printable(f.Text))
	if f.Hint != "" {
		text += fmt.Sprintf(columns, "", "", "hint: "+cli.Printable(f.Hint))
	}
	_, err := io.WriteString(w, text)
	return err
}

// findings are those of a run.
type findings []doctor.Finding

// failed counts the checks that did.
func (list findings) failed() (n int) {
	for _, f := range list {
		if f.State == doctor.Failed {
			n++
		}
	}
	return n
}

func (list findings) show(app *cli.App) error {
	report := struct {
		OK     bool     `json:"ok"`
		Checks findings `json:"checks"`
	}{list.failed() == 0, list}
	var rows [][]string
	for _, f := range list {
		rows = append(rows, []string{string(f.State), f.Check, f.Text, f.Hint})
	}
	return app.Show(cli.View{JSON: report, Header: []string{"state", "check", "found", "hint"}, Rows: rows})
}
