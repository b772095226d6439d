package cli

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"emikit/config"
	"emikit/config/imds"
	"emikit/ec2"
	"emikit/upload"
)

// appWith is an App in an environment of these variables.
func appWith(env map[string]string) *App {
	app := New("test")
	app.Getenv = func(name string) string { return env[name] }
	return app
}

// TestInstanceKeys: the instance is asked only where nobody gave keys, and what it does
// not have is missing in the words of always.
func TestInstanceKeys(t *testing.T) {
	const missing = "missing access key ID; please supply one with -I"
	have := config.Credentials{AccessKey: "ASIA", SecretKey: "s", SessionToken: "t", From: "instance profile"}
	for name, test := range map[string]struct {
		conn   Connection
		env    map[string]string
		family Family
		era    Era
		err    error
		asked  bool
		want   string
	}{
		"nothing else":         {asked: true, want: "ASIA"},
		"keys given":           {conn: Connection{AccessKey: "A", SecretKey: "s"}, want: "A"},
		"half a pair":          {conn: Connection{SecretKey: "s"}, want: missing},
		"only a token":         {conn: Connection{SecurityToken: "s"}, want: missing},
		"keys of variables":    {env: map[string]string{"EC2_ACCESS_KEY": "E", "EC2_SECRET_KEY": "s"}, want: "E"},
		"no instance":          {err: imds.ErrNone, asked: true, want: missing},
		"expired":              {err: errors.New("credentials have expired"), asked: true, want: "credentials have expired"},
		"as euca2ools 3":       {family: Euca, era: Euca3, want: missing},
		"under the name":       {family: Euca, asked: true, want: "ASIA"},
		"as ec2-ami-tools 1.5": {family: EC2, era: EC2v15, asked: true, want: "ASIA"},
	} {
		app, asked := appWith(test.env), false
		app.Family, app.Era = test.family, test.era
		app.InstanceKeys = func(context.Context) (config.Credentials, error) {
			asked = true
			return have, test.err
		}
		conf, err := test.conn.Config(app)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := test.conn.Keys(app, conf)
		got := keys.AccessKey
		if err != nil {
			got = err.Error()
		}
		if got != test.want || asked != test.asked {
			t.Errorf("%s: got %q (asked: %v), want %q (%v)", name, got, asked, test.want, test.asked)
		}
	}
}

// signedBy runs both clients against a server, and returns how each request was signed.
func signedBy(t *testing.T, app *App, conn Connection) (ec2Version, s3Version string, requests int) {
	t.Helper()
	version := func(r *http.Request) string {
		switch {
		case strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-"):
			return "4"
		case strings.HasPrefix(r.Header.Get("Authorization"), "AWS "), r.FormValue("SignatureVersion") == "2":
			return "2"
		}
		return "none"
	}
	var last string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		last = version(r)
		requests++
		http.Error(w, "<Response><Errors><Error><Code>Unavailable</Code></Error></Errors></Response>", http.StatusServiceUnavailable)
	}))
	defer server.Close()
	env := app.Getenv
	app.Getenv = func(name string) string {
		return strings.ReplaceAll(env(name), "SERVER", server.URL)
	}
	client, err := conn.EC2(app)
	if err != nil {
		t.Fatal(err)
	}
	client.DescribeRegions(t.Context(), &ec2.DescribeRegionsRequest{})
	ec2Version, requestsOfEC2 := last, requests
	conn.Retries = -1
	store, _, err := conn.Store(app, 1)
	if err != nil {
		t.Fatal(err)
	}
	store.Get(t.Context(), upload.Location{Bucket: "bkt"}, "x")
	return ec2Version, last, requestsOfEC2
}

// TestSignaturesOfEras: where nobody says, requests are signed as the chosen generation
// of tools signed them.
func TestSignaturesOfEras(t *testing.T) {
	for _, test := range []struct {
		era      Era
		sigv     int
		ini      string
		ec2, s3  string
		requests int
	}{
		{AnyEra, 0, "", "4", "4", 1},
		{AnyEra, 0, "s3-force-sigv4 = false", "4", "2", 1},
		{Euca3, 0, "", "4", "2", 1},
		{Euca3, 0, "s3-force-sigv4 = true", "4", "4", 1},
		{Euca3, 4, "s3-force-sigv4 = false", "4", "4", 1},
		{Euca2, 0, "", "2", "2", 1},
		{EC2v14, 0, "", "2", "2", 1},
		{EC2v15, 0, "", "4", "4", 1},
		{EC2v15, 2, "", "2", "2", 1},
	} {
		home := t.TempDir()
		writeFile(t, home+"/r.ini", "[global]\nmax-retries = 0\ndefault-region = r\n[region r]\nec2-url = SERVER/\n"+test.ini)
		app := appWith(map[string]string{
			"EUCA_CONFIG_PATH": home + "/r.ini", "EC2_URL": "SERVER/", "S3_URL": "SERVER/",
			"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s",
		})
		app.Stderr = &strings.Builder{}
		app.Era = test.era
		ec2Version, s3Version, requests := signedBy(t, app, Connection{SigVersion: test.sigv})
		if ec2Version != test.ec2 || s3Version != test.s3 {
			t.Errorf("era %q, --sigv %d, %q: got versions %s (EC2) and %s (S3), want %s and %s",
				test.era, test.sigv, test.ini, ec2Version, s3Version, test.ec2, test.s3)
		}
		if requests != test.requests {
			t.Errorf("max-retries = 0: got %d requests, want %d", requests, test.requests)
		}
	}
}

// TestRetriesOfFiles: --retries before max-retries before the store's own number.
func TestRetriesOfFiles(t *testing.T) {
	for _, test := range []struct {
		ini   string
		given Retries
		want  int
	}{{"", 0, 0}, {"max-retries = 0", 0, -1}, {"max-retries = 7", 0, 7}, {"max-retries = 7", 2, 2}, {"max-retries = 7", -1, -1}} {
		home := t.TempDir()
		writeFile(t, home+"/r.ini", "[global]\n"+test.ini)
		conn := Connection{Patience: Patience{Retries: test.given}}
		conf, err := conn.Config(appWith(map[string]string{"EUCA_CONFIG_PATH": home + "/r.ini"}))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := conn.retries(conf); err != nil || got != test.want {
			t.Errorf("%+v: got %d, %v", test, got, err)
		}
	}
}

// TestDelegationToken: bundling and transfer commands take ec2-ami-tools' names of a
// session's token, and sign with it.
func TestDelegationToken(t *testing.T) {
	for _, args := range [][]string{{"-t", "T"}, {"--delegation-token=T"}, {"--security-token", "T"}} {
		var conn Connection
		flags := pflag.NewFlagSet("x", pflag.ContinueOnError)
		conn.AddFlags(flags, BothKeys)
		if err := flags.Parse(append(args, "-a", "A", "-s", "s")); err != nil {
			t.Fatal(err)
		}
		conf, err := conn.Config(appWith(nil))
		if err != nil {
			t.Fatal(err)
		}
		if keys, err := conf.Credentials(); err != nil || keys.SessionToken != "T" {
			t.Errorf("%v: got token %q, %v", args, keys.SessionToken, err)
		}
	}
}

// TestInterruptedInstance: what is asked before a command's work ends with the run.
func TestInterruptedInstance(t *testing.T) {
	app := appWith(nil)
	ctx, cancel := context.WithCancelCause(t.Context())
	app.ctx = ctx
	cancel(ErrInterrupted)
	app.InstanceKeys = func(ctx context.Context) (config.Credentials, error) {
		return imds.New(app.Getenv, time.Now).Keys(ctx)
	}
	var conn Connection
	conf, err := conn.Config(app)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Keys(app, conf); err == nil {
		t.Error("got keys")
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
