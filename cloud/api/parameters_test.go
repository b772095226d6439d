package api

import (
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"emikit/ec2"
)

// requiredOf names what an action cannot do without, so that only the parameter
// under test decides.
func requiredOf(action string) url.Values {
	form := url.Values{"Action": {action}}
	for name, value := range map[string]map[string]string{
		ec2.ActionRegisterImage:      {"ImageLocation": "b/m"},
		ec2.ActionDeregisterImage:    {"ImageId": "emi-F4CB118E"},
		ec2.ActionRunInstances:       {"ImageId": "emi-F4CB118E", "MinCount": "1", "MaxCount": "1"},
		ec2.ActionTerminateInstances: {"InstanceId.1": "i-3F170798"},
		ec2.ActionGetConsoleOutput:   {"InstanceId": "i-3F170798"},
		ec2.ActionStartInstances:     {"InstanceId.1": "i-3F170798"},
		ec2.ActionStopInstances:      {"InstanceId.1": "i-3F170798"},
		ec2.ActionCreateKeyPair:      {"KeyName": "k"},
		ec2.ActionDeleteKeyPair:      {"KeyName": "k"},
	}[action] {
		form.Set(name, value)
	}
	return form
}

// TestAcceptedParameters sends every parameter of the list, by itself.
func TestAcceptedParameters(t *testing.T) {
	for _, p := range withoutEffect() {
		t.Run(p.action+" "+p.name, func(t *testing.T) {
			log := &strings.Builder{}
			c := newCloud(t, func(c *cloud) { c.config.Log = slog.New(slog.NewTextHandler(log, nil)) })
			const any = "value-of-it"
			form := requiredOf(p.action)
			form.Set(p.name, any)
			if p.values != nil {
				form.Set(p.name, p.values[0])
			}
			if status, body := ask(t, c, http.MethodPost, form); status != http.StatusOK {
				t.Fatalf("got %d %s", status, body)
			}
			c.Close()
			if got := log.String(); !strings.Contains(got, "parameters="+"["+p.name+"]") || !strings.Contains(got, adminAccount) || strings.Contains(got, any) {
				t.Errorf("log: got %q, want the name, the account and no value", got)
			}
			if p.values == nil {
				return
			}
			form.Set(p.name, any)
			status, body := ask(t, newCloud(t), http.MethodPost, form)
			if got := ec2.ParseError(status, []byte(body)); got.Code != "UnsupportedOperation" || !strings.Contains(got.Message, p.name) {
				t.Errorf("another value: got %v, want UnsupportedOperation", got)
			}
		})
	}
}

// TestParametersOfEC2 tells what EC2 has and this cloud has not from mistakes.
func TestParametersOfEC2(t *testing.T) {
	c := newCloud(t)
	for action, names := range elsewhere() {
		for _, name := range names {
			form := requiredOf(action)
			form.Set(name+".1.Value", "x")
			status, body := ask(t, c, http.MethodPost, form)
			if got := ec2.ParseError(status, []byte(body)); got.Code != "UnsupportedOperation" || !strings.Contains(got.Message, name) {
				t.Errorf("%s %s: got %v, want UnsupportedOperation", action, name, got)
			}
			form.Set("Bogus", "x")
			status, body = ask(t, c, http.MethodPost, form)
			if got := ec2.ParseError(status, []byte(body)); got.Code != "UnknownParameter" || got.Message != "The parameter Bogus is not recognized" {
				t.Errorf("%s %s with a mistake: got %v, want UnknownParameter", action, name, got)
			}
		}
	}
}

// TestSigningParameters belong to the exchange, whatever the action is.
func TestSigningParameters(t *testing.T) {
	form := url.Values{"Action": {"DescribeKeyPairs"}, "Version": {"2015-10-01"}, "SecurityToken": {""}}
	if status, body := ask(t, newCloud(t), http.MethodGet, form); status != http.StatusOK {
		t.Errorf("got %d %s", status, body)
	}
}

func TestUnusedFieldsAreRecorded(t *testing.T) {
	log := &strings.Builder{}
	c := newCloud(t, func(c *cloud) { c.config.Log = slog.New(slog.NewTextHandler(log, nil)) })
	form := requiredOf(ec2.ActionRegisterImage)
	form.Set("EnaSupport", "true")
	form.Set("SriovNetSupport", "simple")
	ask(t, c, http.MethodPost, form)
	form = requiredOf(ec2.ActionRunInstances)
	form.Set("Monitoring.Enabled", "true")
	ask(t, c, http.MethodPost, form)
	c.Close()
	for _, want := range []string{`parameters="[EnaSupport SriovNetSupport]"`, "parameters=[Monitoring.Enabled]"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("got log %s, want %s", log, want)
		}
	}
}

// TestAcceptedParametersAreDocumented looks for the last part of each name, as
// the page writes those of one group.
func TestAcceptedParametersAreDocumented(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range withoutEffect() {
		if last := p.name[strings.LastIndex(p.name, ".")+1:]; !strings.Contains(string(page), last+"`") {
			t.Errorf("docs/formats.md says nothing of %s", p.name)
		}
	}
}
