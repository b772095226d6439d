package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Endpoint is where a service is.
type Endpoint struct {
	URL  string // http or https, may have a path
	From string // where the URL was found

	// Region is the name that signatures of version 4 carry; never empty.
	Region string

	// VerifyTLS is false only where the ini files say verify-ssl = false.
	VerifyTLS bool

	// Guessed is true of the bootstrap service whose URL follows from that of the
	// compute service: whether there is one remains to be seen.
	Guessed bool

	// SignatureVersion is 4 or 2 where the ini files say so by s3-force-sigv4, of S3
	// only; 0 otherwise.
	SignatureVersion int

	// BucketLocation is the ini files' s3-location-constraint, of S3 only.
	BucketLocation string
}

// defaultRegion signs requests for a cloud whose region nobody named. Clouds
// other than AWS do not check it.
const defaultRegion = "us-east-1"

// EC2 returns the endpoint of the compute service.
func (c *Config) EC2() (Endpoint, error) {
	v, err := c.serviceURL("ec2", c.o.EC2URL, "EC2_URL", "AWS_ENDPOINT_URL_EC2")
	if err != nil {
		return Endpoint{}, err
	}
	return c.complete(v)
}

// S3 returns the endpoint of the object store.
func (c *Config) S3() (Endpoint, error) {
	v, err := c.serviceURL("s3", c.o.S3URL, "S3_URL", "AWS_ENDPOINT_URL_S3")
	if err != nil {
		return Endpoint{}, err
	}
	e, err := c.complete(v)
	if err != nil {
		return Endpoint{}, err
	}
	if e.SignatureVersion, err = c.s3Signature(); err != nil {
		return Endpoint{}, err
	}
	location, err := c.regionOption("s3-location-constraint")
	e.BucketLocation = location.Text
	return e, err
}

// Bootstrap returns the endpoint at which Eucalyptus 4 and later tell their own
// certificates: the one that is configured, or the one that stands beside the compute
// service. Its URL is "" for a cloud that has none, as far as one can see.
func (c *Config) Bootstrap() (Endpoint, error) {
	const service = "bootstrap"
	v, err := c.regionOption(service + "-url")
	if err != nil {
		return Endpoint{}, err
	}
	v = firstOf(Value{c.o.BootstrapURL, CommandLine}, c.env("EUCA_BOOTSTRAP_URL"), v)
	if v.Text == "" {
		ec2, err := c.EC2()
		if err != nil {
			return Endpoint{}, err
		}
		if ec2.URL, ec2.Guessed = besideEC2(ec2.URL), true; ec2.URL == "" {
			return Endpoint{}, nil
		}
		return ec2, nil
	}
	return c.complete(v)
}

// besideEC2 is the address of the bootstrap service of a cloud of Eucalyptus's kind,
// by that of its compute service: /services/Empyrean, or bootstrap.DOMAIN. It is ""
// for other addresses.
func besideEC2(address string) string {
	u, err := url.Parse(address)
	if err != nil || amazonRegion(u.Hostname()) != "" {
		return ""
	}
	if strings.HasPrefix(u.Path, "/services/") {
		u.Path = "/services/Empyrean"
		return u.String()
	}
	for _, name := range []string{"ec2.", "compute."} {
		if domain, ok := strings.CutPrefix(u.Host, name); ok && !strings.Contains(domain, "amazonaws.") {
			u.Host = "bootstrap." + domain
			return u.String()
		}
	}
	return ""
}

// ServiceURL returns what the variable or the chosen region of the ini files says of
// the address of a service, whichever it is; of the two that this package knows, also
// what else does. Its Text is "" where nothing does.
func (c *Config) ServiceURL(service, variable string) (Value, error) {
	switch service {
	case "ec2":
		return address(c.EC2())
	case "s3":
		return address(c.S3())
	}
	v, err := c.regionOption(service + "-url")
	return firstOf(c.env(variable), v), err
}

// address is an endpoint's URL; it is no error that there is none.
func address(e Endpoint, err error) (Value, error) {
	if _, missing := errors.AsType[*MissingError](err); missing {
		return Value{}, nil
	}
	return Value{e.URL, e.From}, err
}

// serviceURL finds out where a service is.
func (c *Config) serviceURL(service, given string, variables ...string) (Value, error) {
	v := firstOf(Value{given, CommandLine}, c.env(variables...))
	if v = firstOf(v, c.fromEucarc(variables...)); v.Text != "" {
		return v, nil
	}
	v, err := c.fileURL(service)
	if err == nil && v.Text == "" {
		err = c.missingEndpoint(service)
	}
	return v, err
}

// fileURL looks for a service's URL where no option and no variable of its own
// names one.
func (c *Config) fileURL(service string) (Value, error) {
	v, err := c.regionOption(service + "-url")
	if err != nil {
		return Value{}, err
	}
	v = firstOf(v, c.env("AWS_ENDPOINT_URL"), c.aws.urls[service], c.aws.url)
	if service == "ec2" {
		v = firstOf(v, c.amitoolsEndpoint(c.who.region.Text))
	}
	v = firstOf(v, c.amazonURL(service))
	if v.Text == "" && c.o.Amazon && c.who.region.Text == "" {
		v = amazonDefault(service)
	}
	return v, nil
}

// complete checks a URL and adds what goes with it.
func (c *Config) complete(v Value) (Endpoint, error) {
	_, address := splitURL(v.Text)
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return Endpoint{}, fmt.Errorf("%s: %q is not an http or https URL", v.From, address)
	}
	region, err := c.regionName()
	if err != nil {
		return Endpoint{}, err
	}
	verify, err := c.verifyTLS()
	if err != nil {
		return Endpoint{}, err
	}
	return Endpoint{
		URL:       address,
		From:      v.From,
		Region:    firstOf(Value{Text: region}, Value{Text: amazonRegion(u.Hostname())}, Value{Text: defaultRegion}).Text,
		VerifyTLS: verify,
	}, nil
}

// regionName returns the name of the chosen region without namespaces, or the
// one that its section gives it.
func (c *Config) regionName() (string, error) {
	region := c.who.region.Text
	name, err := c.regionOption("name")
	if err != nil || name.Text != "" {
		return name.Text, err
	}
	return region[strings.LastIndex(region, ":")+1:], nil
}

// verifyTLS is whether the server's certificate matters.
func (c *Config) verifyTLS() (bool, error) {
	said, err := c.regionSwitch("verify-ssl")
	return said == nil || *said, err
}

// s3Signature is the version of signatures of the object store that the region asks
// for. euca2ools take 2 where it does not say.
func (c *Config) s3Signature() (int, error) {
	said, err := c.regionSwitch("s3-force-sigv4")
	switch {
	case err != nil || said == nil:
		return 0, err
	case *said:
		return 4, nil
	}
	return 2, nil
}

// regionSwitch is an option of the region that is true or false; nil where it is not
// there.
func (c *Config) regionSwitch(option string) (*bool, error) {
	v, err := c.regionOption(option)
	if err != nil || v.Text == "" {
		return nil, err
	}
	var on bool
	switch strings.ToLower(v.Text) {
	case "true", "1", "yes", "on":
		on = true
	case "false", "0", "no", "off":
	default:
		return nil, fmt.Errorf("%s: %s: %q is neither true nor false", v.From, option, v.Text)
	}
	return &on, nil
}

// splitURL splits [[USER@]REGION::]URL.
func splitURL(spec string) (region, address string) {
	region, address, ok := strings.Cut(spec, "::")
	if !ok || strings.Contains(region, "/") { // as in http://[::1]:8773/
		return "", spec
	}
	return region, address
}

// knownRegions lists the regions of the ini files that are as wanted.
func (c *Config) knownRegions(wanted func(options map[string]Value) bool) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(c.ini.regions)) {
		if !strings.Contains(name, "*") && wanted(c.ini.regions[name]) {
			names = append(names, name)
		}
	}
	return names
}

// Regions lists the regions of the ini files.
func (c *Config) Regions() []string {
	return c.knownRegions(func(map[string]Value) bool { return true })
}

// Users lists the users of the ini files.
func (c *Config) Users() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(c.ini.users)), func(name string) bool { return strings.Contains(name, "*") })
}

func (c *Config) unknownRegion(name string) error {
	hint := fmt.Sprintf("looked for a section [region %s] in %s", name, strings.Join(c.iniPatterns(), ", "))
	if known := c.Regions(); len(known) > 0 {
		hint += "; there are " + strings.Join(known, ", ")
	}
	return &MissingError{What: "region", message: "no region " + name, hint: hint}
}

// unknownUser is worded as euca2ools have it; the hint says why there are no keys.
func (c *Config) unknownUser(name string) error {
	e := missingOption(AccessKeyID, "-I")
	e.What = "user"
	e.hint = fmt.Sprintf("there is no user %s: looked for a section [user %[1]s] in %s", name, strings.Join(c.iniPatterns(), ", "))
	if known := c.Users(); len(known) > 0 {
		e.hint += "; there are " + strings.Join(known, ", ")
	}
	return e
}

func (c *Config) missingEndpoint(service string) error {
	option := service + "-url"
	message := fmt.Sprintf("No %s endpoint to connect to was given. ", service)
	known := c.knownRegions(func(options map[string]Value) bool { return options[option].Text != "" })
	if len(known) > 0 {
		message += fmt.Sprintf("Configured regions with %s endpoints are: %s", service, strings.Join(known, ", "))
	} else {
		message += fmt.Sprintf("%s endpoints may be specified in a config file with %q.", service, option)
	}
	return &MissingError{What: service + " endpoint", message: message,
		hint: sourceEucarc + ", or give the address with -U"}
}
