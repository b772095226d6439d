package config

import (
	"path/filepath"
)

// awsFiles is what the chosen profile of AWS's own files says.
type awsFiles struct {
	keys   Credentials
	region Value
	url    Value // of every service
	trust  Value // a file of certificates
}

// loadAWS reads the profile AWS_PROFILE (otherwise "default") of AWS's files.
// The file config calls it "profile NAME", credentials plainly NAME, and keys
// may stand in either.
func (c *Config) loadAWS() (awsFiles, error) {
	profile := firstOf(c.env("AWS_PROFILE", "AWS_DEFAULT_PROFILE"), Value{Text: "default"}).Text
	credentials, err := c.readAWS("AWS_SHARED_CREDENTIALS_FILE", "credentials", profile)
	if err != nil {
		return awsFiles{}, err
	}
	section := profile
	if profile != "default" {
		section = "profile " + profile
	}
	config, err := c.readAWS("AWS_CONFIG_FILE", "config", section)
	if err != nil {
		return awsFiles{}, err
	}
	found := awsFiles{keys: awsKeysOf(credentials), region: config["region"], url: config["endpoint_url"],
		trust: config["ca_bundle"]}
	if !found.keys.complete() {
		found.keys = awsKeysOf(config)
	}
	return found, nil
}

// readAWS returns a section of the file that variable names, or of
// ~/.aws/NAME.
func (c *Config) readAWS(variable, name, section string) (map[string]Value, error) {
	path := c.path(c.o.Getenv(variable))
	if path == "" && c.o.Home != "" {
		path = filepath.Join(c.o.Home, ".aws", name)
	}
	if path == "" {
		return nil, nil
	}
	file, err := readINI(path, true) // these files are foremost other programs'
	return file[section], err
}

func awsKeysOf(section map[string]Value) Credentials {
	return Credentials{
		AccessKey:    section["aws_access_key_id"].Text,
		SecretKey:    section["aws_secret_access_key"].Text,
		SessionToken: section["aws_session_token"].Text,
		From:         section["aws_access_key_id"].From,
	}
}
