package config

// Setting is one line of what the configuration amounts to.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	From  string `json:"from,omitempty"`
	// Problem says why there is no value.
	Problem string `json:"problem,omitempty"`
}

// Settings lists everything that can be asked for, with its origin. The secret
// key is not among it.
func (c *Config) Settings() []Setting {
	region := Setting{Name: "region", Value: c.Region().Text, From: c.Region().From}
	return []Setting{
		region,
		setting("user")(c.User()),
		endpointSetting("ec2-url")(c.EC2()),
		endpointSetting("s3-url")(c.S3()),
		keySetting("access-key")(c.Credentials()),
		setting("account-id")(c.AccountID()),
		setting("user-certificate")(c.UserCertificate()),
		setting("private-key")(c.PrivateKey()),
		setting("cloud-certificate")(c.CloudCertificate()),
	}
}

func setting(name string) func(Value, error) Setting {
	return func(v Value, err error) Setting {
		s := Setting{Name: name, Value: v.Text, From: v.From}
		if err != nil {
			s.Problem = err.Error()
		}
		return s
	}
}

func endpointSetting(name string) func(Endpoint, error) Setting {
	return func(e Endpoint, err error) Setting { return setting(name)(Value{e.URL, e.From}, err) }
}

func keySetting(name string) func(Credentials, error) Setting {
	return func(k Credentials, err error) Setting { return setting(name)(Value{k.AccessKey, k.From}, err) }
}
