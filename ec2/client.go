package ec2

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"emikit/reach"
	"emikit/sign"
)

const (
	serviceName     = "ec2"
	defaultRegion   = "us-east-1"
	formContentType = "application/x-www-form-urlencoded; charset=utf-8"

	// tries is how often a request is sent in all, as by euca2ools 3.4.
	tries = 3
	// firstPause is the longest wait after the first try; it doubles.
	firstPause = 500 * time.Millisecond
	// tryTimeout bounds one try; registering may check a large bundle first.
	tryTimeout = 2 * time.Minute
	// maxResponse bounds an answer, in bytes: a row of DescribeInstances is
	// about 2 KiB.
	maxResponse = 64 << 20
)

// Config says where a cloud is and who asks.
type Config struct {
	// Endpoint is the URL of the EC2 service; it may have a path, such as
	// http://cloud:8773/services/compute.
	Endpoint string
	// Region goes into Version 4 signatures; empty means us-east-1. So does Service;
	// empty means ec2.
	Region      string
	Service     string
	Credentials sign.Credentials
	// SignatureVersion is 2 or 4; 0 means 4.
	SignatureVersion int
	// Transport sends the requests. Nil means one that honours the
	// environment's proxies. Redirects are never followed: a
	// signature is good for one address only.
	Transport http.RoundTripper
	// InsecureSkipVerify takes whatever certificate the server shows, and RootCAs are
	// who signs certificates; nil: those whom the system trusts. Both are for the
	// Transport that nil means; one of the caller's own decides for itself.
	InsecureSkipVerify bool
	RootCAs            *x509.CertPool
	// Tries is how often a request is sent in all; 0 means three times, as by
	// euca2ools 3.4. Timeout bounds one try; 0 means two minutes.
	Tries   int
	Timeout time.Duration
	// UserAgent is sent along when it is set.
	UserAgent string
	// Notice is told, in a line for people, what was found amiss and got around: a wrong
	// clock. It may be called from several goroutines at once. Nil is allowed.
	Notice func(string)
	// Log receives one debug line for each try, never a parameter or a body:
	// those hold user data and private keys. Nil means no log.
	Log *slog.Logger
}

// Client talks to one cloud on behalf of one account. It is safe for
// concurrent use.
type Client struct {
	endpoint *url.URL
	config   Config
	http     *http.Client
	log      *slog.Logger
	clock    reach.Clock
}

// NewClient checks the configuration; it does not connect.
func NewClient(c Config) (*Client, error) {
	endpoint, err := parseEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if v := c.SignatureVersion; v != 0 && v != 2 && v != 4 {
		return nil, fmt.Errorf("signature version %d: want 2 or 4", v)
	}
	if c.Region == "" {
		c.Region = defaultRegion
	}
	if c.Transport == nil {
		c.Transport = reach.NewTransport(reach.Options{RootCAs: c.RootCAs, InsecureSkipVerify: c.InsecureSkipVerify})
	}
	c.Tries, c.Timeout = cmp.Or(c.Tries, tries), cmp.Or(c.Timeout, tryTimeout)
	client := &Client{endpoint: endpoint, config: c, log: c.Log, http: newHTTPClient(c.Transport, c.Timeout)}
	if client.log == nil {
		client.log = slog.New(slog.DiscardHandler)
	}
	return client, nil
}

func parseEndpoint(s string) (*url.URL, error) {
	endpoint, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("EC2 endpoint: %w", err)
	}
	if (endpoint.Scheme != "http" && endpoint.Scheme != "https") || endpoint.Host == "" {
		return nil, fmt.Errorf("EC2 endpoint %q: want http://HOST[:PORT][/PATH] or https://…", s)
	}
	if endpoint.RawQuery != "" || endpoint.User != nil {
		return nil, fmt.Errorf("EC2 endpoint %q: a query or a user name does not belong there", endpoint.Redacted())
	}
	if endpoint.Path == "" {
		endpoint.Path = "/"
	}
	endpoint.Fragment = ""
	return endpoint, nil
}

func newHTTPClient(transport http.RoundTripper, timeout time.Duration) *http.Client {
	return &http.Client{
		Transport: transport,
		Timeout:   timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// call sends one action and reads its answer.
func call[T any, P interface {
	*T
	Response
}](ctx context.Context, c *Client, action string, request any) (*T, error) {
	response, _, err := ask[T, P](ctx, c, action, Encode(request))
	return response, err
}

// ask sends one action with its parameters, to which it adds what is common to
// all, and reads its answer of size bytes.
func ask[T any, P interface {
	*T
	Response
}](ctx context.Context, c *Client, action string, form url.Values) (response *T, size int, err error) {
	form.Set("Action", action)
	form.Set("Version", APIVersion)
	body, err := c.send(ctx, action, form)
	if err != nil {
		return nil, 0, err
	}
	response = new(T)
	if err := ParseResponse(action, body, P(response)); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", c.endpoint, err)
	}
	return response, len(body), nil
}

// send tries until the server gives an answer that will not change by asking
// again. A request that was signed by a wrong clock has not been looked at, and is
// made once more at once.
func (c *Client) send(ctx context.Context, action string, form url.Values) ([]byte, error) {
	adapted := false
	for try := 1; ; try++ {
		body, err := c.try(ctx, form)
		refused, ok := errors.AsType[*Error](err)
		if ok && !adapted && c.adoptClock(ctx, refused) {
			adapted = true
			try--
			continue
		}
		if !ok || try >= c.config.Tries || !worthRepeating(refused.Status, action, form) {
			return body, err
		}
		c.log.DebugContext(ctx, "trying again", "action", action, "try", try, "error", err)
		if err := pause(ctx, backOff(try)); err != nil {
			return nil, err
		}
	}
}

// adoptClock reports whether a request was refused for this machine's clock, and can be
// signed by the server's.
func (c *Client) adoptClock(ctx context.Context, refused *Error) bool {
	if !refused.isSkewed() || c.config.Credentials == (sign.Credentials{}) {
		return false
	}
	again, news := c.clock.Adopt(refused.ahead, refused.signed)
	if news {
		text := reach.ClockText(refused.ahead) + "; requests are signed by the server's"
		c.log.DebugContext(ctx, text)
		if c.config.Notice != nil {
			c.config.Notice(text)
		}
	}
	return again
}

// worthRepeating decides after a refusal. 503 means that nothing was done. 500
// may come after something was: what would then be made twice is not repeated,
// unless a client token lets the server recognize it.
func worthRepeating(status int, action string, form url.Values) bool {
	switch status {
	case http.StatusServiceUnavailable:
		return true
	case http.StatusInternalServerError:
		return !creates(action) || form.Get("ClientToken") != ""
	}
	return false
}

func creates(action string) bool {
	switch action {
	case ActionRegisterImage, ActionRunInstances, ActionCreateKeyPair, ActionAllocateAddress:
		return true
	}
	return false
}

// backOff doubles from try to try. Half of it is chance, so that clients that
// failed together do not return together.
func backOff(try int) time.Duration {
	longest := firstPause << (try - 1)
	return longest/2 + rand.N(longest/2)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// try signs the request anew, since signatures grow old, and sends it once.
func (c *Client) try(ctx context.Context, form url.Values) ([]byte, error) {
	signed := c.clock.Ahead()
	req, err := c.newRequest(ctx, form, time.Now().Add(signed))
	if err != nil {
		return nil, err
	}
	start := time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.connectError(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return nil, c.connectError(ctx, err)
	}
	c.log.DebugContext(ctx, "ec2", "action", form.Get("Action"), "url", c.endpoint, "status", resp.StatusCode,
		"bytes", len(body), "took", time.Since(start))
	if len(body) > maxResponse {
		return nil, fmt.Errorf("%s: the answer is longer than %d bytes", c.endpoint, maxResponse)
	}
	err = c.checkStatus(resp, body)
	if refused, ok := errors.AsType[*Error](err); ok {
		_, refused.ahead = reach.DateOf(resp.Header)
		refused.signed = signed
	}
	return body, err
}

func (c *Client) checkStatus(resp *http.Response, body []byte) error {
	switch {
	case resp.StatusCode >= 200 && resp.StatusCode <= 299:
		return nil
	case resp.StatusCode >= 300 && resp.StatusCode <= 399 && resp.Header.Get("Location") != "":
		return &Error{
			Code:    resp.Status,
			Message: "the service says it is at " + shorten(resp.Header.Get("Location")),
			Status:  resp.StatusCode,
		}
	}
	refused := ParseError(resp.StatusCode, body)
	if refused.Code == strconv.Itoa(resp.StatusCode) && reach.Foreign(resp.StatusCode) {
		foreign := &reach.ForeignError{Service: service(), Status: resp.StatusCode, Body: body, Err: refused}
		return &ConnectError{URL: c.endpoint.String(), Err: foreign}
	}
	return refused
}

func (c *Client) newRequest(ctx context.Context, form url.Values, now time.Time) (*http.Request, error) {
	if c.config.SignatureVersion == 2 {
		form = maps.Clone(form)
		sign.V2Query(http.MethodPost, c.endpoint, form, c.config.Credentials, now)
	}
	body := form.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint.String(), strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", formContentType)
	req.Header.Set("Accept", "application/xml, text/xml")
	if c.config.UserAgent != "" {
		req.Header.Set("User-Agent", c.config.UserAgent)
	}
	if c.config.SignatureVersion == 2 {
		return req, nil
	}
	scope := sign.Scope{Region: c.config.Region, Service: cmp.Or(c.config.Service, serviceName)}
	return req, sign.V4(req, c.config.Credentials, scope, sign.HashPayload([]byte(body)), now)
}

// service is this one, as messages about connections name it.
func service() reach.Service {
	return reach.Service{Name: "EC2", Variable: "EC2_URL", Path: "/services/Eucalyptus"}
}

// ConnectError reports that the service could not be reached or broke off, or that
// something else answers at its address.
type ConnectError struct {
	URL string
	Err error
}

func (e *ConnectError) Error() string { return e.URL + ": " + reach.Cause(e.Err) }

// Unwrap gives the cause.
func (e *ConnectError) Unwrap() error { return e.Err }

// Hint says what to look at.
func (e *ConnectError) Hint() string {
	if hint := service().Hint(e.Err); hint != "" {
		return hint
	}
	return "is the cloud running, and is this its address? (--url or EC2_URL)"
}

// connectError is the error of a request that had no answer. When the caller gave
// up, that is the cause.
func (c *Client) connectError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return &ConnectError{URL: c.endpoint.String(), Err: err}
}
