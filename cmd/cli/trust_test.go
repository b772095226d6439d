package cli

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"emikit/ec2"
	"emikit/reach"
	"emikit/upload"
)

// answered asks both services of a connection, and reports whether both answered.
func answered(t *testing.T, app *App, conn Connection) (ok bool, err error) {
	t.Helper()
	client, err := conn.EC2(app)
	if err != nil {
		return false, err
	}
	store, _, err := conn.Store(app, 1)
	if err != nil {
		return false, err
	}
	_, compute := client.DescribeRegions(t.Context(), &ec2.DescribeRegionsRequest{})
	_, _, storage := store.Get(t.Context(), upload.Location{Bucket: "bkt"}, "x")
	_, first := errors.AsType[*ec2.Error](compute)
	_, second := errors.AsType[*reach.ForeignError](storage)
	return first && second, errors.Join(compute, storage)
}

// TestTrust: whose certificates are taken, by option, variable and file.
func TestTrust(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of refused certificates
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	right := write("right.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	empty := write("empty.pem", "nothing\n")
	profile := write("config", "[default]\nca_bundle = "+right+"\n")
	for _, tt := range []struct {
		name   string
		conn   Connection
		env    map[string]string
		answer bool
		want   string // in the error
	}{
		{name: "system", want: "certificate"},
		{name: "option", conn: Connection{CABundle: right}, answer: true},
		{name: "variable", env: map[string]string{"AWS_CA_BUNDLE": right}, answer: true},
		{name: "variable of curl", env: map[string]string{"CURL_CA_BUNDLE": right}, answer: true},
		{name: "profile", env: map[string]string{"AWS_CONFIG_FILE": profile}, answer: true},
		{name: "option before variable", conn: Connection{CABundle: right}, env: map[string]string{"AWS_CA_BUNDLE": empty}, answer: true},
		{name: "no certificate", env: map[string]string{"AWS_CA_BUNDLE": empty}, want: "AWS_CA_BUNDLE: certificates to trust: " + empty + ": no certificate"},
		{name: "no file", conn: Connection{CABundle: dir + "/nosuch"}, want: "command line: certificates to trust: open " + dir + "/nosuch"},
		{name: "any", conn: Connection{NoVerifySSL: true}, env: map[string]string{"AWS_CA_BUNDLE": empty}, answer: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stderr bytes.Buffer
			app := New("test")
			app.Stderr = &stderr
			app.Getenv = func(name string) string { return tt.env[name] }
			tt.conn.URL, tt.conn.AccessKey, tt.conn.SecretKey = server.URL, "a", "s"
			got, err := answered(t, app, tt.conn)
			if got != tt.answer || err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v, want %v and %q", got, err, tt.answer, tt.want)
			}
			if warned := strings.Contains(stderr.String(), "not verified"); warned != tt.conn.NoVerifySSL {
				t.Errorf("warned: %v, want %v:\n%s", warned, tt.conn.NoVerifySSL, &stderr)
			}
		})
	}
}

// TestPatience: the options of both families, and what scripts make of them.
func TestPatience(t *testing.T) {
	for _, tt := range []struct {
		line  string
		want  Retries
		after time.Duration
		left  int // arguments
	}{
		{"", 0, upload.DefaultRetryFor, 0},
		{"--retry", upload.DefaultRetries, upload.DefaultRetryFor, 0},
		{"--retry 5", upload.DefaultRetries, upload.DefaultRetryFor, 1},
		{"--retry=5", 5, upload.DefaultRetryFor, 0},
		{"--retries 3", 3, upload.DefaultRetryFor, 0},
		{"--retries 0 --retry-for 90s", -1, 90 * time.Second, 0},
	} {
		var p Patience
		flags := pflag.NewFlagSet("x", pflag.ContinueOnError)
		p.AddPatienceFlags(New("test"), flags)
		if err := flags.Parse(strings.Fields(tt.line)); err != nil {
			t.Errorf("%q: %v", tt.line, err)
		}
		if p.Retries != tt.want || p.RetryFor != tt.after || flags.NArg() != tt.left {
			t.Errorf("%q: got %d, %v and %d arguments, want %d, %v and %d", tt.line, p.Retries, p.RetryFor, flags.NArg(), tt.want, tt.after, tt.left)
		}
	}
	for _, line := range []string{"--retries x", "--retries -1", "--retry=many", "--retries 100000"} {
		flags := pflag.NewFlagSet("x", pflag.ContinueOnError)
		new(Patience).AddPatienceFlags(New("test"), flags)
		if err := flags.Parse(strings.Fields(line)); err == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}
