package doctor

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"emikit/config"
	"emikit/ec2"
	"emikit/sign"
	"emikit/upload"
)

// Group is a part of the work that is checked for.
type Group string

// The groups of checks.
const (
	Bundling  Group = "bundling"  // keys, certificates, room on disk
	S3        Group = "s3"        // the object store, and a bucket in it
	EC2       Group = "ec2"       // the service that registers images
	Instances Group = "instances" // what this machine has to run them
)

// Groups lists all of them.
func Groups() []Group { return []Group{Bundling, S3, EC2, Instances} }

// Request says what to look at.
type Request struct {
	// Config says where the configuration is.
	Config config.Options
	// Keys finds who asks; nil means by the configuration alone.
	Keys func(*config.Config) (config.Credentials, error)
	// Store and Client say how the services are talked to. Where they are, who asks and
	// whom to trust is filled in. Requests to the store are made once if Retries is 0.
	Store  upload.Config
	Client ec2.Config
	// Trust says whose certificates are taken for an endpoint: those that roots signed,
	// or any. Nil means those whom the system trusts, and any where the configuration
	// says so.
	Trust func(*config.Config, config.Endpoint) (roots *x509.CertPool, any bool, err error)
	// Only are the groups of checks that are wanted; none means all.
	Only []Group
	// Bucket is where a bundle is to go; without a name no bucket is looked at.
	Bucket upload.Location
	// Write allows to store a small object there, which is read and removed again.
	Write bool
	// Dir is the directory where a bundle is to be made.
	Dir string
	// Image is the path of what is to be bundled; "" when that is not known.
	Image string
	// Timeout bounds each check, Total all of them together; 0 means 10 seconds and one
	// minute.
	Timeout, Total time.Duration
	// Found is told each finding as soon as it is there, from Examine's goroutine.
	Found func(Finding)
}

// check is one question. It is not asked when one of those that it needs failed, or was
// not asked either.
type check struct {
	name  string
	needs []string
	ask   func(context.Context) verdict
}

// exam is one run. Checks leave here what later ones need of them.
type exam struct {
	r      Request
	states map[string]State

	config     *config.Config
	keys       config.Credentials
	cert       *x509.Certificate
	key        *rsa.PrivateKey
	store      *upload.Store
	buckets    []string // the asker's own
	mayList    bool     // buckets is known
	noBucket   bool     // there is no such bucket yet
	bucketIn   string   // its location
	s3Endpoint config.Endpoint
}

// errTime is why a check ended without an answer.
var errTime = errors.New("the time is up")

// Examine makes the checks, one after the other. It returns an error only when ctx is
// done before.
func Examine(ctx context.Context, r Request) error {
	if r.Timeout == 0 {
		r.Timeout = 10 * time.Second
	}
	if r.Total == 0 {
		r.Total = time.Minute
	}
	e := &exam{r: r, states: map[string]State{}}
	bounded, cancel := context.WithTimeoutCause(ctx, r.Total, errTime)
	defer cancel()
	for _, c := range e.checks() {
		v := e.make(bounded, c)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		e.states[c.name] = v.state
		r.Found(Finding{Check: c.name, State: v.state, Text: shorten(v.text), Hint: shorten(v.hint)})
	}
	return nil
}

// checks lists the questions in the order in which they are asked.
func (e *exam) checks() []check {
	list := []check{{"configuration", nil, e.checkConfig}}
	if e.wants(Bundling) {
		list = append(list, e.bundlingChecks()...)
	}
	if e.wants(S3) || e.wants(EC2) {
		list = append(list, check{"access key", []string{"configuration"}, e.checkKeys})
	}
	if e.wants(S3) {
		list = append(list, e.s3Service().checks()...)
		list = append(list, e.bucketChecks()...)
	}
	if e.wants(EC2) {
		list = append(list, e.ec2Service().checks()...)
	}
	if e.wants(Instances) {
		list = append(list, check{"instances", nil, e.checkInstances})
	}
	return list
}

func (e *exam) wants(g Group) bool { return len(e.r.Only) == 0 || slices.Contains(e.r.Only, g) }

// make makes one check, if what it needs is there.
func (e *exam) make(ctx context.Context, c check) verdict {
	for _, needed := range c.needs {
		if state := e.states[needed]; state != OK && state != Warning {
			return skip("it needs: %s", needed)
		}
	}
	if ctx.Err() != nil {
		return failed("see which of those above took long", "no time was left of the %s for all checks", e.r.Total)
	}
	bounded, cancel := context.WithTimeoutCause(ctx, e.r.Timeout, errTime)
	defer cancel()
	v := c.ask(bounded)
	if v.state == Failed && bounded.Err() != nil {
		return e.late()
	}
	return v
}

// late is the verdict of a check that had no answer in time.
func (e *exam) late() verdict {
	return failed("check the address; a firewall, or a proxy on the way, may swallow requests",
		"no answer within %s", min(e.r.Timeout, e.r.Total))
}

func (e *exam) signing() sign.Credentials {
	return sign.Credentials{AccessKey: e.keys.AccessKey, SecretKey: e.keys.SecretKey, SessionToken: e.keys.SessionToken}
}

// from says where a value was found.
func from(v config.Value) string { return fmt.Sprintf("%s (%s)", v.Text, v.From) }
