package config

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"
)

// Credentials is an access key with its secret. Printing or logging one does
// not show the secret.
type Credentials struct {
	AccessKey    string
	SecretKey    string
	SessionToken string // "" unless the keys are a session's
	From         string // where both were found
	// Expires is when a session's keys cease to be good; zero where that is not said.
	Expires time.Time
}

// String shows the access key only.
func (c Credentials) String() string { return c.AccessKey }

// Format shows the access key only, whatever the verb.
func (c Credentials) Format(f fmt.State, _ rune) { io.WriteString(f, c.AccessKey) }

// LogValue shows the access key only.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(c.AccessKey) }

// Credentials returns the keys to sign requests with. They come from the first
// place that has both: a half pair elsewhere is passed over, but on the command
// line it is an error.
func (c *Config) Credentials() (Credentials, error) {
	given := Credentials{AccessKey: c.o.AccessKey, SecretKey: c.o.SecretKey, SessionToken: c.o.SessionToken, From: CommandLine}
	switch {
	case given.complete():
		return given, nil
	case given.AccessKey != "":
		return Credentials{}, missingHalf("secret key", "-S")
	case given.SecretKey != "" || given.SessionToken != "":
		return Credentials{}, missingHalf(AccessKeyID, "-I")
	}
	for _, source := range []func() (Credentials, error){
		c.environmentKeys, c.eucarcKeys, c.credentialFileKeys, c.iniKeys, c.eucarcFileKeys, c.awsKeys,
	} {
		found, err := source()
		if err != nil {
			return Credentials{}, err
		}
		if found.complete() {
			return found, found.Check(c.o.Now())
		}
	}
	return Credentials{}, missingOption(AccessKeyID, "-I")
}

// Check refuses keys that have ceased to be good. The words are euca2ools'.
func (c Credentials) Check(now time.Time) error {
	if c.Expires.IsZero() || now.Before(c.Expires) {
		return nil
	}
	return &ExpiredError{From: c.From, At: c.Expires}
}

func (c Credentials) complete() bool { return c.AccessKey != "" && c.SecretKey != "" }

// environmentKeys reads AWS's variables; those without _ID and _ACCESS are
// older.
func (c *Config) environmentKeys() (Credentials, error) {
	key := c.env("AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY")
	secret := c.env("AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY")
	token := c.env("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_DELEGATION_TOKEN")
	return Credentials{
		AccessKey: key.Text, SecretKey: secret.Text, SessionToken: token.Text, From: key.From,
		Expires: parseTime(c.o.Getenv("AWS_CREDENTIAL_EXPIRATION")),
	}, nil
}

// parseTime reads a time as AWS writes it; what it cannot read is no limit, as in
// euca2ools.
func parseTime(text string) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, text)
	return at
}

// eucarcKeys reads the variables that the eucarc files of Eucalyptus 1 and 2
// set.
func (c *Config) eucarcKeys() (Credentials, error) {
	key, secret := c.env("EC2_ACCESS_KEY"), c.env("EC2_SECRET_KEY")
	return Credentials{AccessKey: key.Text, SecretKey: secret.Text, From: key.From}, nil
}

// credentialFileKeys reads the file that AWS_CREDENTIAL_FILE names.
func (c *Config) credentialFileKeys() (Credentials, error) {
	path := c.path(os.Expand(c.o.Getenv("AWS_CREDENTIAL_FILE"), c.o.Getenv))
	if path == "" {
		return Credentials{}, nil
	}
	data, err := readFile(path)
	if err != nil {
		return Credentials{}, fmt.Errorf("AWS_CREDENTIAL_FILE: %w", err)
	}
	found := parseCredentialFile(data)
	found.From = path
	return found, nil
}

// parseCredentialFile reads the lines AWSAccessKeyId=… and AWSSecretKey=…; what
// follows a # is a comment.
func parseCredentialFile(data []byte) Credentials {
	var found Credentials
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, maxFile+1)
	for lines.Scan() {
		line, _, _ := strings.Cut(lines.Text(), "#")
		name, value, _ := strings.Cut(line, "=")
		switch strings.TrimSpace(name) {
		case "AWSAccessKeyId":
			found.AccessKey = strings.TrimSpace(value)
		case "AWSSecretKey":
			found.SecretKey = strings.TrimSpace(value)
		}
	}
	return found
}

// iniKeys reads the keys of the ini files' user. One that was asked for by name and is
// found nowhere is an error: the keys of later places are somebody else's.
func (c *Config) iniKeys() (Credentials, error) {
	if asked := c.who.user.Text; asked != "" && !c.ini.users.has(asked) {
		return Credentials{}, c.unknownUser(asked)
	}
	key, err := c.userOption("key-id")
	if err != nil {
		return Credentials{}, err
	}
	secret, err := c.userOption("secret-key")
	return Credentials{AccessKey: key.Text, SecretKey: secret.Text, From: key.From}, err
}
