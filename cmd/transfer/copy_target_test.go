package transfer

import (
	"os"
	"path/filepath"
	"testing"

	"emikit/cmd/cli"
)

const otherRegion = `[region other]
s3-url = http://other.example
user = her
[user her]
key-id = AKIHER
secret-key = hers
[region keyless]
s3-url = http://keyless.example
`

// TestCopyTargetConnection: what is said of the second store, and by whom it is asked,
// whatever the environment says of the first.
func TestCopyTargetConnection(t *testing.T) {
	home := t.TempDir()
	for name, text := range map[string]string{
		".euca/other.ini": otherRegion, ".aws/credentials": "[default]\naws_access_key_id = AKIAWS\naws_secret_access_key = x\n",
	} {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{
		"HOME": home, "S3_URL": "http://here.example", "AWS_ENDPOINT_URL_S3": "http://here.example", "AWS_DEFAULT_REGION": "here-1",
		"AWS_ACCESS_KEY_ID": "AKIENV", "AWS_SECRET_ACCESS_KEY": "environment's", "EUCALYPTUS_CERT": filepath.Join(home, ".euca/other.ini"),
	}
	app := cli.New("test")
	app.Getenv = func(name string) string { return env[name] }
	given := cli.Connection{AccessKey: "AKIGIVEN", SecretKey: "x"}
	for _, tt := range []struct {
		name        string
		to          cli.Connection
		from        cli.Connection
		url, key    string
		region      string
		certificate bool // the environment's holds
	}{
		{"the same store", cli.Connection{}, cli.Connection{}, "http://here.example", "AKIENV", "here-1", true},
		{"the same store, given keys", cli.Connection{}, given, "http://here.example", "AKIGIVEN", "here-1", true},
		{"the same store, another key", given, cli.Connection{}, "http://here.example", "AKIGIVEN", "here-1", true},
		{"by URL", cli.Connection{URL: "http://there.example"}, cli.Connection{Region: "lab-1", URL: "http://x.example"}, "http://there.example", "AKIENV", "us-east-1", false},
		{"by URL, another key", cli.Connection{URL: "http://there.example", AccessKey: "AKI2", SecretKey: "x"}, given, "http://there.example", "AKI2", "us-east-1", false},
		{"by region", cli.Connection{Region: "other"}, given, "http://other.example", "AKIHER", "other", false},
		{"by region, another key", cli.Connection{Region: "other", AccessKey: "AKI2", SecretKey: "x"}, given, "http://other.example", "AKI2", "other", false},
		{"by region without keys", cli.Connection{Region: "keyless"}, cli.Connection{}, "http://keyless.example", "AKIENV", "keyless", false},
		{"by region of Amazon's", cli.Connection{Region: "eu-west-1"}, given, "https://s3.eu-west-1.amazonaws.com", "AKIGIVEN", "eu-west-1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			view, conn := (&copyTarget{to: tt.to}).connection(app, tt.from)
			conf, err := conn.Config(view)
			if err != nil {
				t.Fatal(err)
			}
			endpoint, err := conf.S3()
			if err != nil {
				t.Fatal(err)
			}
			keys, err := conf.Credentials()
			if err != nil || endpoint.URL != tt.url || endpoint.Region != tt.region || keys.AccessKey != tt.key {
				t.Errorf("got %s, region %s, key %s, %v\nwant %s, region %s, key %s", endpoint.URL, endpoint.Region, keys, err, tt.url, tt.region, tt.key)
			}
			if _, err := conf.CloudCertificate(); (err == nil) != tt.certificate {
				t.Errorf("the first cloud's certificate: got %v, want it to hold: %t", err, tt.certificate)
			}
		})
	}
}
