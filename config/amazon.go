package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

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

// amazonDefault is Amazon's first region, at the addresses that ec2-ami-tools and
// ec2-api-tools go to when nobody says where.
func amazonDefault(service string) Value {
	return Value{fmt.Sprintf("https://%s.amazonaws.com", service), "default of ec2-ami-tools"}
}

// amitoolsEndpoint is where the variable AMITOOLS_EC2_REGION_ENDPOINT says that the
// compute service of a region is: REGION@URL.
func (c *Config) amitoolsEndpoint(region string) Value {
	const variable = "AMITOOLS_EC2_REGION_ENDPOINT"
	name, address, ok := strings.Cut(c.o.Getenv(variable), "@")
	if !ok || region == "" || strings.TrimSpace(name) != region {
		return Value{}
	}
	return Value{strings.TrimSpace(address), variable}
}

// amitoolsHomes are where ec2-ami-tools may be: where the variables say, and where
// Amazon Linux and Ubuntu put them if the cloud is Amazon's.
func (c *Config) amitoolsHomes() []Value {
	homes := []Value{c.env("EC2_AMITOOL_HOME"), c.env("EC2_HOME")}
	if !c.o.Amazon && !isAmazonName(c.who.region.Text) {
		return homes
	}
	const found = "ec2-ami-tools"
	return append(homes, Value{filepath.Join(c.o.Root, "/opt/aws/amitools/ec2"), found}, Value{filepath.Join(c.o.Root, "/"), found})
}

// amitoolsCertificate is the certificate of Amazon's cloud that ec2-ami-tools bring
// along, if they are installed.
func (c *Config) amitoolsCertificate() Value {
	name := amazonCertificate(c.who.region.Text)
	for _, home := range c.amitoolsHomes() {
		if home.Text == "" {
			continue
		}
		path := filepath.Join(home.Text, "etc", "ec2", "amitools", name)
		if _, err := os.Stat(path); err == nil {
			return Value{path, home.From}
		}
	}
	return Value{}
}

// amazonCertificate is the file that ec2-ami-tools keep the certificate of a region in.
func amazonCertificate(region string) string {
	switch {
	case strings.HasPrefix(region, "us-gov-"):
		return "cert-ec2-gov.pem"
	case strings.HasPrefix(region, "cn-"):
		return "cert-ec2-cn-north-1.pem"
	}
	return "cert-ec2.pem"
}
