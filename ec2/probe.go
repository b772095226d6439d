package ec2

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"emikit/sign"
)

// maxProbe bounds the answer to a probe, in bytes: clouds have few regions.
const maxProbe = 1 << 20

// Probe asks for the list of regions, once: it does not ask again where the service is
// unwell, as every other method does. Without credentials the request is not signed: then
// the refusal shows what answers. date is the service's clock, in whole seconds; it comes
// with an error, too, and is zero when the service told none.
func (c *Client) Probe(ctx context.Context) (date time.Time, err error) {
	form := Encode(&DescribeRegionsRequest{})
	form.Set("Action", ActionDescribeRegions)
	form.Set("Version", APIVersion)
	req, err := c.newProbe(ctx, form)
	if err != nil {
		return date, err
	}
	start := time.Now()
	resp, err := c.http.Do(req)
	if err != nil {
		return date, c.connectError(ctx, err)
	}
	defer resp.Body.Close()
	c.log.DebugContext(ctx, "ec2", "action", ActionDescribeRegions, "url", c.endpoint, "status", resp.StatusCode,
		"took", time.Since(start))
	date, _ = http.ParseTime(resp.Header.Get("Date"))
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxProbe))
	if err != nil {
		return date, c.connectError(ctx, err)
	}
	if err := c.checkStatus(resp, body); err != nil {
		return date, err
	}
	return date, ParseResponse(ActionDescribeRegions, body, &DescribeRegionsResponse{})
}

func (c *Client) newProbe(ctx context.Context, form url.Values) (*http.Request, error) {
	if c.config.Credentials != (sign.Credentials{}) {
		return c.newRequest(ctx, form, time.Now())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint.String(), strings.NewReader(form.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", formContentType)
	}
	return req, err
}
