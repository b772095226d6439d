package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"emikit/config"
	"emikit/reach"
)

// service is one of the two that are checked, from the outside in.
type service struct {
	exam   *exam
	name   string // "S3"
	option string // of the command, with its address: "--url"
	// skew is how far clocks may be apart before the service refuses requests.
	skew time.Duration

	find func() (config.Endpoint, error)
	// open makes the client for endpoint, probe sends its one request.
	open  func() error
	probe func(context.Context) (date time.Time, err error)
	// refusal reads an error as the service's own answer.
	refusal func(error) (refusal, bool)
	// accepted words that the keys were taken.
	accepted func() verdict

	endpoint config.Endpoint
	roots    *x509.CertPool // who signs the service's certificate; nil: whom the system trusts
	any      bool           // any certificate is taken
	url      *url.URL
	proxy    *url.URL // nil without one
	host     string   // HOST:PORT that is connected to: the service's or the proxy's

	// What the one request showed.
	err    error
	tls    *tls.ConnectionState // nil without TLS
	skewed time.Duration        // how far this machine's clock is ahead
	told   bool                 // the service told its time
}

// refusal is a service's own answer that is not success.
type refusal struct {
	code   string
	status int
}

func (s *service) checks() []check {
	n := func(what string) string { return s.name + " " + what }
	return []check{
		{n("address"), []string{"configuration"}, s.checkAddress},
		{n("name"), []string{n("address")}, s.checkName},
		{n("connection"), []string{n("name")}, s.checkConnection},
		{n("TLS"), []string{n("connection")}, s.checkTLS},
		{n("service"), []string{n("TLS")}, s.checkService},
		{n("clock"), []string{n("service")}, s.checkClock},
		{n("keys"), []string{"access key", n("clock")}, s.checkKeys},
	}
}

func (s *service) checkAddress(context.Context) verdict {
	var err error
	if s.endpoint, err = s.find(); err != nil {
		return fail(err, "an address is http[s]://HOST[:PORT][/PATH]")
	}
	if s.url, err = url.Parse(s.endpoint.URL); err != nil {
		return failed(s.hint(), "%s: not a URL", s.endpoint.From)
	}
	if s.url.User != nil {
		return failed("take it out: the access key says who asks", "%s (%s): there is a user name in it", s.url.Redacted(), s.endpoint.From)
	}
	if err := s.trust(); err != nil {
		return fail(err, "check the file of --ca-bundle or AWS_CA_BUNDLE")
	}
	if err := s.open(); err != nil {
		return fail(err, s.hint())
	}
	if s.proxy, err = reach.ProxyFromEnvironment()(&http.Request{URL: s.url}); err != nil {
		return failed("mend the proxy variables of the environment", "a proxy variable is not a URL")
	}
	s.host = hostPort(s.url)
	if s.proxy != nil {
		s.host = hostPort(s.proxy)
	}
	return ok("%s (%s), signing for region %s", s.url, s.endpoint.From, s.endpoint.Region)
}

// trust finds out whose certificates are taken.
func (s *service) trust() (err error) {
	s.any = !s.endpoint.VerifyTLS
	if find := s.exam.r.Trust; find != nil {
		s.roots, s.any, err = find(s.exam.config, s.endpoint)
	}
	return err
}

// hostPort is where a URL's server is connected to.
func hostPort(u *url.URL) string {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "https":
		port = "443"
	case u.Scheme == "socks5", u.Scheme == "socks5h":
		port = "1080"
	default:
		port = "80"
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// hint is what to look at when the address seems to be wrong.
func (s *service) hint() string {
	if s.proxy != nil {
		return "check the proxy variables of the environment: the way leads through " + s.host
	}
	if s.endpoint.From == config.CommandLine {
		return "check the address on the command line"
	}
	return "check the address in " + s.endpoint.From
}

func (s *service) checkName(ctx context.Context) verdict {
	host, _, err := net.SplitHostPort(s.host)
	if err != nil {
		return failed(s.hint(), "%s: not HOST:PORT", s.host)
	}
	if net.ParseIP(host) != nil {
		return ok("%s is an address already", host)
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return failed(s.hint()+", and this machine's name service", "%s", reach.Cause(err))
	}
	return ok("%s is at %s", host, addresses[0])
}

func (s *service) checkConnection(ctx context.Context) verdict {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.host)
	if err != nil {
		return failed(s.hint()+"; is the service running, and does a firewall let it through?", "%s: %s", s.host, reach.Cause(err))
	}
	conn.Close()
	if s.proxy != nil {
		return ok("to the proxy at %s", s.host)
	}
	return ok("to %s, without a proxy", s.host)
}

// request makes the one request from which the checks after it draw.
func (s *service) request(ctx context.Context) {
	var mu sync.Mutex // a transport may still connect when the request is over
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if conn, ok := info.Conn.(*tls.Conn); ok {
			mu.Lock()
			defer mu.Unlock()
			state := conn.ConnectionState()
			s.tls = &state
		}
	}})
	sent := time.Now()
	date, err := s.probe(ctx)
	received := time.Now()
	mu.Lock()
	defer mu.Unlock()
	if s.err = err; ctx.Err() != nil && err != nil {
		s.err = errTime
	}
	if s.told = !date.IsZero(); s.told {
		s.skewed = ahead(date, sent, received)
	}
}

// ahead is how far this machine's clock is ahead of one that said date, in whole seconds,
// between sent and received.
func ahead(date, sent, received time.Time) time.Duration {
	switch {
	case date.Before(sent.Add(-time.Second)):
		return sent.Sub(date).Truncate(time.Second)
	case date.After(received):
		return -date.Sub(received).Truncate(time.Second)
	}
	return 0
}

func (s *service) checkTLS(ctx context.Context) verdict {
	s.request(ctx)
	switch {
	case s.tls != nil:
		return s.checkCertificate()
	case s.url.Scheme == "https":
		return s.unreached()
	case isLoopback(s.url.Hostname()):
		return ok("none: plain HTTP on this machine")
	}
	return warn("use https:// if the service has it", "none: plain HTTP, which others on the way can read and change")
}

func (s *service) checkCertificate() verdict {
	const soon = 14 * 24 * time.Hour
	version := tls.VersionName(s.tls.Version)
	leaf := s.tls.PeerCertificates[0]
	until := leaf.NotAfter.Format("2006-01-02")
	switch {
	case s.any:
		return warn("leave out --no-verify-ssl, or write verify-ssl = true in ~/.euca/*.ini", "%s, but the certificate is not looked at: anybody may answer", version)
	case time.Until(leaf.NotAfter) < soon:
		return warn("whoever runs the service has to renew it", "%s; the certificate ends on %s", version, until)
	}
	return ok("%s; the certificate is trusted and good until %s", version, until)
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// unreached is the verdict of a request without an answer of the service.
func (s *service) unreached() verdict {
	if errors.Is(s.err, errTime) {
		return s.exam.late()
	}
	v := fail(s.err, s.hint())
	v.hint = strings.Replace(v.hint, "(-U or", "("+s.option+" or", 1) // other commands talk to one service
	return v
}

func (s *service) checkService(context.Context) verdict {
	refused, answered := s.refusal(s.err)
	switch {
	case s.err == nil:
	case !answered:
		return s.unreached()
	case refused.status >= http.StatusInternalServerError:
		return failed("try again later; whoever runs the service finds the cause in its log", "it is not well: %v", s.err)
	case refused.status/100 == 3 || refused.code == fmt.Sprint(refused.status):
		return s.unreached()
	}
	return ok("%s is spoken there", s.name)
}

// checkClock compares the clocks. Signatures carry the time, and old ones are refused.
func (s *service) checkClock(context.Context) verdict {
	const hint = "set this machine's clock, or let NTP do it"
	refused, _ := s.refusal(s.err)
	byService := refused.code == "RequestTimeTooSkewed" || refused.code == "RequestExpired"
	far := s.skewed.Abs() > time.Minute
	text := fmt.Sprintf("%s; requests are refused from %d minutes on", s.difference(), int(s.skew.Minutes()))
	switch {
	case s.skewed.Abs() > s.skew, byService && far:
		return failed(hint, "%s", text)
	case byService:
		return failed(hint, "the service refuses this machine's time: %v", s.err)
	case !s.told:
		return warn("compare it with another one", "the answer has no date to compare this machine's clock with")
	case far:
		return warn(hint, "%s", text)
	}
	return ok("%s", s.difference())
}

func (s *service) difference() string {
	const clock = "this machine's clock is "
	switch {
	case s.skewed > 0:
		return clock + s.skewed.String() + " ahead of the service's"
	case s.skewed < 0:
		return clock + (-s.skewed).String() + " behind the service's"
	}
	return clock + "that of the service"
}

func (s *service) checkKeys(context.Context) verdict {
	refused, _ := s.refusal(s.err)
	switch refused.code {
	case "AccessDenied", "UnauthorizedOperation", "Client.UnauthorizedOperation":
		return warn("whoever runs the service knows what this key may do",
			"%s: it may be right, but not for a list (%s)", s.exam.keys.AccessKey, refused.code)
	}
	if s.err != nil {
		return fail(s.err, "check the access key and its secret in "+s.exam.keys.From)
	}
	return s.accepted()
}

// asRefusal finds an error of a type in a chain, without a value where there is none.
func asRefusal[E error](err error, read func(E) refusal) (refusal, bool) {
	own, ok := errors.AsType[E](err)
	if !ok {
		return refusal{}, false
	}
	return read(own), true
}
