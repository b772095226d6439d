package imds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"emikit/config"
)

const (
	// Within bounds everything that is asked for one set of keys.
	Within = 2 * time.Second
	// tokenWithin bounds the first question: where nothing answers there, packets
	// are often lost rather than refused.
	tokenWithin = time.Second
	// maxAnswer bounds an answer, in bytes.
	maxAnswer = 64 << 10

	tokenPath = "/latest/api/token"
	rolesPath = "/latest/meta-data/iam/security-credentials/"

	tokenHeader    = "X-Aws-Ec2-Metadata-Token"
	lifetimeHeader = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
	lifetime       = "60"

	defaultEndpoint = "http://169.254.169.254"
	ipv6Endpoint    = "http://[fd00:ec2::254]"
)

// ErrNone means that there are no keys to be had from the instance: the program runs
// on none, it has no profile, or the environment forbids to ask.
var ErrNone = errors.New("no instance profile")

// Client asks one metadata service. The zero value is not usable; see [New].
type Client struct {
	getenv   func(string) string
	endpoint string
	http     *http.Client
	now      func() time.Time
}

// New makes a client by the variables of the environment, which getenv looks up.
func New(getenv func(string) string, now func() time.Time) *Client {
	endpoint := defaultEndpoint
	if strings.EqualFold(getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "ipv6") {
		endpoint = ipv6Endpoint
	}
	if own := getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT"); own != "" {
		endpoint = own
	}
	return &Client{
		getenv: getenv, endpoint: strings.TrimRight(endpoint, "/"), now: now,
		http: &http.Client{
			Transport:     &http.Transport{Proxy: nil, DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Keys returns the keys of the instance's profile. The error is [ErrNone], with the
// cause, if there are none to be had, and says what is wrong with them otherwise.
func (c *Client) Keys(ctx context.Context) (config.Credentials, error) {
	if strings.EqualFold(c.getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		return config.Credentials{}, fmt.Errorf("%w: AWS_EC2_METADATA_DISABLED", ErrNone)
	}
	ctx, cancel := context.WithTimeout(ctx, Within)
	defer cancel()
	token, err := c.token(ctx)
	if err != nil {
		return config.Credentials{}, err
	}
	roles, err := c.get(ctx, rolesPath, token)
	if err != nil {
		return config.Credentials{}, err
	}
	role, _, _ := strings.Cut(strings.TrimSpace(string(roles)), "\n")
	if role = strings.TrimSpace(role); role == "" || strings.HasPrefix(role, "<") {
		return config.Credentials{}, fmt.Errorf("%w: %s names no role", ErrNone, c.endpoint)
	}
	answer, err := c.get(ctx, rolesPath+url.PathEscape(role), token)
	if err != nil {
		return config.Credentials{}, err
	}
	return c.read(role, answer)
}

// read understands the document of a role. An error never shows it.
func (c *Client) read(role string, document []byte) (config.Credentials, error) {
	from := fmt.Sprintf("instance profile %.64q", role)
	var d struct {
		Code, AccessKeyId, SecretAccessKey, Token string
		Expiration                                time.Time
	}
	if err := json.Unmarshal(document, &d); err != nil {
		return config.Credentials{}, fmt.Errorf("%s: %s did not answer with keys", from, c.endpoint)
	}
	if d.Code != "" && d.Code != "Success" {
		return config.Credentials{}, fmt.Errorf("%s: %.100q", from, d.Code)
	}
	if d.AccessKeyId == "" || d.SecretAccessKey == "" {
		return config.Credentials{}, fmt.Errorf("%s: %s did not answer with keys", from, c.endpoint)
	}
	keys := config.Credentials{
		AccessKey: d.AccessKeyId, SecretKey: d.SecretAccessKey, SessionToken: d.Token,
		From: from, Expires: d.Expiration,
	}
	if err := keys.Check(c.now()); err != nil {
		return config.Credentials{}, err
	}
	return keys, nil
}

// token asks for one; "" is that of a service that knows only version 1.
func (c *Client) token(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenWithin)
	defer cancel()
	status, body, err := c.ask(ctx, http.MethodPut, tokenPath, http.Header{lifetimeHeader: {lifetime}})
	switch {
	case err == nil && status == http.StatusOK:
		return strings.TrimSpace(string(body)), nil
	case strings.EqualFold(c.getenv("AWS_EC2_METADATA_V1_DISABLED"), "true"):
		return "", fmt.Errorf("%w: %s gives no token, and AWS_EC2_METADATA_V1_DISABLED", ErrNone, c.endpoint)
	case errors.Is(err, context.DeadlineExceeded): // the answer may have had one hop too far
		return "", nil
	case err != nil:
		return "", err
	case status == http.StatusForbidden, status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return "", nil
	}
	return "", fmt.Errorf("%w: %s: status %d", ErrNone, c.endpoint, status)
}

// get reads a path. That it is not there means that there are no keys.
func (c *Client) get(ctx context.Context, path, token string) ([]byte, error) {
	header := http.Header{}
	if token != "" {
		header.Set(tokenHeader, token)
	}
	status, body, err := c.ask(ctx, http.MethodGet, path, header)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%w: %s%s: status %d", ErrNone, c.endpoint, path, status)
	}
	return body, err
}

func (c *Client) ask(ctx context.Context, method, path string, header http.Header) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.endpoint+path, nil)
	if err != nil {
		return 0, nil, fmt.Errorf("AWS_EC2_METADATA_SERVICE_ENDPOINT: %w", err)
	}
	req.Header = header
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("%w: %w", ErrNone, err)
	}
	return resp.StatusCode, body, nil
}
