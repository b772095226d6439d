package config

import (
	"path/filepath"
	"strings"
	"time"
)

// Options is what the caller knows. The zero value finds nothing but the files
// of /etc/euca2ools.
type Options struct {
	// Getenv looks up a variable of the environment; nil means an empty one.
	Getenv func(string) string
	// IsSet tells a variable that is set to nothing from one that is not set, for
	// those where euca2ools do (EC2_CERT= hides what the files say); nil means that
	// what is empty is not set.
	IsSet func(string) bool
	// Now tells the time, by which keys expire; nil means time.Now.
	Now func() time.Time
	// Home is the user's home directory; "" means there is none.
	Home string
	// Root is the folder that the system's files are in; "" means /.
	Root string
	// SystemDir holds the system's ini files; "" means /etc/euca2ools.
	SystemDir string

	// The command line's values; "" where it gives none.

	Region string // [USER@]REGION or USER@
	// Lenient lets a Region pass that no file knows, as euca2ools do: then what is
	// asked for later is missing. It counts only where no variable of the
	// environment names another place to go to.
	Lenient bool
	// Eucarc takes ~/.eucarc or the system's, which euca2ools 1 and 2 sourced, where
	// there are no ini files.
	Eucarc bool
	// Amazon is where to go when nothing says where, as with ec2-ami-tools.
	Amazon                             bool
	AccessKey, SecretKey, SessionToken string
	EC2URL, S3URL, BootstrapURL        string // a URL, or [USER@]REGION::URL
	UserCertificate, PrivateKey        string // paths
	CloudCertificate                   string // path
	AccountID                          string
	CABundle                           string // path
}

// Value is a piece of configuration and the place where it was found, in words:
// "command line", "EC2_URL" or "/home/x/.euca/cloud.ini".
type Value struct{ Text, From string }

// CommandLine is the From of a value that an option gave.
const CommandLine = "command line"

// Config is what was found. It does not change, so goroutines may share it.
type Config struct {
	o   Options
	ini *iniFiles
	aws awsFiles
	who who
	// eucarc is what the file eucarcPath sets.
	eucarc     map[string]string
	eucarcPath string
}

// who is the region and user that the values are looked up for; either may be
// empty.
type who struct{ region, user Value }

// Load reads the configuration files that there are. It fails if one of them is
// malformed; what is missing is only missed when it is asked for.
func Load(o Options) (*Config, error) {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.IsSet == nil {
		getenv := o.Getenv
		o.IsSet = func(name string) bool { return getenv(name) != "" }
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.SystemDir == "" {
		o.SystemDir = "/etc/euca2ools"
	}
	c := &Config{o: o}
	var err error
	if c.ini, err = loadINI(c.iniPaths()); err != nil {
		return nil, err
	}
	if err := c.loadEucarc(); err != nil {
		return nil, err
	}
	if c.aws, err = c.loadAWS(); err != nil {
		return nil, err
	}
	c.who = c.findWho()
	return c, c.checkRegion()
}

// eucalyptusRegion is what Eucalyptus 3 and later call their only region.
const eucalyptusRegion = "eucalyptus"

// checkRegion refuses a region of the option --region that is found nowhere: the
// command would go wherever the environment points. Beside a URL, and in the
// environment, a region may be there for signatures only; Amazon's need no
// configuration, and neither does the one region of Eucalyptus 3 and later, which
// the embedded cloud has too.
func (c *Config) checkRegion() error {
	_, region, both := strings.Cut(c.o.Region, "@")
	if !both {
		region = c.o.Region
	}
	if region == "" || c.o.EC2URL != "" || c.o.S3URL != "" || c.ini.regions.has(region) {
		return nil
	}
	if isAmazonName(region) || region == eucalyptusRegion || c.amitoolsEndpoint(region).Text != "" {
		return nil
	}
	if c.o.Lenient && c.env("EC2_URL", "S3_URL", "AWS_ENDPOINT_URL").Text == "" {
		return nil
	}
	return c.unknownRegion(region)
}

// findWho follows the order of euca2ools: a region in the URL of the command
// line, then --region, then the environment, then the files.
func (c *Config) findWho() who {
	var w who
	w.fillFromURL(c.o.EC2URL, CommandLine)
	w.fillFromURL(c.o.S3URL, CommandLine)
	c.fillAsked(&w)
	w.fillFromURL(c.o.Getenv("EC2_URL"), "EC2_URL")
	w.fillFromURL(c.o.Getenv("S3_URL"), "S3_URL")
	w.region = firstOf(w.region, c.ini.global["default-region"], c.aws.region)
	return w
}

// fillAsked fills what the option and the variables for it ask for.
func (c *Config) fillAsked(w *who) {
	w.fill(c.o.Region, CommandLine)
	for _, name := range []string{"EUCA_DEFAULT_REGION", "EUCA_REGION", "AWS_DEFAULT_REGION", "AWS_REGION"} { // euca2ools 3.0 has the second
		w.fill(c.o.Getenv(name), name)
	}
}

// askedRegion is the region that the option or one of the variables for it asks for.
func (c *Config) askedRegion() string {
	var w who
	c.fillAsked(&w)
	return w.region.Text
}

// fill takes region and user from [USER@]REGION where w has none yet.
func (w *who) fill(spec, from string) {
	user, region, both := strings.Cut(spec, "@")
	if !both {
		user, region = "", spec
	}
	w.region = firstOf(w.region, Value{region, from})
	w.user = firstOf(w.user, Value{user, from})
}

// fillFromURL is fill for the region in [[USER@]REGION::]URL.
func (w *who) fillFromURL(spec, from string) {
	region, _ := splitURL(spec)
	w.fill(region, from)
}

// Region returns the region that was chosen, as the ini files name it; its Text
// is "" when there is none.
func (c *Config) Region() Value { return c.who.region }

// User returns the name of the ini files' user: the one that was asked for, or
// the region's, or the default one. Its Text is "" when there is none.
func (c *Config) User() (Value, error) {
	if c.who.user.Text != "" {
		return c.who.user, nil
	}
	v, err := c.regionOption("user")
	if err != nil || v.Text != "" {
		return v, err
	}
	return c.ini.global["default-user"], nil
}

// regionOption looks an option of the chosen region up in the ini files.
func (c *Config) regionOption(option string) (Value, error) {
	if c.who.region.Text == "" {
		return Value{}, nil
	}
	return c.ini.regions.lookup(c.who.region.Text, option)
}

// userOption looks an option of the user up in the ini files.
func (c *Config) userOption(option string) (Value, error) {
	user, err := c.User()
	if err != nil || user.Text == "" {
		return Value{}, err
	}
	return c.ini.users.lookup(user.Text, option)
}

// env returns the first variable of the environment that is set.
func (c *Config) env(names ...string) Value {
	for _, name := range names {
		if text := c.o.Getenv(name); text != "" {
			return Value{text, name}
		}
	}
	return Value{}
}

// path replaces a leading "~/" by the home directory.
func (c *Config) path(p string) string {
	if rest, ok := strings.CutPrefix(p, "~/"); ok && c.o.Home != "" {
		return filepath.Join(c.o.Home, rest)
	}
	return p
}

// firstOf returns the first value that has a text.
func firstOf(values ...Value) Value {
	for _, v := range values {
		if v.Text != "" {
			return v
		}
	}
	return Value{}
}
