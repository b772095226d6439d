package cli

import (
	"github.com/spf13/pflag"
)

// KeyLetters chooses the short options that give the access and secret key:
// euca2ools changed them between versions, and on EC2 commands -a and -s mean
// other things (facts of euca2ools 1.x to 3.4.1 and ec2-ami-tools).
type KeyLetters int

// The choices of key options.
const (
	// UpperKeys takes -I and -S only: commands that talk to EC2.
	UpperKeys KeyLetters = iota
	// BothKeys takes -a and -s as well: bundling and transfer commands.
	BothKeys
)

// Connection holds the options that say where a service is and who asks. The
// zero value takes everything from the environment and the configuration
// files. Commands embed it in their own flags.
type Connection struct {
	AccessKey     string
	SecretKey     string
	SecurityToken string
	URL           string
	Region        string
	SigVersion    int
}

// AddFlags declares the connection's options.
func (c *Connection) AddFlags(f *pflag.FlagSet, letters KeyLetters) {
	f.StringVarP(&c.AccessKey, "access-key-id", "I", "", "use the access key `ID`")
	f.StringVarP(&c.SecretKey, "secret-key", "S", "", "use the secret `KEY`")
	f.StringVar(&c.SecurityToken, "security-token", "", "use a session's `TOKEN` with the keys")
	f.StringVarP(&c.URL, "url", "U", "", "talk to the service at `URL`")
	f.StringVar(&c.Region, "region", "", "use the region `[USER@]REGION` of the configuration files")
	f.IntVar(&c.SigVersion, "sigv", 0, "sign with version `2|4` (default 4)")
	if letters == BothKeys {
		f.StringVarP(&c.AccessKey, "access-key", "a", "", "same as --access-key-id")
		f.StringVarP(&c.SecretKey, "secret", "s", "", "same as --secret-key")
	}
}
