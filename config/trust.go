package config

// CABundle returns the path of the file with the certificates to trust instead of the
// system's: the command line's, that of AWS's tools, or that of curl, with which
// ec2-ami-tools transfer. Its Text is "" when none is named.
func (c *Config) CABundle() Value {
	file := firstOf(Value{c.o.CABundle, CommandLine}, c.env("AWS_CA_BUNDLE"), c.aws.trust, c.env("CURL_CA_BUNDLE"))
	file.Text = c.path(file.Text)
	return file
}
