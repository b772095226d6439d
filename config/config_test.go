package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// clouds is an ini file as users of several clouds have it.
const clouds = `
[global]
default-region = us-east-1
default-user = dora

[region us-east-1]
ec2-url = http://127.0.0.1:5123/
s3-url = http://127.0.0.1:5124/
certificate = ~/cloud.pem
user = alice

[region us-west-2]
ec2-url = http://127.0.0.1:6123/
verify-ssl = false

[region lab:north]
ec2-url = https://north.example.org:8773/services/compute ; behind the proxy
s3-url = use lab:* shared-store
user = lab:bob

[region lab:*]
shared-store = https://store.example.org/services/objectstorage
s3-location-constraint = lab

[user alice]
account-id = 1111-2222-3333
key-id = AKIDALICE
secret-key = "quoted%(x)s\

[user lab:bob]
key-id = AKIDBOB
secret-key = b

[user dora]
account-id = 444455556666
`

// fixture is a home directory with files in it and an environment.
type fixture struct {
	env   map[string]string
	files map[string]string // paths below the home directory
}

func (f fixture) options(t *testing.T) Options {
	t.Helper()
	home := t.TempDir()
	for name, text := range f.files {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Options{
		Home:      home,
		SystemDir: filepath.Join(home, "etc"),
		Getenv:    func(name string) string { return strings.ReplaceAll(f.env[name], "$HOME", home) },
	}
}

func load(t *testing.T, o Options) *Config {
	t.Helper()
	c, err := Load(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// show writes what a test wants to compare: a value or the error.
func show(text, from, home string, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return strings.ReplaceAll(text+" ("+from+")", home, "~")
}

func TestEC2(t *testing.T) {
	ini := map[string]string{".euca/clouds.ini": clouds}
	tests := map[string]struct {
		fixture
		region, url string
		want        string
	}{
		"nothing": {want: `error: No ec2 endpoint to connect to was given. ec2 endpoints may be specified in a config file with "ec2-url".`},
		"environment": {fixture: fixture{env: map[string]string{"EC2_URL": "http://cloud:8773/services/Eucalyptus"}},
			want: "http://cloud:8773/services/Eucalyptus us-east-1 (EC2_URL)"},
		"environment before files": {fixture: fixture{env: map[string]string{"EC2_URL": "http://cloud/"}, files: ini},
			region: "us-west-2", want: "http://cloud/ us-west-2 (EC2_URL)"},
		"option before environment": {fixture: fixture{env: map[string]string{"EC2_URL": "http://cloud/"}},
			url: "http://other/", want: "http://other/ us-east-1 (command line)"},
		"region in the URL": {fixture: fixture{env: map[string]string{"EC2_URL": "bob@north::http://cloud/"}},
			want: "http://cloud/ north (EC2_URL)"},
		"IPv6 address": {url: "http://[::1]:8773/", want: "http://[::1]:8773/ us-east-1 (command line)"},
		"default region of the files": {fixture: fixture{files: ini},
			want: "http://127.0.0.1:5123/ us-east-1 (~/.euca/clouds.ini)"},
		"region of the environment": {fixture: fixture{files: ini, env: map[string]string{"EUCA_DEFAULT_REGION": "us-west-2"}},
			want: "http://127.0.0.1:6123/ us-west-2 (~/.euca/clouds.ini)"},
		"region with a namespace": {fixture: fixture{files: ini}, region: "lab:north",
			want: "https://north.example.org:8773/services/compute north (~/.euca/clouds.ini)"},
		"region without its namespace": {fixture: fixture{files: ini}, region: "north",
			want: "https://north.example.org:8773/services/compute north (~/.euca/clouds.ini)"},
		"unknown region": {fixture: fixture{files: ini, env: map[string]string{"AWS_DEFAULT_REGION": "nowhere"}},
			want: "error: No ec2 endpoint to connect to was given. Configured regions with ec2 endpoints are: lab:north, us-east-1, us-west-2"},
		"Amazon's region":         {region: "eu-west-1", want: "https://ec2.eu-west-1.amazonaws.com eu-west-1 (region eu-west-1)"},
		"Amazon's host":           {url: "https://ec2.cn-north-1.amazonaws.com.cn", want: "https://ec2.cn-north-1.amazonaws.com.cn cn-north-1 (command line)"},
		"AWS's file":              {fixture: fixture{files: map[string]string{".aws/config": "[default]\nregion = eu-north-1\nendpoint_url = http://local:1/"}}, want: "http://local:1/ eu-north-1 (~/.aws/config)"},
		"URL without a scheme":    {url: "cloud:8773", want: `error: command line: "cloud:8773" is not an http or https URL`},
		"URL of another protocol": {url: "ftp://cloud/", want: `error: command line: "ftp://cloud/" is not an http or https URL`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := test.options(t)
			o.Region, o.EC2URL = test.region, test.url
			e, err := load(t, o).EC2()
			if got := show(e.URL+" "+e.Region, e.From, o.Home, err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestS3(t *testing.T) {
	o := fixture{files: map[string]string{".euca/clouds.ini": clouds}}.options(t)
	o.Region = "lab:north"
	got, err := load(t, o).S3()
	if err != nil {
		t.Fatal(err)
	}
	want := Endpoint{URL: "https://store.example.org/services/objectstorage", Region: "north", VerifyTLS: true,
		BucketLocation: "lab", From: filepath.Join(o.Home, ".euca/clouds.ini")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	o.Region = "us-west-2"
	if _, err := load(t, o).S3(); err == nil || !strings.Contains(err.Error(), "s3 endpoints are: lab:north, us-east-1") {
		t.Errorf("region without s3-url: got %v", err)
	}
	if e, err := load(t, o).EC2(); err != nil || e.VerifyTLS {
		t.Errorf("verify-ssl = false: got %v, %v", e.VerifyTLS, err)
	}
}

func TestCredentials(t *testing.T) {
	ini := map[string]string{".euca/clouds.ini": clouds}
	aws := map[string]string{
		".aws/credentials": "[default]\naws_access_key_id = AKIDAWS\naws_secret_access_key = a\n[ci]\naws_access_key_id = AKIDCI\naws_secret_access_key = c\naws_session_token = T",
		".aws/config":      "[profile only]\nstray line\ns3 =\n  max = 20\naws_access_key_id = AKIDONLY\naws_secret_access_key = o",
		"keys":             "# AWSAccessKeyId=no\nAWSAccessKeyId = AKIDFILE # mine\nAWSSecretKey=f",
		"half":             "AWSAccessKeyId=AKIDHALF",
	}
	type env = map[string]string
	tests := map[string]struct {
		fixture
		options Options
		want    string
	}{
		"nothing":      {want: "error: missing access key ID; please supply one with -I"},
		"options":      {options: Options{AccessKey: "A", SecretKey: "s"}, fixture: fixture{env: env{"AWS_ACCESS_KEY_ID": "B", "AWS_SECRET_ACCESS_KEY": "b"}}, want: "A/s/ (command line)"},
		"only a key":   {options: Options{AccessKey: "A"}, fixture: fixture{env: env{"AWS_SECRET_ACCESS_KEY": "b"}}, want: "error: missing secret key; please supply one with -S"},
		"only secret":  {options: Options{SecretKey: "s"}, fixture: fixture{files: ini}, want: "error: missing access key ID; please supply one with -I"},
		"only a token": {options: Options{SessionToken: "t"}, fixture: fixture{files: ini}, want: "error: missing access key ID; please supply one with -I"},
		"environment":  {fixture: fixture{files: ini, env: env{"AWS_ACCESS_KEY_ID": "B", "AWS_SECRET_ACCESS_KEY": "b", "AWS_SESSION_TOKEN": "t"}}, want: "B/b/t (AWS_ACCESS_KEY_ID)"},
		"older names":  {fixture: fixture{env: env{"AWS_ACCESS_KEY": "B", "AWS_SECRET_KEY": "b"}}, want: "B/b/ (AWS_ACCESS_KEY)"},
		"eucarc":       {fixture: fixture{files: ini, env: env{"EC2_ACCESS_KEY": "E", "EC2_SECRET_KEY": "e"}}, want: "E/e/ (EC2_ACCESS_KEY)"},
		"half environment, whole eucarc": {fixture: fixture{env: env{"AWS_ACCESS_KEY_ID": "B", "AWS_SESSION_TOKEN": "t", "EC2_ACCESS_KEY": "E", "EC2_SECRET_KEY": "e"}},
			want: "E/e/ (EC2_ACCESS_KEY)"},
		"halves of two places": {fixture: fixture{env: env{"AWS_ACCESS_KEY_ID": "B", "EC2_SECRET_KEY": "e"}}, want: "error: missing access key ID; please supply one with -I"},
		"credential file":      {fixture: fixture{files: aws, env: env{"AWS_CREDENTIAL_FILE": "~/keys"}}, want: "AKIDFILE/f/ (~/keys)"},
		"half credential file": {fixture: fixture{files: aws, env: env{"AWS_CREDENTIAL_FILE": "${HOMEDIR}/half", "HOMEDIR": "$HOME"}}, want: "AKIDAWS/a/ (~/.aws/credentials)"},
		"user of the region":   {fixture: fixture{files: ini}, want: `AKIDALICE/"quoted%(x)s\/ (~/.euca/clouds.ini)`},
		"user in a namespace":  {fixture: fixture{files: ini}, options: Options{Region: "north"}, want: "AKIDBOB/b/ (~/.euca/clouds.ini)"},
		"user of the option":   {fixture: fixture{files: ini}, options: Options{Region: "bob@us-west-2"}, want: "AKIDBOB/b/ (~/.euca/clouds.ini)"},
		"user without region":  {fixture: fixture{files: ini}, options: Options{Region: "bob@"}, want: "AKIDBOB/b/ (~/.euca/clouds.ini)"},
		"user without keys":    {fixture: fixture{files: ini}, options: Options{Region: "us-west-2"}, want: "error: missing access key ID; please supply one with -I"},
		"unknown user":         {fixture: fixture{files: ini}, options: Options{Region: "carol@"}, want: "error: missing access key ID; please supply one with -I"},
		"AWS's file":           {fixture: fixture{files: aws}, want: "AKIDAWS/a/ (~/.aws/credentials)"},
		"AWS's profile":        {fixture: fixture{files: aws, env: env{"AWS_PROFILE": "ci"}}, want: "AKIDCI/c/T (~/.aws/credentials)"},
		"profile in config":    {fixture: fixture{files: aws, env: env{"AWS_PROFILE": "only"}}, want: "AKIDONLY/o/ (~/.aws/config)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := test.fixture.options(t)
			o.AccessKey, o.SecretKey, o.SessionToken = test.options.AccessKey, test.options.SecretKey, test.options.SessionToken
			o.Region = test.options.Region
			k, err := load(t, o).Credentials()
			if got := show(k.AccessKey+"/"+k.SecretKey+"/"+k.SessionToken, k.From, o.Home, err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestMissingCredentialFile(t *testing.T) {
	o := fixture{env: map[string]string{"AWS_CREDENTIAL_FILE": "$HOME/nosuch"}}.options(t)
	_, err := load(t, o).Credentials()
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "nosuch") {
		t.Errorf("got %v, want that nosuch does not exist", err)
	}
}

func TestBundlingFiles(t *testing.T) {
	files := map[string]string{
		".euca/clouds.ini": strings.Replace(clouds, "[user alice]", "[user alice]\ncertificate = ~/alice.pem\nprivate-key = ~/nosuch.pem", 1),
		"cloud.pem":        "", "alice.pem": "", "env.pem": "", "flag.pem": "",
		"tools/etc/ec2/amitools/cert-ec2.pem": "",
	}
	type env = map[string]string
	tests := map[string]struct {
		env    env
		option string
		region string
		get    func(*Config) (Value, error)
		want   string
	}{
		"certificate of the user":     {get: (*Config).UserCertificate, want: "~/alice.pem (~/.euca/clouds.ini)"},
		"certificate of environment":  {env: env{"EC2_CERT": "$HOME/env.pem", "EUCA_CERT": "x"}, get: (*Config).UserCertificate, want: "~/env.pem (EC2_CERT)"},
		"certificate, other variable": {env: env{"EUCA_CERT": "$HOME/env.pem"}, get: (*Config).UserCertificate, want: "~/env.pem (EUCA_CERT)"},
		"certificate of the option":   {option: "~/flag.pem", env: env{"EC2_CERT": "x"}, get: (*Config).UserCertificate, want: "~/flag.pem (command line)"},
		"no certificate":              {region: "us-west-2", get: (*Config).UserCertificate, want: "error: missing user certificate; please supply one with -c"},
		"certificate that is missing": {option: "nosuch.pem", get: (*Config).UserCertificate, want: "error: user certificate file 'nosuch.pem' does not exist"},
		"certificate is a directory":  {option: "/", get: (*Config).UserCertificate, want: "error: user certificate file '/' is not a file"},
		"key that is missing":         {env: env{"EUCA_PRIVATE_KEY": "nosuch.pem"}, get: (*Config).PrivateKey, want: "error: private key file 'nosuch.pem' does not exist"},
		"no key":                      {region: "us-west-2", get: (*Config).PrivateKey, want: "error: missing private key; please supply one with -k"},
		"cloud of the region":         {get: (*Config).CloudCertificate, want: "~/cloud.pem (~/.euca/clouds.ini)"},
		"cloud of environment":        {env: env{"EUCALYPTUS_CERT": "$HOME/env.pem"}, get: (*Config).CloudCertificate, want: "~/env.pem (EUCALYPTUS_CERT)"},
		"cloud of ec2-ami-tools":      {region: "us-west-2", env: env{"EC2_HOME": "$HOME/tools"}, get: (*Config).CloudCertificate, want: "~/tools/etc/ec2/amitools/cert-ec2.pem (EC2_HOME)"},
		"no cloud certificate":        {region: "us-west-2", env: env{"EC2_HOME": "$HOME"}, get: (*Config).CloudCertificate, want: "error: missing cloud certificate; please supply one with --ec2cert"},
		"account of the user":         {get: (*Config).AccountID, want: "111122223333 (~/.euca/clouds.ini)"},
		"account of the default user": {region: "us-west-2", get: (*Config).AccountID, want: "444455556666 (~/.euca/clouds.ini)"},
		"account of environment":      {env: env{"EC2_USER_ID": "5-5"}, get: (*Config).AccountID, want: "55 (EC2_USER_ID)"},
		"no account":                  {region: "lab:bob@north", get: (*Config).AccountID, want: "error: missing account ID; please supply one with --user"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := fixture{files: files, env: test.env}.options(t)
			o.UserCertificate, o.Region = test.option, test.region
			v, err := test.get(load(t, o))
			if got := show(v.Text, v.From, o.Home, err); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestRegionForSignatures: names that need no section in a file.
func TestRegionForSignatures(t *testing.T) {
	for _, region := range []string{"us-east-1", "us-gov-west-1", "eucalyptus"} {
		o := fixture{env: map[string]string{"EC2_URL": "http://cloud/"}}.options(t)
		o.Region = region
		c, err := Load(o)
		if err != nil {
			t.Errorf("--region %s: got %v, want it taken", region, err)
			continue
		}
		if e, err := c.EC2(); err != nil || e.Region != region || e.URL != "http://cloud/" {
			t.Errorf("--region %s: got endpoint %+v, %v, want http://cloud/ and this region", region, e, err)
		}
	}
}

// TestUnknownRegion: a region that is asked for and is nowhere is never passed
// over, not even when the environment says where the services are.
func TestUnknownRegion(t *testing.T) {
	ini := map[string]string{".euca/clouds.ini": clouds}
	eucarc := map[string]string{"EC2_URL": "http://cloud/"}
	for _, region := range []string{"nosuch", "bob@nosuch", "a:b"} {
		o := fixture{files: ini, env: eucarc}.options(t)
		o.Region = region
		_, err := Load(o)
		missing, ok := errors.AsType[*MissingError](err)
		name := region[strings.Index(region, "@")+1:]
		if !ok || missing.Error() != "no region "+name {
			t.Errorf("--region %s: got %v, want no region %s", region, err, name)
			continue
		}
		for _, want := range []string{"[region " + name + "]", filepath.Join(o.Home, ".euca", "*.ini"), "north"} {
			if !strings.Contains(missing.Hint(), want) {
				t.Errorf("--region %s: hint %q does not name %s", region, missing.Hint(), want)
			}
		}
	}
	for what, change := range map[string]func(*Options){
		"Amazon's":      func(o *Options) { o.Region = "eu-central-1" },
		"configured":    func(o *Options) { o.Region = "bob@north" },
		"user only":     func(o *Options) { o.Region = "bob@" },
		"beside a URL":  func(o *Options) { o.Region, o.S3URL = "nosuch", "http://h/" },
		"of a variable": func(*Options) {},
	} {
		o := fixture{files: ini, env: map[string]string{"AWS_DEFAULT_REGION": "nosuch"}}.options(t)
		change(&o)
		if _, err := Load(o); err != nil {
			t.Errorf("%s: got %v, want no error", what, err)
		}
	}
}

// TestUnknownUser: keys of one who was not asked for do not stand in for a user that
// is found nowhere.
func TestUnknownUser(t *testing.T) {
	aws := "[default]\naws_access_key_id = A\naws_secret_access_key = a\n"
	files := map[string]string{".euca/clouds.ini": clouds, ".aws/credentials": aws}
	o := fixture{files: files}.options(t)
	o.Region = "nosuch@north"
	got, err := load(t, o).Credentials()
	missing, ok := errors.AsType[*MissingError](err)
	if !ok || missing.What != "user" || !strings.Contains(missing.Hint(), "[user nosuch]") || !strings.Contains(missing.Hint(), "there are ") {
		t.Errorf("got %v, %v, want that there is no user nosuch, and which there are", got, err)
	}
	o = fixture{files: files, env: map[string]string{"AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "e"}}.options(t)
	o.Region = "nosuch@north"
	if got, err := load(t, o).Credentials(); err != nil || got.AccessKey != "E" {
		t.Errorf("keys of the environment: got %v, %v, want E", got, err)
	}
}

// TestHalfOfAPair: the advice tells that keys go in pairs.
func TestHalfOfAPair(t *testing.T) {
	o := fixture{env: map[string]string{"EC2_ACCESS_KEY": "E", "EC2_SECRET_KEY": "e"}}.options(t)
	o.SecretKey = "wrong"
	_, err := load(t, o).Credentials()
	missing, ok := errors.AsType[*MissingError](err)
	if !ok || missing.Error() != "missing access key ID; please supply one with -I" || !strings.Contains(missing.Hint(), "give both with -I and -S, or neither") {
		t.Errorf("got %v, %+v, want a missing access key and advice to give both", err, missing)
	}
}

func TestHints(t *testing.T) {
	o := fixture{env: map[string]string{"EC2_CERT": "nosuch.pem"}}.options(t)
	c := load(t, o)
	_, credentials := c.Credentials()
	_, endpoint := c.EC2()
	_, file := c.UserCertificate()
	for err, want := range map[error]string{credentials: "eucarc", endpoint: "eucarc", file: "EC2_CERT"} {
		var h interface{ Hint() string }
		if !errors.As(err, &h) || !strings.Contains(h.Hint(), want) {
			t.Errorf("%v: want a hint with %q", err, want)
		}
	}
	if !errors.Is(file, fs.ErrNotExist) {
		t.Errorf("%v is not fs.ErrNotExist", file)
	}
}

func TestSecretIsHidden(t *testing.T) {
	k := Credentials{AccessKey: "AKID", SecretKey: "hush", SessionToken: "token"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "keys", k)
	out := log.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		out += fmt.Sprintf(verb, k) + fmt.Sprintf(verb, &k)
	}
	if strings.Contains(out, "hush") || strings.Contains(out, "68757368") || strings.Contains(out, "token") {
		t.Errorf("the secret shows in %s", out)
	}
}

func TestSettings(t *testing.T) {
	o := fixture{files: map[string]string{".euca/clouds.ini": clouds}, env: map[string]string{"EC2_USER_ID": "1-2"}}.options(t)
	ini := filepath.Join(o.Home, ".euca/clouds.ini")
	want := []Setting{
		{Name: "region", Value: "us-east-1", From: ini},
		{Name: "user", Value: "alice", From: ini},
		{Name: "profile"},
		{Name: "ec2-url", Value: "http://127.0.0.1:5123/", From: ini},
		{Name: "s3-url", Value: "http://127.0.0.1:5124/", From: ini},
		{Name: "bootstrap-url"},
		{Name: "access-key", Value: "AKIDALICE", From: ini},
		{Name: "secret-key", Value: "******** (13 characters)", From: ini},
		{Name: "session-token"},
		{Name: "expires"},
		{Name: "account-id", Value: "12", From: "EC2_USER_ID"},
		{Name: "user-certificate", Problem: "missing user certificate; please supply one with -c", Missing: true},
		{Name: "private-key", Problem: "missing private key; please supply one with -k", Missing: true},
		{Name: "cloud-certificate", Problem: "cloud certificate file '" + o.Home + "/cloud.pem' does not exist"},
		{Name: "ca-bundle"},
	}
	if diff := cmp.Diff(want, load(t, o).Settings()); diff != "" {
		t.Error(diff)
	}
}
