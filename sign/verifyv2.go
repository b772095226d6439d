package sign

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// formV2 checks a Query request that is signed with Version 2.
func (v examination) formV2(ctx context.Context, form url.Values) (string, error) {
	for _, name := range []string{"AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp", "Expires", "SecurityToken"} {
		if len(form[name]) > 1 {
			return "", v.malformed("parameter " + name + " is given more than once")
		}
	}
	for _, name := range []string{"AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion"} {
		if form.Get(name) == "" {
			return "", refuse(http.StatusBadRequest, "MissingParameter", "The request must contain the parameter "+name)
		}
	}
	if form.Get("SignatureVersion") != "2" {
		return "", refuse(http.StatusBadRequest, "InvalidParameterValue",
			"SignatureVersion "+strconv.Quote(form.Get("SignatureVersion"))+" is not accepted; sign with version 4")
	}
	if v.RefuseV2 {
		return "", v.version2
	}
	if err := v.formTime(form); err != nil {
		return "", err
	}
	return v.checkFormV2(ctx, form)
}

// formTime checks the time of the request, or the end of its validity, of which
// it must have exactly one.
func (v examination) formTime(form url.Values) error {
	switch {
	case form.Has("Timestamp") && form.Has("Expires"):
		return refuse(http.StatusBadRequest, "InvalidParameterCombination", "The parameters Timestamp and Expires cannot be used together")
	case form.Has("Timestamp"):
		made, ok := parseISO(form.Get("Timestamp"))
		if !ok {
			return refuse(http.StatusBadRequest, "InvalidParameterValue", "Timestamp is not a valid ISO 8601 time")
		}
		return v.onTime(made)
	case form.Has("Expires"):
		until, ok := parseISO(form.Get("Expires"))
		if !ok {
			return refuse(http.StatusBadRequest, "InvalidParameterValue", "Expires is not a valid ISO 8601 time")
		}
		if v.Now.After(until) {
			return v.expired
		}
		return nil
	}
	return refuse(http.StatusBadRequest, "MissingParameter", "One of the following parameters must be specified: Timestamp OR Expires")
}

// parseISO reads an ISO 8601 time. Without a zone it is UTC. Fractions of a
// second are read although no layout mentions them.
func parseISO(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04:05Z0700", amzTime} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// checkFormV2 tries the forms of the string to sign that clients make: with and
// without the port in the host, and with a space as %20 or as a plus sign.
// None can be mistaken for another request's: the port says nothing that the
// connection does not, and a plus sign is always encoded.
func (v examination) checkFormV2(ctx context.Context, form url.Values) (string, error) {
	mac := hmacSHA256
	switch form.Get("SignatureMethod") {
	case methodSHA256:
	case methodSHA1:
		mac = func(key []byte, text string) []byte { return hmacSHA1(string(key), text) }
	default:
		return "", refuse(http.StatusBadRequest, "InvalidParameterValue",
			"SignatureMethod must be "+methodSHA256+" or "+methodSHA1)
	}
	secret, err := v.secret(ctx, form.Get("AWSAccessKeyId"))
	if err != nil {
		return "", err
	}
	params := formParams(form, "Signature")
	var candidates [][]byte
	for _, host := range unique(requestHost(v.r), withoutPort(requestHost(v.r))) {
		toSign := queryStringV2(v.r.Method, host, wirePath(v.r), params)
		for _, text := range unique(toSign, strings.ReplaceAll(toSign, "%20", "+")) {
			candidates = append(candidates, mac([]byte(secret), text))
		}
	}
	if !matches(decodeSignature(form.Get("Signature")), candidates) {
		return "", v.mismatch
	}
	return form.Get("AWSAccessKeyId"), nil
}

func withoutPort(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return hostport
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// decodeSignature reads base64, with or without padding. What is not base64, or
// has bits that say nothing, yields nothing, which matches nothing.
func decodeSignature(s string) []byte {
	sig, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimRight(s, "="))
	if err != nil {
		return nil
	}
	return sig
}

// claimsV2 reports whether a query holds S3's Version 2 signature, or tries to.
func claimsV2(params []param) bool {
	return slices.ContainsFunc(params, func(p param) bool {
		return p.name == "AWSAccessKeyId" || p.name == "Signature"
	})
}

// headerV2 checks S3's "Authorization: AWS ACCESSKEY:SIGNATURE".
func (v examination) headerV2(ctx context.Context, bucket string) (string, error) {
	headers := v.r.Header["Authorization"]
	accessKey, signature, found := cutLast(strings.TrimSpace(strings.TrimPrefix(headers[0], "AWS ")), ":")
	if len(headers) > 1 || !found || accessKey == "" {
		return "", refuse(http.StatusBadRequest, "InvalidArgument", "Authorization must have the form \"AWS ACCESSKEY:SIGNATURE\"")
	}
	made, err := headerTime(v.r.Header)
	if err != nil {
		return "", refuse(http.StatusForbidden, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header")
	}
	if err := v.onTime(made); err != nil {
		return "", err
	}
	return v.checkS3V2(ctx, accessKey, signature, headerDate(v.r.Header), bucket)
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// presignedV2 checks S3's AWSAccessKeyId, Expires and Signature in the URL.
func (v examination) presignedV2(ctx context.Context, bucket string) (string, error) {
	var values [3]string
	for i, name := range []string{"AWSAccessKeyId", "Expires", "Signature"} {
		value, err := required(v.params, name)
		if err != nil {
			return "", refuse(http.StatusForbidden, "AccessDenied",
				"Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters, each once")
		}
		values[i] = value
	}
	until, err := strconv.ParseInt(values[1], 10, 64)
	if err != nil {
		return "", refuse(http.StatusForbidden, "AccessDenied", "Invalid date (should be seconds since epoch): "+strconv.Quote(values[1]))
	}
	if v.Now.Unix() > until {
		return "", v.expired
	}
	return v.checkS3V2(ctx, values[0], values[2], values[1], bucket)
}

// checkS3V2 recomputes S3's Version 2 signature for each resource that the
// client may have meant.
func (v examination) checkS3V2(ctx context.Context, accessKey, signature, date, bucket string) (string, error) {
	secret, err := v.secret(ctx, accessKey)
	if err != nil {
		return "", err
	}
	var candidates [][]byte
	for _, path := range resourcesV2(wirePath(v.r), bucket) {
		candidates = append(candidates, hmacSHA1(secret, s3StringV2(v.r, date, path, v.params)))
	}
	if !matches(decodeSignature(signature), candidates) {
		return "", v.mismatch
	}
	return accessKey, nil
}

// resourcesV2 lists the paths that Version 2 may have signed: the whole path,
// as Eucalyptus wants it, or what follows the path of its S3 service, as AWS
// does, and for a bucket the same with a slash behind it, as botocore does. A
// bucket that was taken from the Host comes first in every one of them;
// otherwise a signature for one bucket would do for another, since Version 2
// does not sign the Host.
func resourcesV2(wire, bucket string) []string {
	paths := []string{wire}
	if _, rest, ok := behindService(wire); ok {
		paths = append(paths, rest)
	}
	for i, path := range paths {
		if bucket != "" {
			paths[i] = "/" + bucket + path
		} else if strings.Count(path, "/") == 1 && path != "/" {
			paths = append(paths, path+"/")
		}
	}
	return unique(paths...)
}
