package config

import (
	"errors"
	"net/url"
	"strconv"
	"time"
)

// Setting is one line of what the configuration amounts to.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	From  string `json:"from,omitempty"`
	// Problem says why there is no value, and Missing that nothing gives one.
	Problem string `json:"problem,omitempty"`
	Missing bool   `json:"missing,omitempty"`
}

// Settings lists everything that can be asked for, with its origin. Of secrets there
// is only whether they are there.
func (c *Config) Settings() []Setting {
	keys, err := c.Credentials()
	return c.SettingsWith(keys, err)
}

// SettingsWith is Settings with keys that came from elsewhere, or why there are none.
func (c *Config) SettingsWith(keys Credentials, err error) []Setting {
	all := []Setting{
		setting("region")(c.Region(), nil),
		setting("user")(c.User()),
		setting("profile")(c.Profile(), nil),
		endpointSetting("ec2-url")(c.EC2()),
		endpointSetting("s3-url")(c.S3()),
		endpointSetting("bootstrap-url")(c.Bootstrap()),
		setting("access-key")(Value{keys.AccessKey, keys.From}, err),
		secretSetting("secret-key", keys.SecretKey, keys),
		secretSetting("session-token", keys.SessionToken, keys),
		expirySetting(keys),
		setting("account-id")(c.AccountID()),
		setting("user-certificate")(c.UserCertificate()),
		setting("private-key")(c.PrivateKey()),
		setting("cloud-certificate")(c.CloudCertificate()),
		setting("ca-bundle")(c.CABundle(), nil),
	}
	return append(all, c.sayings()...)
}

// sayings are the options of the files that have no default worth showing.
func (c *Config) sayings() (said []Setting) {
	for _, option := range []string{"verify-ssl", "s3-force-sigv4", "s3-location-constraint"} {
		if v, err := c.regionOption(option); v.Text != "" || err != nil {
			said = append(said, setting(option)(v, err))
		}
	}
	_, err := c.Patience()
	for _, option := range []string{"max-retries", "timeout"} {
		if v := c.ini.global[option]; v.Text != "" {
			said = append(said, setting(option)(v, err))
		}
	}
	return said
}

func setting(name string) func(Value, error) Setting {
	return func(v Value, err error) Setting {
		s := Setting{Name: name, Value: v.Text, From: v.From}
		if err != nil {
			s.Problem = err.Error()
			_, s.Missing = errors.AsType[*MissingError](err)
		}
		return s
	}
}

func endpointSetting(name string) func(Endpoint, error) Setting {
	return func(e Endpoint, err error) Setting {
		if u, err := url.Parse(e.URL); err == nil {
			e.URL = u.Redacted()
		}
		return setting(name)(Value{e.URL, e.From}, err)
	}
}

// masked stands for a secret.
const masked = "********"

func secretSetting(name, secret string, keys Credentials) Setting {
	if secret == "" {
		return Setting{Name: name}
	}
	return Setting{Name: name, Value: masked + " (" + strconv.Itoa(len(secret)) + " characters)", From: keys.From}
}

func expirySetting(keys Credentials) Setting {
	if keys.Expires.IsZero() {
		return Setting{Name: "expires"}
	}
	return Setting{Name: "expires", Value: keys.Expires.UTC().Format(time.RFC3339), From: keys.From}
}
