package config

import (
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

	// BucketLocation is the ini files' s3-location-constraint, of S3 only.
	BucketLocation string
}

// defaultRegion signs requests for a cloud whose region nobody named. Clouds
// other than AWS do not check it.
const defaultRegion = "us-east-1"

// EC2 returns the endpoint of the compute service.
func (c *Config) EC2() (Endpoint, error) {
	return c.endpoint("ec2", c.o.EC2URL, "EC2_URL", "AWS_ENDPOINT_URL_EC2")
}

// S3 returns the endpoint of the object store.
func (c *Config) S3() (Endpoint, error) {
	e, err := c.endpoint("s3", c.o.S3URL, "S3_URL", "AWS_ENDPOINT_URL_S3")
	if err != nil {
		return Endpoint{}, err
	}
	location, err := c.regionOption("s3-location-constraint")
	e.BucketLocation = location.Text
	return e, err
}

func (c *Config) endpoint(service, given string, variables ...string) (Endpoint, error) {
	v := firstOf(Value{given, CommandLine}, c.env(variables...))
	if v.Text == "" {
		var err error
		if v, err = c.fileURL(service); err != nil {
			return Endpoint{}, err
		}
	}
	if v.Text == "" {
		return Endpoint{}, c.missingEndpoint(service)
	}
	return c.complete(v)
}

// fileURL looks for a service's URL where no option and no variable of its own
// names one.
func (c *Config) fileURL(service string) (Value, error) {
	v, err := c.regionOption(service + "-url")
	if err != nil {
		return Value{}, err
	}
	return firstOf(v, c.env("AWS_ENDPOINT_URL"), c.aws.url, c.amazonURL(service)), nil
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

func (c *Config) verifyTLS() (bool, error) {
	v, err := c.regionOption("verify-ssl")
	if err != nil {
		return false, err
	}
	switch strings.ToLower(v.Text) {
	case "", "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, fmt.Errorf("%s: verify-ssl: %q is neither true nor false", v.From, v.Text)
}

const (
	letters = "abcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// isAmazonName tells the names of Amazon's regions: two letters, words and a digit,
// as in us-gov-west-1.
func isAmazonName(region string) bool {
	words := strings.Split(region, "-")
	last := len(words) - 1
	if last < 2 || len(words[0]) != 2 || len(words[last]) != 1 || strings.Trim(words[last], digits) != "" {
		return false
	}
	return !slices.ContainsFunc(words[:last], func(word string) bool { return word == "" || strings.Trim(word, letters) != "" })
}

// amazonURL returns Amazon's endpoint for the chosen region, unless the ini
// files know the region: then it is a region of theirs.
func (c *Config) amazonURL(service string) Value {
	region := c.who.region.Text
	if !isAmazonName(region) || c.ini.regions[region] != nil {
		return Value{}
	}
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	return Value{fmt.Sprintf("https://%s.%s.%s", service, region, domain), "region " + region}
}

// amazonRegion returns the region in the name of one of Amazon's hosts, such as
// ec2.REGION.amazonaws.com and s3-REGION.amazonaws.com.
func amazonRegion(host string) string {
	name, ok := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	if !ok {
		return ""
	}
	for _, prefix := range []string{"ec2.", "ec2-", "s3.", "s3-"} {
		if region, ok := strings.CutPrefix(name, prefix); ok && strings.Trim(region, letters+digits+"-") == "" {
			return region
		}
	}
	return ""
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

func (c *Config) unknownRegion(name string) error {
	hint := fmt.Sprintf("looked for a section [region %s] in %s", name, strings.Join(c.iniPatterns(), ", "))
	if known := c.knownRegions(func(map[string]Value) bool { return true }); len(known) > 0 {
		hint += "; there are " + strings.Join(known, ", ")
	}
	return &MissingError{What: "region", message: "no region " + name, hint: hint}
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
