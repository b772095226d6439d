package config

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/config"
)

func newEnvironmentCmd(app *cli.App) *cobra.Command {
	var (
		conn   cli.Connection
		simple bool
	)
	cmd := &cobra.Command{
		Use:   "generate-environment-config",
		Short: "Print the configuration as variables for a shell",
		Long: `Generate-environment-config prints the variables that say to other programs what
the files and the environment say to this one: the endpoints, the keys, the account
and the certificates of a region. A shell takes them with

  eval "$(emikit generate-environment-config --region lab)"

What is not configured is listed in comments behind them. The secret key is among
what is printed: do not keep the output where others can read it.`,
		Example: "  emikit generate-environment-config --region admin@lab\n  emikit generate-environment-config --simple",
		Args:    cli.Args(0, 0),
		RunE:    func(*cobra.Command, []string) error { return runEnvironment(app, conn, simple) },
	}
	conn.AddFlags(cmd.Flags(), cli.UpperKeys)
	cmd.Flags().BoolVar(&simple, "simple", false, "print NAME=VALUE, for programs that are no shell")
	return cmd
}

func runEnvironment(app *cli.App, conn cli.Connection, simple bool) error {
	conf, err := conn.Config(app)
	if err != nil {
		return err
	}
	variables, err := environment(app, conn, conf)
	if err != nil {
		return err
	}
	return app.Show(cli.View{JSON: variables, Text: func(w io.Writer) error {
		if simple {
			return writeSimple(w, variables)
		}
		return writeShell(w, variables)
	}})
}

// services are those of euca2ools 3.4 that a region of the files may have an address
// of, by the names that the files call them by, and their variables.
func services() map[string]string {
	return map[string]string{
		"autoscaling":          "AWS_AUTO_SCALING_URL",
		"bootstrap":            "EUCA_BOOTSTRAP_URL",
		"cloudformation":       "AWS_CLOUDFORMATION_URL",
		"ec2":                  "EC2_URL",
		"elasticloadbalancing": "AWS_ELB_URL",
		"iam":                  "AWS_IAM_URL",
		"monitoring":           "AWS_CLOUDWATCH_URL",
		"properties":           "EUCA_PROPERTIES_URL",
		"reporting":            "EUCA_REPORTING_URL",
		"s3":                   "S3_URL",
		"sts":                  "TOKEN_URL",
	}
}

// environment finds what the variables say; what is not configured is "".
func environment(app *cli.App, conn cli.Connection, conf *config.Config) (map[string]string, error) {
	variables := map[string]string{}
	for service, variable := range services() {
		address, err := conf.ServiceURL(service, variable)
		if err != nil {
			return nil, err
		}
		variables[variable] = address.Text
	}
	for variable, find := range map[string]func() (config.Value, error){
		"EC2_USER_ID": conf.AccountID, "EC2_CERT": conf.UserCertificate,
		"EC2_PRIVATE_KEY": conf.PrivateKey, "EUCALYPTUS_CERT": conf.CloudCertificate,
	} {
		v, err := find()
		if file, bad := errors.AsType[*config.FileError](err); bad {
			v, err = file.Value, nil // the name is asked for, not the file
		}
		if err != nil && !isMissing(err) {
			return nil, err
		}
		variables[variable] = v.Text
	}
	keys, err := conn.Keys(app, conf)
	if err != nil {
		app.Log().Debug("keys", "error", err) // as in euca2ools, what there is is printed
	}
	maps.Copy(variables, keyVariables(keys))
	return variables, nil
}

func keyVariables(keys config.Credentials) map[string]string {
	variables := map[string]string{
		"AWS_ACCESS_KEY_ID": keys.AccessKey, "AWS_SECRET_ACCESS_KEY": keys.SecretKey,
		"AWS_SECURITY_TOKEN": keys.SessionToken, "AWS_CREDENTIAL_EXPIRATION": "",
	}
	if keys.SessionToken != "" {
		variables["AWS_SESSION_TOKEN"] = keys.SessionToken // its name today
	}
	if !keys.Expires.IsZero() {
		variables["AWS_CREDENTIAL_EXPIRATION"] = keys.Expires.UTC().Format(time.RFC3339)
	}
	return variables
}

func isMissing(err error) bool {
	_, missing := errors.AsType[*config.MissingError](err)
	return missing
}

// writeShell writes what a shell evaluates, comments last: a comment may not stand
// before a command where a shell joins the lines.
func writeShell(w io.Writer, variables map[string]string) error {
	var lines, comments strings.Builder
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if value := variables[name]; value != "" {
			fmt.Fprintf(&lines, "%s=%s; export %s;\n", name, quote(value), name)
		} else {
			fmt.Fprintf(&comments, "# %s is not set\n", name)
		}
	}
	_, err := io.WriteString(w, lines.String()+comments.String())
	return err
}

// writeSimple writes every variable, also those that are not set.
func writeSimple(w io.Writer, variables map[string]string) error {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		fmt.Fprintf(&lines, "%s=%s\n", name, cli.Printable(variables[name]))
	}
	_, err := io.WriteString(w, lines.String())
	return err
}

// quote makes a text one word of a shell. What needs no quotation marks gets none.
func quote(text string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:@%+=,"
	if strings.Trim(text, plain) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
