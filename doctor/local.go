package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"crypto/x509"

	"emikit/config"
	"emikit/manifest"
)

// checkConfig tells where everything comes from, and so which of several clouds it is.
func (e *exam) checkConfig(context.Context) verdict {
	c, err := config.Load(e.r.Config)
	if err != nil {
		return fail(err, "mend the file, or choose others with EUCA_CONFIG_PATH")
	}
	e.config = c
	var sources []string
	for _, s := range c.Settings() {
		if s.From != "" && !slices.Contains(sources, s.From) {
			sources = append(sources, s.From)
		}
	}
	if len(sources) == 0 {
		return failed("source the eucarc file of your cloud, or write ~/.euca/NAME.ini",
			"nothing on the command line, in the environment, in ~/.euca or in ~/.aws")
	}
	region := "no region"
	if c.Region().Text != "" {
		region = "region " + from(c.Region())
	}
	return ok("%s; from: %s", region, strings.Join(sources, ", "))
}

func (e *exam) checkKeys(context.Context) verdict {
	find := e.r.Keys
	if find == nil {
		find = (*config.Config).Credentials
	}
	keys, err := find(e.config)
	if err != nil {
		return fail(err, "")
	}
	e.keys = keys
	if isQuoted(keys.AccessKey) || isQuoted(keys.SecretKey) {
		return warn("look for a blank, a line end or a quotation mark too many in "+keys.From,
			"%s (%s): it or its secret begins or ends with what is hardly part of it", strings.TrimSpace(keys.AccessKey), keys.From)
	}
	return ok("%s, with a secret (%s)", keys.AccessKey, keys.From)
}

// isQuoted reports whether a value has kept what is only around it in a file.
func isQuoted(s string) bool { return strings.Trim(s, "\"' \t\r\n") != s }

// bundlingChecks are those of what bundle-image needs.
func (e *exam) bundlingChecks() []check {
	conf := []string{"configuration"}
	return []check{
		{"account", conf, e.checkAccount},
		{"user certificate", conf, e.checkCertificate},
		{"private key", conf, e.checkPrivateKey},
		{"key pair", []string{"user certificate", "private key"}, e.checkPair},
		{"cloud certificate", conf, e.checkCloud},
		{"disk space", nil, e.checkDisk},
	}
}

func (e *exam) checkAccount(context.Context) verdict {
	const digits = 12
	account, err := e.config.AccountID()
	switch {
	case err != nil:
		return fail(err, "")
	case len(account.Text) != digits || strings.Trim(account.Text, "0123456789") != "":
		return failed("give the number with -u, or set EC2_USER_ID", "%s is not an account number: %d digits", from(account), digits)
	}
	return ok("%s", from(account))
}

func (e *exam) checkCertificate(context.Context) verdict {
	path, err := e.config.UserCertificate()
	if err != nil {
		return fail(err, "")
	}
	cert, v := certificate(path)
	e.cert = cert
	return v
}

func (e *exam) checkCloud(context.Context) verdict {
	path, err := e.config.CloudCertificate()
	if err != nil {
		return fail(err, "")
	}
	_, v := certificate(path)
	return v
}

// certificate reads one. No cloud refuses a bundle for a certificate's dates: they are
// a warning.
func certificate(path config.Value) (*x509.Certificate, verdict) {
	if v := regular(path); v.state != OK {
		return nil, v
	}
	cert, err := manifest.LoadCertificate(path.Text)
	if err != nil {
		return nil, fail(err, hintPath(path))
	}
	const day = "2006-01-02"
	text := fmt.Sprintf("%s: RSA, until %s", from(path), cert.NotAfter.Format(day))
	switch now := time.Now(); {
	case now.After(cert.NotAfter):
		return cert, warn("get a new one from the cloud; bundles for this one are still taken by most", "%s: it has expired", text)
	case now.Before(cert.NotBefore):
		return cert, warn("set this machine's clock", "%s: it is not valid before %s", text, cert.NotBefore.Format(day))
	}
	return cert, ok("%s", text)
}

func (e *exam) checkPrivateKey(context.Context) verdict {
	path, err := e.config.PrivateKey()
	if err != nil {
		return fail(err, "")
	}
	if v := regular(path); v.state != OK {
		return v
	}
	if e.key, err = manifest.LoadPrivateKey(path.Text); err != nil {
		return fail(err, hintPath(path))
	}
	text := fmt.Sprintf("%s: RSA of %d bits", from(path), e.key.N.BitLen())
	if runtime.GOOS == "windows" {
		return ok("%s", text) // modes say nothing there of who may read
	}
	info, err := os.Stat(path.Text)
	if err != nil {
		return fail(err, hintPath(path))
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return warn("chmod 600 "+path.Text, "%s; others may open it (mode %#o)", text, mode)
	}
	return ok("%s, nobody else may open it", text)
}

func hintPath(path config.Value) string { return "the path comes from " + path.From }

// regular lets nothing through of which reading would take from whoever reads next, or
// would wait for somebody who writes.
func regular(path config.Value) verdict {
	info, err := os.Stat(path.Text)
	switch {
	case err != nil:
		return fail(err, hintPath(path))
	case !info.Mode().IsRegular():
		return skip("%s is not a file: reading would use it up", from(path))
	}
	return ok("")
}

func (e *exam) checkPair(context.Context) verdict {
	err := manifest.CheckPair(e.key, e.cert)
	if errors.Is(err, manifest.ErrKeyMismatch) {
		return fail(err, "take both from one eucarc: EC2_PRIVATE_KEY and EC2_CERT, or -k and -c")
	}
	if err != nil {
		return fail(err, "")
	}
	return ok("the private key is the certificate's")
}
