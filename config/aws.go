package config

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// awsFiles is what the chosen profile of AWS's own files says.
type awsFiles struct {
	profile             Value // its name; From is "" for the one that nobody chose
	credentials, config map[string]Value
	region              Value
	url                 Value            // of every service
	urls                map[string]Value // of one, by its name: ec2, s3
	trust               Value            // a file of certificates
	paths               []string
}

// loadAWS reads the profile AWS_PROFILE (otherwise "default") of AWS's files.
// The file config calls it "profile NAME", credentials plainly NAME, and keys
// may stand in either.
func (c *Config) loadAWS() (awsFiles, error) {
	found := awsFiles{profile: firstOf(c.env("AWS_PROFILE", "AWS_DEFAULT_PROFILE"), Value{Text: "default"})}
	name := found.profile.Text
	for _, file := range []struct {
		variable, name string
		into           *map[string]Value
		sections       []string
	}{
		{"AWS_SHARED_CREDENTIALS_FILE", "credentials", &found.credentials, []string{name}},
		{"AWS_CONFIG_FILE", "config", &found.config, configSections(name)},
	} {
		path := c.awsPath(file.variable, file.name)
		if path == "" {
			continue
		}
		found.paths = append(found.paths, path)
		sections, err := readINI(path, true) // these files are foremost other programs'
		if err != nil {
			return found, err
		}
		*file.into = firstSection(sections, file.sections)
	}
	found.region = firstOf(found.config["region"], found.credentials["region"])
	found.url, found.trust = found.config["endpoint_url"], found.config["ca_bundle"]
	var err error
	found.urls, err = c.awsServices(found.config["services"])
	return found, err
}

// awsServices reads the section [services NAME] that a profile names: below a line
// "s3 =" stands, indented, what is that service's.
func (c *Config) awsServices(name Value) (map[string]Value, error) {
	if name.Text == "" {
		return nil, nil
	}
	data, err := readFile(name.From)
	if err != nil {
		return nil, err
	}
	urls, service, within := map[string]Value{}, "", false
	for line := range strings.Lines(string(data)) {
		key, value, assigned := strings.Cut(strings.TrimSpace(line), "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case strings.HasPrefix(line, "["):
			within = strings.Join(strings.Fields(strings.Trim(key, "[]")), " ") == "services "+name.Text
		case !within || !assigned:
		case strings.TrimLeft(line, " \t") == line:
			service = strings.ToLower(key)
		case key == "endpoint_url":
			urls[service] = Value{value, name.From}
		}
	}
	return urls, nil
}

// configSections are the names that a profile may have in the file config.
func configSections(profile string) []string {
	if profile == "default" {
		return []string{"default", "profile default"}
	}
	return []string{"profile " + profile}
}

func firstSection(sections map[string]map[string]Value, names []string) map[string]Value {
	for _, name := range names {
		if section := sections[name]; len(section) > 0 {
			return section
		}
	}
	return nil
}

// awsPath is the file that variable names, or ~/.aws/NAME; "" without a home.
func (c *Config) awsPath(variable, name string) string {
	if path := c.path(c.o.Getenv(variable)); path != "" || c.o.Home == "" {
		return path
	}
	return filepath.Join(c.o.Home, ".aws", name)
}

// Ways of a profile to come by keys that are not in it, by the options that ask for
// them. Those of the first list count even where keys stand beside them, as in AWS's
// own tools.
func borrowedFirst() []string {
	return []string{"role_arn", "web_identity_token_file", "sso_session", "sso_start_url", "login_session"}
}

// awsKeys returns the profile's keys. A profile that names another way to come by
// them is refused rather than passed over: other keys would do the work.
func (c *Config) awsKeys() (Credentials, error) {
	for _, option := range borrowedFirst() {
		if v := firstOf(c.aws.config[option], c.aws.credentials[option]); v.Text != "" {
			return Credentials{}, c.borrowed(option, v.From)
		}
	}
	if keys := awsKeysOf(c.aws.credentials); keys.complete() {
		return keys, nil
	}
	if v := firstOf(c.aws.config["credential_process"], c.aws.credentials["credential_process"]); v.Text != "" {
		return Credentials{}, c.borrowed("credential_process", v.From)
	}
	if keys := awsKeysOf(c.aws.config); keys.complete() {
		return keys, nil
	}
	if c.aws.profile.From != "" && c.aws.config == nil && c.aws.credentials == nil {
		return Credentials{}, c.missingProfile()
	}
	return c.awsVariables()
}

// awsVariables refuses the variables by which AWS's own tools fetch keys from
// elsewhere.
func (c *Config) awsVariables() (Credentials, error) {
	from := c.env("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if from.Text == "" {
		return Credentials{}, nil
	}
	return Credentials{}, &BorrowedError{Option: from.From, From: "environment"}
}

func (c *Config) borrowed(option, from string) error {
	return &BorrowedError{Profile: c.aws.profile.Text, Option: option, From: from}
}

func awsKeysOf(section map[string]Value) Credentials {
	return Credentials{
		AccessKey:    section["aws_access_key_id"].Text,
		SecretKey:    section["aws_secret_access_key"].Text,
		SessionToken: firstOf(section["aws_session_token"], section["aws_security_token"]).Text,
		From:         section["aws_access_key_id"].From,
		Expires:      parseTime(firstOf(section["x_security_token_expires"], section["aws_expiration"]).Text),
	}
}

// Profile returns the name of the profile of AWS's files, and what chose it; its
// Text is "" if there are no such files.
func (c *Config) Profile() Value {
	if c.aws.profile.From == "" && c.aws.config == nil && c.aws.credentials == nil {
		return Value{}
	}
	return c.aws.profile
}

// Files lists the files that were read and say something, in the order in which they
// count.
func (c *Config) Files() []string {
	files := slices.Clone(c.ini.paths)
	if c.eucarcPath != "" {
		files = append(files, c.eucarcPath)
	}
	for _, path := range c.aws.paths {
		for _, section := range []map[string]Value{c.aws.credentials, c.aws.config} {
			values := slices.Collect(maps.Values(section))
			if len(values) > 0 && values[0].From == path && !slices.Contains(files, path) {
				files = append(files, path)
			}
		}
	}
	return files
}
