package completion

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"emikit/cmd/cli"
	"emikit/ec2"
	"emikit/upload"
)

// Within bounds what a shell's user waits for a cloud's answer.
const Within = time.Second

// asker asks a cloud, and says nothing of what goes wrong.
type asker struct {
	app    *cli.App
	within time.Duration
}

func newAsker(app *cli.App) *asker {
	quiet := *app
	quiet.Stderr, quiet.Debug, quiet.InstanceKeys = io.Discard, false, nil
	return &asker{&quiet, Within}
}

// connection is what the command line says so far.
func (a *asker) connection(cmd *cobra.Command) cli.Connection {
	given := func(name string) string {
		if flag := cmd.Flags().Lookup(name); flag != nil {
			return flag.Value.String()
		}
		return ""
	}
	return cli.Connection{
		AccessKey: given("access-key-id"), SecretKey: given("secret-key"), SecurityToken: given("security-token"),
		URL: given("url"), Region: given("region"), CABundle: given("ca-bundle"), NoVerifySSL: given("no-verify-ssl") == "true",
	}
}

// ec2 asks the compute service; nil is no answer.
func (a *asker) ec2(cmd *cobra.Command, ask func(context.Context, *ec2.Client) ([]string, error)) []string {
	conn := a.connection(cmd)
	if url := cmd.Flags().Lookup("ec2-url"); url != nil {
		conn.URL = url.Value.String() // --url is the object store's there
	}
	client, err := conn.EC2(a.app)
	if err != nil {
		return nil
	}
	return a.wait(cmd, func(ctx context.Context) ([]string, error) { return ask(ctx, client) })
}

// store asks the object store; nil is no answer.
func (a *asker) store(cmd *cobra.Command, ask func(context.Context, *upload.Store) ([]string, error)) []string {
	conn := a.connection(cmd)
	conn.Retries = -1
	store, _, err := conn.Store(a.app, 1)
	if err != nil {
		return nil
	}
	return a.wait(cmd, func(ctx context.Context) ([]string, error) { return ask(ctx, store) })
}

func (a *asker) wait(cmd *cobra.Command, ask func(context.Context) ([]string, error)) []string {
	ctx, cancel := context.WithTimeout(cmd.Context(), a.within)
	defer cancel()
	found, err := ask(ctx)
	if err != nil {
		return nil
	}
	return found
}
