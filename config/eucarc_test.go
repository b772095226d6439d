package config

import (
	"path/filepath"
	"strings"
	"testing"
)

// eucarcFile is in the form of Eucalyptus 2, with what a shell would have to run.
const eucarcFile = `EUCA_KEY_DIR=$(dirname $(readlink -f ${BASH_SOURCE}))
export S3_URL=http://cloud:8773/services/Walrus
export EC2_URL=http://cloud:8773/services/Eucalyptus
export EC2_PRIVATE_KEY=${EUCA_KEY_DIR}/pk.pem
export EC2_CERT="$EUCA_KEY_DIR"/cert.pem
export EUCALYPTUS_CERT=${EUCA_KEY_DIR}/cloud-cert.pem
export EC2_ACCESS_KEY='WKy3rMzOWPouVOxK1p3Ar1C2uRBwa2FBXnCw' # mine
export EC2_SECRET_KEY='it'"'"'s'
# This is a bogus value; Eucalyptus does not need this but client tools do.
export EC2_USER_ID='000100729354'
alias ec2-bundle-image="ec2-bundle-image --cert ${EC2_CERT}"
export AWS_CA_BUNDLE=$(rm -rf /)
`

func TestEucarcFile(t *testing.T) {
	files := map[string]string{".eucarc/eucarc": eucarcFile, ".eucarc/pk.pem": "x", ".eucarc/cert.pem": "x", ".eucarc/cloud-cert.pem": "x"}
	o := fixture{files: files}.options(t)
	if _, err := load(t, o).Credentials(); err == nil {
		t.Error("not asked for: got keys")
	}
	o.Eucarc = true
	c := load(t, o)
	keys, err := c.Credentials()
	path := filepath.Join(o.Home, ".eucarc/eucarc")
	if want := (Credentials{AccessKey: "WKy3rMzOWPouVOxK1p3Ar1C2uRBwa2FBXnCw", SecretKey: "it's", From: path}); err != nil || keys != want {
		t.Errorf("keys: got %+v from %s, %v", keys, keys.From, err)
	}
	for name, get := range map[string]func() (Value, error){
		"http://cloud:8773/services/Eucalyptus":         func() (Value, error) { return address(c.EC2()) },
		"http://cloud:8773/services/Walrus":             func() (Value, error) { return address(c.S3()) },
		"000100729354":                                  c.AccountID,
		filepath.Join(o.Home, ".eucarc/cert.pem"):       c.UserCertificate,
		filepath.Join(o.Home, ".eucarc/pk.pem"):         c.PrivateKey,
		filepath.Join(o.Home, ".eucarc/cloud-cert.pem"): c.CloudCertificate,
	} {
		if got, err := get(); err != nil || got != (Value{name, path}) {
			t.Errorf("got %+v, %v, want %s (%s)", got, err, name, path)
		}
	}
	if len(c.Files()) != 1 || c.CABundle().Text != "" {
		t.Errorf("files %v, CA bundle %q, want one and none", c.Files(), c.CABundle().Text)
	}
}

// TestEucarcComesLast: the environment counts before the file, keys are not mixed, and
// a region or an ini file puts it aside.
func TestEucarcComesLast(t *testing.T) {
	o := fixture{files: map[string]string{".eucarc": eucarcFile},
		env: map[string]string{"EC2_URL": "http://other/", "EC2_ACCESS_KEY": "HALF"}}.options(t)
	o.Eucarc = true
	c := load(t, o)
	if e, err := c.EC2(); err != nil || e.URL != "http://other/" {
		t.Errorf("EC2_URL: got %v, %v, want the environment's", e.URL, err)
	}
	if keys, err := c.Credentials(); err != nil || keys.AccessKey[:3] != "WKy" || keys.SecretKey != "it's" {
		t.Errorf("keys: got %v, %v, want both of the file", keys, err)
	}
	o.Region = "eu-west-1"
	if e, err := load(t, o).S3(); err != nil || e.URL != "https://s3.eu-west-1.amazonaws.com" {
		t.Errorf("with a region: got %v, %v, want the region's", e.URL, err)
	}
	if _, err := load(t, o).Credentials(); err == nil {
		t.Error("with a region: got keys")
	}
	o = fixture{files: map[string]string{".eucarc": eucarcFile, ".aws/config": "[default]\nregion = eu-west-1\n"}}.options(t)
	o.Eucarc, o.Region = true, "eucalyptus"
	if e, err := load(t, o).EC2(); err != nil || e.URL != "http://cloud:8773/services/Eucalyptus" {
		t.Errorf("with the cloud's own region: got %v, %v, want the file's", e.URL, err)
	}
	o = fixture{files: map[string]string{".eucarc": eucarcFile, ".euca/x.ini": "[global]\n"}}.options(t)
	o.Eucarc = true
	if _, err := load(t, o).Credentials(); err == nil {
		t.Error("beside an ini file: got keys")
	}
}

func TestShellWord(t *testing.T) {
	lookup := func(name string) string { return "<" + name + ">" }
	for text, want := range map[string]string{
		"a": "a", "'a b'": "a b", `"a $X"b`: "a <X>b", "${X}/y # z": "<X>/y", "'$X'": "$X", "": "", "a;b": "a", `x"y"'z'`: "xyz",
	} {
		if got, ok := shellWord(text, lookup); !ok || got != want {
			t.Errorf("%s: got %q, %v, want %q", text, got, ok, want)
		}
	}
	for _, text := range []string{"$(id)", "`id`", `"$(id)"`, "'a", `"a`, `a\ b`} {
		if got, ok := shellWord(text, lookup); ok {
			t.Errorf("%s: got %q, want nothing", text, got)
		}
	}
}

func FuzzEucarc(f *testing.F) {
	f.Add([]byte(eucarcFile), "/home/x")
	f.Add([]byte("export A=\"$A\"\nA=${A"), "")
	f.Add([]byte("A=xx\n"+strings.Repeat("A=$A$A\n", 100)), "")
	f.Fuzz(func(t *testing.T, data []byte, dir string) {
		c := &Config{o: Options{Getenv: func(string) string { return "" }}}
		for name, value := range c.parseEucarc(data, dir) {
			if !isVariable(name) || len(value) > maxValue && value != dir {
				t.Errorf("%q is set to %d bytes", name, len(value))
			}
		}
	})
}
