package imds

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// dataWithin bounds everything that is asked for the description of an instance.
const dataWithin = 10 * time.Second

// dataPath is where a service tells about an instance.
const dataPath = "/latest/meta-data/"

// ErrNoData means that no service tells what instance the program runs on.
var ErrNoData = errors.New("no instance metadata")

// Instance is what the metadata of an instance says of the image that it was made
// from, for an image that is made of it in turn.
type Instance struct {
	Ancestors       []string // the images that its image was made from, oldest first
	Image           string
	Kernel, Ramdisk string
	ProductCodes    []string
	Devices         [][2]string // name and device of block-device-mapping, without EBS volumes
	// Missing are the items that the service does not have, in the order in which
	// ec2-ami-tools name them.
	Missing []string
}

// Instance asks for all of it. The error is [ErrNoData], with the cause, if nothing
// answers.
func (c *Client) Instance(ctx context.Context) (Instance, error) {
	if strings.EqualFold(c.getenv("AWS_EC2_METADATA_DISABLED"), "true") {
		return Instance{}, fmt.Errorf("%w: AWS_EC2_METADATA_DISABLED", ErrNoData)
	}
	ctx, cancel := context.WithTimeout(ctx, dataWithin)
	defer cancel()
	token, err := c.token(ctx)
	if err != nil {
		return Instance{}, fmt.Errorf("%w: %w", ErrNoData, err)
	}
	if err := c.reach(ctx, token); err != nil {
		return Instance{}, err
	}
	q := questions{ctx: ctx, client: c, token: token}
	var i Instance
	i.Ancestors = q.lines("ancestor-ami-ids")
	i.Image = q.text("ami-id")
	i.Kernel = q.text("kernel-id")
	i.Ramdisk = q.text("ramdisk-id")
	i.ProductCodes = q.lines("product-codes")
	for _, name := range q.lines("block-device-mapping") {
		if name = strings.TrimSuffix(name, "/"); strings.HasPrefix(name, "ebs") {
			continue
		}
		if device := q.text("block-device-mapping/" + name); device != "" {
			i.Devices = append(i.Devices, [2]string{name, device})
		}
	}
	i.Missing = q.missing
	return i, q.err
}

// reach finds out whether a service is there at all. One that is slow to answer the
// first question is none.
func (c *Client) reach(ctx context.Context, token string) error {
	ctx, cancel := context.WithTimeout(ctx, Within)
	defer cancel()
	status, _, err := c.ask(ctx, http.MethodGet, dataPath, tokenOf(token))
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("%s%s: status %d", c.endpoint, dataPath, status)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoData, err)
	}
	return nil
}

func tokenOf(token string) http.Header {
	header := http.Header{}
	if token != "" {
		header.Set(tokenHeader, token)
	}
	return header
}

// questions asks for one item after the other.
type questions struct {
	ctx     context.Context // its lifetime is that of one call of Instance
	client  *Client
	token   string
	missing []string
	err     error // of the first that could not be asked
}

// text returns an item, "" if the service does not have it.
func (q *questions) text(item string) string {
	if q.err != nil {
		return ""
	}
	status, body, err := q.client.ask(q.ctx, http.MethodGet, dataPath+item, tokenOf(q.token))
	if err != nil {
		q.err = fmt.Errorf("%w: %s: %w", ErrNoData, item, err)
		return ""
	}
	if status != http.StatusOK {
		q.missing = append(q.missing, item)
		return ""
	}
	return strings.TrimSpace(string(body))
}

// lines returns an item that is a list.
func (q *questions) lines(item string) []string {
	text := q.text(item)
	if text == "" {
		return nil
	}
	return strings.Fields(text)
}
