package config

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// place is somewhere that a value can be said, and the value that is said there.
type place struct {
	name string
	say  func(s *said, value string)
	from string // what the value's From is to contain
}

// said is a configuration in the making.
type said struct {
	options Options
	env     map[string]string
	ini     []string // lines of [region r], chosen by the environment
	user    []string // lines of [user u], the region's
	global  []string
	profile []string
	keys    []string // lines of ~/.aws/credentials
}

func (s *said) fixture() fixture {
	files := map[string]string{
		".euca/x.ini": "[global]\n" + strings.Join(s.global, "\n") + "\n[region r]\nuser = u\n" + strings.Join(s.ini, "\n") +
			"\n[user u]\n" + strings.Join(s.user, "\n") + "\n",
		".aws/config":      "[default]\n" + strings.Join(s.profile, "\n") + "\n",
		".aws/credentials": "[default]\n" + strings.Join(s.keys, "\n") + "\n",
		"keyfile":          "AWSAccessKeyId=credfile\nAWSSecretKey=s\n",
	}
	return fixture{env: s.env, files: files}
}

func variable(name string) place {
	return place{"variable " + name, func(s *said, v string) { s.env[name] = v }, name}
}

func option(set func(o *Options, v string)) place {
	return place{"option", func(s *said, v string) { set(&s.options, v) }, CommandLine}
}

func regionLine(name string) place {
	return place{"[region]", func(s *said, v string) { s.ini = append(s.ini, name+" = "+v) }, "x.ini"}
}

func userLine(name string) place {
	return place{"[user]", func(s *said, v string) { s.user = append(s.user, name+" = "+v) }, "x.ini"}
}

func globalLine(name string) place {
	return place{"[global]", func(s *said, v string) { s.global = append(s.global, name+" = "+v) }, "x.ini"}
}

func profileLine(name string) place {
	return place{"profile", func(s *said, v string) { s.profile = append(s.profile, name+" = "+v) }, "config"}
}

func pairOf(id, secret string) place {
	return place{id, func(s *said, v string) { s.env[id], s.env[secret] = v, "s" }, id}
}

// precedence lists, for every value, all places in the order in which they count.
func precedence() map[string]struct {
	get    func(*Config) (Value, error)
	value  func(place string) string
	places []place
} {
	type row = struct {
		get    func(*Config) (Value, error)
		value  func(place string) string
		places []place
	}
	address := func(place string) string {
		return "http://" + strings.Trim(strings.ReplaceAll(place, " ", "-"), "[]") + "/"
	}
	text := func(place string) string { return strings.NewReplacer(" ", "-", "[", "", "]", "").Replace(place) }
	digits := func(place string) string { return strings.Repeat("1", len(place)) }
	endpoint := func(e Endpoint, err error) (Value, error) { return Value{e.URL, e.From}, err }
	return map[string]row{
		"ec2-url": {func(c *Config) (Value, error) { return endpoint(c.EC2()) }, address, []place{
			option(func(o *Options, v string) { o.EC2URL = v }), variable("EC2_URL"), variable("AWS_ENDPOINT_URL_EC2"),
			regionLine("ec2-url"), variable("AWS_ENDPOINT_URL"), profileLine("endpoint_url"),
		}},
		"s3-url": {func(c *Config) (Value, error) { return endpoint(c.S3()) }, address, []place{
			option(func(o *Options, v string) { o.S3URL = v }), variable("S3_URL"), variable("AWS_ENDPOINT_URL_S3"),
			regionLine("s3-url"), variable("AWS_ENDPOINT_URL"), profileLine("endpoint_url"),
		}},
		"bootstrap-url": {func(c *Config) (Value, error) { return endpoint(c.Bootstrap()) }, address, []place{
			option(func(o *Options, v string) { o.BootstrapURL = v }), variable("EUCA_BOOTSTRAP_URL"), regionLine("bootstrap-url"),
		}},
		"access key": {func(c *Config) (Value, error) {
			keys, err := c.Credentials()
			return Value{keys.AccessKey, keys.From}, err
		}, text, []place{
			option(func(o *Options, v string) { o.AccessKey, o.SecretKey = v, "s" }),
			pairOf("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), pairOf("AWS_ACCESS_KEY", "AWS_SECRET_KEY"),
			pairOf("EC2_ACCESS_KEY", "EC2_SECRET_KEY"),
			{"credfile", func(s *said, _ string) { s.env["AWS_CREDENTIAL_FILE"] = "~/keyfile" }, "keyfile"},
			{"[user]", func(s *said, v string) { s.user = append(s.user, "key-id = "+v, "secret-key = s") }, "x.ini"},
			{"credentials", func(s *said, v string) {
				s.keys = append(s.keys, "aws_access_key_id = "+v, "aws_secret_access_key = s")
			}, "credentials"},
			{"profile", func(s *said, v string) {
				s.profile = append(s.profile, "aws_access_key_id = "+v, "aws_secret_access_key = s")
			}, "config"},
		}},
		"account": {(*Config).AccountID, digits, []place{
			option(func(o *Options, v string) { o.AccountID = v }), variable("EC2_USER_ID"), variable("EC2_ACCOUNT_NUMBER"), userLine("account-id"),
		}},
		"ca-bundle": {func(c *Config) (Value, error) { return c.CABundle(), nil }, text, []place{
			option(func(o *Options, v string) { o.CABundle = v }), variable("AWS_CA_BUNDLE"), profileLine("ca_bundle"), variable("CURL_CA_BUNDLE"),
		}},
	}
}

// TestPrecedence says every value in all places, then in all but the first, and so on:
// the first place that is left counts, and is named.
func TestPrecedence(t *testing.T) {
	for name, row := range precedence() {
		for first := range row.places {
			s := &said{env: map[string]string{"EUCA_DEFAULT_REGION": "r"}}
			for _, place := range row.places[first:] {
				place.say(s, row.value(place.name))
			}
			o := s.fixture().options(t)
			o.EC2URL, o.S3URL, o.BootstrapURL = s.options.EC2URL, s.options.S3URL, s.options.BootstrapURL
			o.AccessKey, o.SecretKey, o.AccountID, o.CABundle = s.options.AccessKey, s.options.SecretKey, s.options.AccountID, s.options.CABundle
			got, err := row.get(load(t, o))
			want := row.places[first]
			if err != nil || got.Text != row.value(want.name) || !strings.Contains(got.From, want.from) {
				t.Errorf("%s, said in %d places: got %q (%s), %v, want %q (%s)", name, len(row.places)-first,
					got.Text, got.From, err, row.value(want.name), want.from)
			}
		}
	}
}

// TestRegionPrecedence: the region has places that exclude each other.
func TestRegionPrecedence(t *testing.T) {
	all := []place{
		option(func(o *Options, v string) { o.Region = v }),
		variable("EUCA_DEFAULT_REGION"), variable("EUCA_REGION"), variable("AWS_DEFAULT_REGION"), variable("AWS_REGION"),
		{"EC2_URL", func(s *said, v string) { s.env["EC2_URL"] = v + "::http://c/" }, "EC2_URL"},
		globalLine("default-region"), profileLine("region"),
	}
	for first := range all {
		s := &said{env: map[string]string{}}
		for i, place := range all[first:] {
			place.say(s, "eu-west-"+string(rune('1'+i)))
		}
		o := s.fixture().options(t)
		o.Region = s.options.Region
		if got := load(t, o).Region(); got.Text != "eu-west-1" || !strings.Contains(got.From, all[first].from) {
			t.Errorf("from %s on: got %q (%s), want eu-west-1", all[first].name, got.Text, got.From)
		}
	}
}

// TestSetToNothing: EC2_CERT= hides the certificate of the files, as with euca2ools.
func TestSetToNothing(t *testing.T) {
	files := map[string]string{
		".euca/x.ini": "[global]\ndefault-region = r\n[region r]\nuser = u\ncertificate = ~/c.pem\n" +
			"[user u]\naccount-id = 1\ncertificate = $HOME/c.pem\nprivate-key = ~/c.pem\n",
		"c.pem": "x",
	}
	for name, get := range map[string]func(*Config) (Value, error){
		"EC2_CERT": (*Config).UserCertificate, "EC2_PRIVATE_KEY": (*Config).PrivateKey,
		"EUCALYPTUS_CERT": (*Config).CloudCertificate, "EC2_USER_ID": (*Config).AccountID,
	} {
		o := fixture{files: files, env: map[string]string{"HOME": "$HOME"}}.options(t)
		if _, err := get(load(t, o)); err != nil {
			t.Errorf("%s not set: got %v, want what the file says", name, err)
		}
		o.IsSet = func(variable string) bool { return variable == name }
		_, err := get(load(t, o))
		if missing, ok := errors.AsType[*MissingError](err); !ok {
			t.Errorf("%s=: got %v, want that it is missing", name, missing)
		}
	}
}

// TestBorrowedKeys: a profile whose keys come from elsewhere is refused by the option
// that says so, before other keys are taken.
func TestBorrowedKeys(t *testing.T) {
	const keys = "aws_access_key_id = A\naws_secret_access_key = s\n"
	type env = map[string]string
	tests := map[string]struct {
		env                 env
		config, credentials string
		want                string // "" for keys
	}{
		"a role":                {config: "[default]\nrole_arn = arn:x\nsource_profile = y", want: "keys by way of role_arn are not supported"},
		"a role before keys":    {config: "[default]\nrole_arn = arn:x", credentials: "[default]\n" + keys, want: "role_arn"},
		"a role of credentials": {credentials: "[default]\nrole_arn = arn:x\n" + keys, want: "role_arn"},
		"single sign-on":        {config: "[profile p]\nsso_session = s", env: env{"AWS_PROFILE": "p"}, want: "profile p: "},
		"old single sign-on":    {config: "[default]\nsso_start_url = https://s", want: "sso_start_url"},
		"a program":             {config: "[default]\ncredential_process = /bin/x", want: "credential_process"},
		"keys before a program": {config: "[default]\ncredential_process = /bin/x", credentials: "[default]\n" + keys},
		"a token's file":        {env: env{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, want: "AWS_WEB_IDENTITY_TOKEN_FILE: keys from there are not supported"},
		"keys before the file":  {env: env{"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, credentials: "[default]\n" + keys},
		"another profile":       {config: "[profile p]\nrole_arn = arn:x", credentials: "[default]\n" + keys},
		"no such profile":       {config: "[profile p]\n" + keys, env: env{"AWS_PROFILE": "q"}, want: "no profile q (AWS_PROFILE)"},
		"keys of the variables": {config: "[default]\nrole_arn = arn:x", env: env{"EC2_ACCESS_KEY": "A", "EC2_SECRET_KEY": "s"}},
		"profile default":       {config: "[profile default]\n" + keys},
	}
	for name, test := range tests {
		o := fixture{env: test.env, files: map[string]string{".aws/config": test.config, ".aws/credentials": test.credentials}}.options(t)
		got, err := load(t, o).Credentials()
		if test.want == "" && (err != nil || got.AccessKey != "A") {
			t.Errorf("%s: got %v, %v, want keys", name, got, err)
		}
		if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if hint, ok := err.(interface{ Hint() string }); err != nil && (!ok || hint.Hint() == "") {
			t.Errorf("%s: %v has no hint", name, err)
		}
	}
}

// TestServicesOfProfile: a profile may name a section with an address for each service.
func TestServicesOfProfile(t *testing.T) {
	config := "[services other]\ns3 =\n  endpoint_url = http://no/\n[default]\nservices = local\nendpoint_url = http://all/\n" +
		"[services local]\ndynamodb =\n  endpoint_url = http://no/\nS3 = \n\tregion = x\n\tendpoint_url = http://store/\n[profile x]\ns3 =\n  endpoint_url = http://no/\n"
	o := fixture{files: map[string]string{".aws/config": config}}.options(t)
	c := load(t, o)
	if e, err := c.S3(); err != nil || e.URL != "http://store/" {
		t.Errorf("s3: got %q, %v, want http://store/", e.URL, err)
	}
	if e, err := c.EC2(); err != nil || e.URL != "http://all/" {
		t.Errorf("ec2: got %q, %v, want http://all/", e.URL, err)
	}
}

// TestFilesElsewhere: AWS's files are where the variables say.
func TestFilesElsewhere(t *testing.T) {
	o := fixture{
		env: map[string]string{"AWS_CONFIG_FILE": "~/c", "AWS_SHARED_CREDENTIALS_FILE": "~/k", "AWS_PROFILE": "ci"},
		files: map[string]string{
			"c": "[profile ci]\nregion = eu-west-3\n", "k": "[ci]\naws_access_key_id = A\naws_secret_access_key = s\n",
			".aws/config": "[profile ci]\nregion = no\n", ".aws/credentials": "[ci]\naws_access_key_id = no\naws_secret_access_key = no\n",
		},
	}.options(t)
	c := load(t, o)
	keys, err := c.Credentials()
	if err != nil || keys.AccessKey != "A" || c.Region().Text != "eu-west-3" {
		t.Errorf("got %v, %v, region %q, want A in eu-west-3", keys, err, c.Region().Text)
	}
	want := filepath.Join(o.Home, "k") + " " + filepath.Join(o.Home, "c")
	if got := strings.Join(c.Files(), " "); got != want {
		t.Errorf("files: got %s, want %s", got, want)
	}
}

func TestExpiredKeys(t *testing.T) {
	env := map[string]string{"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s", "AWS_CREDENTIAL_EXPIRATION": "2026-11-21T12:00:00.000Z"}
	o := fixture{env: env}.options(t)
	expiry := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	o.Now = func() time.Time { return expiry.Add(-time.Second) }
	if _, err := load(t, o).Credentials(); err != nil {
		t.Errorf("a second before: got %v", err)
	}
	o.Now = func() time.Time { return expiry }
	if _, err := load(t, o).Credentials(); err == nil || err.Error() != "credentials have expired" {
		t.Errorf("at expiry: got %v, want that they have expired", err)
	}
	env["AWS_CREDENTIAL_EXPIRATION"] = "soon" // no limit, as in euca2ools
	if _, err := load(t, o).Credentials(); err != nil {
		t.Errorf("unreadable time: got %v", err)
	}
}

// TestAmitoolsCertificate: ec2-ami-tools keep a certificate for each of Amazon's
// partitions, in a folder that a variable names or that is the system's.
func TestAmitoolsCertificate(t *testing.T) {
	const folder = "etc/ec2/amitools/"
	files := map[string]string{
		"tools/" + folder + "cert-ec2.pem": "x", "tools/" + folder + "cert-ec2-gov.pem": "x", "tools/" + folder + "cert-ec2-cn-north-1.pem": "x",
		"root/opt/aws/amitools/ec2/" + folder + "cert-ec2.pem": "x", "root/" + folder + "cert-ec2-gov.pem": "x",
	}
	for _, test := range []struct {
		variable, region string
		amazon           bool
		want             string // "" for a hint
	}{
		{"EC2_AMITOOL_HOME", "", false, "tools/" + folder + "cert-ec2.pem"},
		{"EC2_HOME", "us-gov-west-1", false, "tools/" + folder + "cert-ec2-gov.pem"},
		{"EC2_HOME", "cn-northwest-1", false, "tools/" + folder + "cert-ec2-cn-north-1.pem"},
		{"", "eu-west-1", false, "root/opt/aws/amitools/ec2/" + folder + "cert-ec2.pem"},
		{"", "us-gov-east-1", false, "root/" + folder + "cert-ec2-gov.pem"},
		{"", "", true, "root/opt/aws/amitools/ec2/" + folder + "cert-ec2.pem"},
		{"", "", false, ""},
		{"", "cn-north-1", false, ""},
	} {
		o := fixture{files: files}.options(t)
		o.Root, o.Amazon, o.Region = filepath.Join(o.Home, "root"), test.amazon, test.region
		o.Getenv = func(name string) string {
			if name == test.variable {
				return filepath.Join(o.Home, "tools")
			}
			return ""
		}
		got, err := load(t, o).CloudCertificate()
		if want := filepath.Join(o.Home, test.want); test.want != "" && (err != nil || got.Text != want) {
			t.Errorf("%+v: got %q, %v, want %s", test, got.Text, err, want)
		}
		if missing, ok := errors.AsType[*MissingError](err); test.want == "" && (!ok || missing.hint == "") {
			t.Errorf("%+v: got %q, %v, want that it is missing", test, got.Text, err)
		}
	}
}

func TestEndpointsOfAmazon(t *testing.T) {
	for _, test := range []struct {
		region, variable, want, s3 string
		amazon                     bool
	}{
		{"us-west-2", "", "https://ec2.us-west-2.amazonaws.com us-west-2", "https://s3.us-west-2.amazonaws.com us-west-2", false},
		{"", "", "https://ec2.amazonaws.com us-east-1", "https://s3.amazonaws.com us-east-1", true},
		{"cn-north-1", "", "https://ec2.cn-north-1.amazonaws.com.cn cn-north-1", "https://s3.cn-north-1.amazonaws.com.cn cn-north-1", true},
		{"lab", "lab@http://lab:8773/", "http://lab:8773/ lab", "error", false},
		{"lab", " lab @ http://lab:8773/ ", "http://lab:8773/ lab", "error", true},
	} {
		o := fixture{env: map[string]string{"AMITOOLS_EC2_REGION_ENDPOINT": test.variable}}.options(t)
		o.Region, o.Amazon = test.region, test.amazon
		c := load(t, o)
		for get, want := range map[*Endpoint]string{at(c.EC2()): test.want, at(c.S3()): test.s3} {
			if got := strings.TrimSpace(get.URL + " " + get.Region); got != want {
				t.Errorf("%+v: got %q, want %q", test, got, want)
			}
		}
	}
}

// at is an endpoint, or one called error.
func at(e Endpoint, err error) *Endpoint {
	if err != nil {
		return &Endpoint{URL: "error"}
	}
	return &e
}

// TestBootstrapBesideEC2: a cloud tells its certificate beside its compute service.
func TestBootstrapBesideEC2(t *testing.T) {
	for ec2, want := range map[string]string{
		"http://cloud:8773/services/Eucalyptus":       "http://cloud:8773/services/Empyrean",
		"https://cloud:8773/services/compute/":        "https://cloud:8773/services/Empyrean",
		"https://ec2.lab.example.org:8773/":           "https://bootstrap.lab.example.org:8773/",
		"https://compute.lab.example.org/":            "https://bootstrap.lab.example.org/",
		"https://ec2.eu-west-1.amazonaws.com/":        "",
		"https://ec2.amazonaws.com/":                  "",
		"https://ec2.amazonaws.com.cn/":               "",
		"http://127.0.0.1:5000/":                      "",
		"lab::http://cloud:8773/services/Eucalyptus/": "http://cloud:8773/services/Empyrean",
	} {
		o := fixture{env: map[string]string{"EC2_URL": ec2}}.options(t)
		got, err := load(t, o).Bootstrap()
		if err != nil || got.URL != want {
			t.Errorf("%s: got %q, %v, want %q", ec2, got.URL, err, want)
		}
	}
}

func TestSwitchesAndPatience(t *testing.T) {
	o := fixture{files: map[string]string{".euca/x.ini": "[global]\nmax-retries = 5\ntimeout = 1.5\n" +
		"[region new]\ns3-url = http://s/\ns3-force-sigv4 = true\n[region old]\ns3-url = http://s/\ns3-force-sigv4 = no\n" +
		"[region any]\ns3-url = http://s/\n[region bad]\ns3-url = http://s/\ns3-force-sigv4 = perhaps\n"}}.options(t)
	for region, want := range map[string]int{"new": 4, "old": 2, "any": 0} {
		o.Region = region
		if got, err := load(t, o).S3(); err != nil || got.SignatureVersion != want {
			t.Errorf("region %s: got version %d, %v, want %d", region, got.SignatureVersion, err, want)
		}
	}
	o.Region = "bad"
	if _, err := load(t, o).S3(); err == nil || !strings.Contains(err.Error(), "s3-force-sigv4") {
		t.Errorf("region bad: got %v, want an error that names s3-force-sigv4", err)
	}
	if got, err := load(t, o).Patience(); err != nil || got != (Patience{5, 1500 * time.Millisecond}) {
		t.Errorf("patience: got %+v, %v", got, err)
	}
	for _, line := range []string{"max-retries = -1", "max-retries = x", "timeout = 0", "timeout = NaN", "timeout = 1e30"} {
		bad := fixture{files: map[string]string{".euca/x.ini": "[global]\n" + line}}.options(t)
		if _, err := load(t, bad).Patience(); err == nil {
			t.Errorf("%s: got no error", line)
		}
	}
}

// TestLenientRegion: euca2ools miss what they need of an unknown region only when they
// need it, unless they would go where nobody meant.
func TestLenientRegion(t *testing.T) {
	o := fixture{files: map[string]string{".euca/x.ini": "[region us]\nec2-url = http://u/"}}.options(t)
	o.Region = "nowhere"
	if _, err := Load(o); err == nil {
		t.Error("got no error")
	}
	o.Lenient = true
	const want = "No ec2 endpoint to connect to was given. Configured regions with ec2 endpoints are: us"
	if _, err := load(t, o).EC2(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	o.Getenv = func(name string) string { return map[string]string{"EC2_URL": "http://other/"}[name] }
	if _, err := Load(o); err == nil {
		t.Error("with EC2_URL: got no error")
	}
}
