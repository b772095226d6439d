package sign

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	methodSHA256 = "HmacSHA256"
	methodSHA1   = "HmacSHA1"
)

// V2Query signs an EC2 Query request with Signature Version 2: it adds
// AWSAccessKeyId, SignatureMethod, SignatureVersion, Timestamp and Signature to
// form. form must already hold everything else that is sent, whether the
// method sends it in the query or in the body; of u, the host and the path are
// signed. With empty credentials the service will refuse the request.
func V2Query(method string, u *url.URL, form url.Values, c Credentials, now time.Time) {
	form.Set("AWSAccessKeyId", c.AccessKey)
	form.Set("SignatureMethod", methodSHA256)
	form.Set("SignatureVersion", "2")
	form.Set("Timestamp", now.UTC().Format("2006-01-02T15:04:05Z"))
	if c.SessionToken != "" {
		form.Set("SecurityToken", c.SessionToken)
	}
	toSign := queryStringV2(method, u.Host, orSlash(u.EscapedPath()), formParams(form, "Signature"))
	form.Set("Signature", base64.StdEncoding.EncodeToString(hmacSHA256([]byte(c.SecretKey), toSign)))
}

// queryStringV2 is the string to sign of Version 2 for Query requests.
func queryStringV2(method, host, path string, params []param) string {
	return strings.Join([]string{method, strings.ToLower(host), path, canonicalQuery(params)}, "\n")
}

// V2S3 signs req with S3's own Version 2 in its headers: it sets Date, unless
// an X-Amz-Date is there already, and Authorization. The signed resource is the
// whole path of the URL, including a path that the endpoint has, such as
// /services/Walrus: that is what Eucalyptus signs. The bucket must therefore be
// in the path, not in the host's name.
func V2S3(req *http.Request, c Credentials, now time.Time) error {
	if err := c.check(); err != nil {
		return err
	}
	params, err := parseQuery(req.URL.RawQuery)
	if err != nil {
		return err
	}
	if c.SessionToken != "" {
		req.Header.Set("X-Amz-Security-Token", c.SessionToken)
	}
	if req.Header.Get("X-Amz-Date") == "" {
		req.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	}
	toSign := s3StringV2(req, headerDate(req.Header), orSlash(req.URL.EscapedPath()), params)
	req.Header.Set("Authorization", "AWS "+c.AccessKey+":"+s3SignatureV2(c.SecretKey, toSign))
	return nil
}

// PresignV2S3 returns u with a Version 2 signature for S3 in its query, valid
// until expires.
func PresignV2S3(method string, u *url.URL, c Credentials, expires time.Time) (*url.URL, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	params, err := parseQuery(u.RawQuery)
	if err != nil {
		return nil, err
	}
	until := strconv.FormatInt(expires.Unix(), 10)
	req := &http.Request{Method: method, URL: u, Header: http.Header{}}
	toSign := s3StringV2(req, until, orSlash(u.EscapedPath()), params)
	params = append(params,
		param{"AWSAccessKeyId", c.AccessKey},
		param{"Expires", until},
		param{"Signature", s3SignatureV2(c.SecretKey, toSign)},
	)
	signed := *u
	signed.RawQuery = canonicalQuery(params)
	return &signed, nil
}

// headerDate is the date line of the string to sign: empty when X-Amz-Date is
// given, which is then signed as one of the X-Amz-* headers.
func headerDate(h http.Header) string {
	if h.Get("X-Amz-Date") != "" {
		return ""
	}
	return h.Get("Date")
}

// s3StringV2 is the string to sign of Version 2 for S3.
func s3StringV2(r *http.Request, date, path string, params []param) string {
	var b strings.Builder
	for _, line := range []string{r.Method, r.Header.Get("Content-MD5"), r.Header.Get("Content-Type"), date} {
		b.WriteString(line + "\n")
	}
	for _, name := range amzHeaders(r.Header) {
		b.WriteString(name + ":" + foldedValue(r.Header, name) + "\n")
	}
	b.WriteString(path)
	b.WriteString(subresources(params))
	return b.String()
}

// foldedValue joins the values of a header as Version 2 does, which leaves the
// white space inside them alone.
func foldedValue(h http.Header, name string) string {
	var values []string
	for _, v := range h.Values(name) {
		values = append(values, strings.TrimSpace(v))
	}
	return strings.Join(values, ",")
}

// subresources renders the parameters that Version 2 signs, sorted and, other
// than everywhere else, decoded.
func subresources(params []param) string {
	var signed []string
	for _, p := range params {
		if !signedV2(p.name) {
			continue
		}
		if p.value == "" {
			signed = append(signed, p.name)
		} else {
			signed = append(signed, p.name+"="+p.value)
		}
	}
	if len(signed) == 0 {
		return ""
	}
	slices.Sort(signed)
	return "?" + strings.Join(signed, "&")
}

// signedV2 reports whether a query parameter belongs to the resource that S3's
// Version 2 signs (Amazon S3 Developer Guide, "Signing and authenticating REST
// requests", and what was added up to the end of Version 2).
func signedV2(name string) bool {
	switch name {
	case "accelerate", "acl", "analytics", "cors", "delete", "encryption", "inventory", "lifecycle",
		"location", "logging", "metrics", "notification", "object-lock", "partNumber", "policy",
		"policyStatus", "publicAccessBlock", "replication", "requestPayment", "restore", "select",
		"select-type", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning",
		"versions", "website",
		"response-cache-control", "response-content-disposition", "response-content-encoding",
		"response-content-language", "response-content-type", "response-expires":
		return true
	}
	return false
}

func s3SignatureV2(secret, toSign string) string {
	return base64.StdEncoding.EncodeToString(hmacSHA1(secret, toSign))
}

func hmacSHA1(key, text string) []byte {
	mac := hmac.New(sha1.New, []byte(key))
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
