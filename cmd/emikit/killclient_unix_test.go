//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"emikit/sign"
)

// s3Client speaks S3 to one bucket. It never asks twice.
type s3Client struct {
	endpoint string
	keys     sign.Credentials
	http     *http.Client
}

// errNoObject is the answer 404.
var errNoObject = errors.New("no such object")

// do sends a request about a key, with pairs of names and values for its header, and
// returns the answer's header and body.
func (c *s3Client) do(ctx context.Context, method, key, query string, body []byte, header ...string) (http.Header, []byte, error) {
	target, err := url.Parse(c.endpoint)
	if err != nil {
		return nil, nil, err
	}
	target = target.JoinPath(killBucket, key)
	target.RawQuery = query
	req, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	sum := sha256.Sum256(body)
	if err := sign.V4(req, c.keys, sign.Scope{Region: "us-east-1", Service: "s3"}, hex.EncodeToString(sum[:]), time.Now()); err != nil {
		return nil, nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return nil, nil, err
	case resp.StatusCode == http.StatusNotFound:
		return nil, nil, errNoObject
	case resp.StatusCode/100 != 2:
		return nil, nil, fmt.Errorf("%s %s: %s: %s", method, key, resp.Status, answer)
	}
	return resp.Header, answer, nil
}

func (c *s3Client) createBucket(ctx context.Context) error {
	_, _, err := c.do(ctx, http.MethodPut, "", "", nil)
	return err
}

func (c *s3Client) put(ctx context.Context, key string, body []byte) error {
	_, _, err := c.do(ctx, http.MethodPut, key, "", body)
	return err
}

func (c *s3Client) get(ctx context.Context, key string) (body []byte, etag string, err error) {
	header, body, err := c.do(ctx, http.MethodGet, key, "", nil)
	return body, header.Get("ETag"), err
}

func (c *s3Client) delete(ctx context.Context, key string) error {
	_, _, err := c.do(ctx, http.MethodDelete, key, "", nil)
	return err
}

func (c *s3Client) copy(ctx context.Context, from, to string) error {
	source := (&url.URL{Path: killBucket + "/" + from}).EscapedPath()
	_, _, err := c.do(ctx, http.MethodPut, to, "", nil, "X-Amz-Copy-Source", source)
	return err
}

// s3Upload is a multipart upload under way.
type s3Upload struct {
	key, id string
	sums    []byte // the MD5s of the parts
	parts   int
	xml     strings.Builder
}

// tag is the ETag of the object that the parts make.
func (u *s3Upload) tag() string { return fmt.Sprintf(`"%x-%d"`, md5.Sum(u.sums), u.parts) }

func (c *s3Client) begin(ctx context.Context, key string) (*s3Upload, error) {
	_, answer, err := c.do(ctx, http.MethodPost, key, "uploads=", nil)
	if err != nil {
		return nil, err
	}
	var begun struct {
		UploadID string `xml:"UploadId"`
	}
	err = xml.Unmarshal(answer, &begun)
	return &s3Upload{key: key, id: begun.UploadID}, err
}

func (c *s3Client) putPart(ctx context.Context, u *s3Upload, body []byte) error {
	query := url.Values{"uploadId": {u.id}, "partNumber": {fmt.Sprint(u.parts + 1)}}
	header, _, err := c.do(ctx, http.MethodPut, u.key, query.Encode(), body)
	if err != nil {
		return err
	}
	sum := md5.Sum(body)
	if got, want := header.Get("ETag"), md5Tag(body); got != want {
		return fmt.Errorf("part of %s: ETag %s, want %s", u.key, got, want)
	}
	u.parts++
	u.sums = append(u.sums, sum[:]...)
	fmt.Fprintf(&u.xml, "<Part><PartNumber>%d</PartNumber><ETag>%x</ETag></Part>", u.parts, sum)
	return nil
}

func (c *s3Client) complete(ctx context.Context, u *s3Upload) error {
	body := "<CompleteMultipartUpload>" + u.xml.String() + "</CompleteMultipartUpload>"
	_, _, err := c.do(ctx, http.MethodPost, u.key, url.Values{"uploadId": {u.id}}.Encode(), []byte(body))
	return err
}

// md5Tag is the ETag of an object of one body.
func md5Tag(body []byte) string { return fmt.Sprintf(`"%x"`, md5.Sum(body)) }
