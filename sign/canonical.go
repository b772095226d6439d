package sign

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A param is one name and value of a query or form, decoded.
type param struct{ name, value string }

// escape percent-encodes everything but the unreserved characters of RFC 3986,
// with upper-case digits, which is the form that both versions sign.
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if unreserved(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '_' || c == '.' || c == '~'
}

// escapePath is escape, but leaves the slashes.
func escapePath(path string) string {
	return strings.ReplaceAll(escape(path), "%2F", "/")
}

// parseQuery splits a raw query at its ampersands. Other than url.ParseQuery it
// drops nothing: what cannot be decoded is an error, and a semicolon is an
// ordinary character. So nothing escapes the signature.
func parseQuery(raw string) ([]param, error) {
	var params []param
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		p, err := unescapeParam(name, value)
		if err != nil {
			return nil, err
		}
		params = append(params, p)
	}
	return params, nil
}

func unescapeParam(name, value string) (p param, err error) {
	if p.name, err = url.QueryUnescape(name); err != nil {
		return p, fmt.Errorf("query parameter name: %w", err)
	}
	if p.value, err = url.QueryUnescape(value); err != nil {
		return p, fmt.Errorf("query parameter %s: %w", strconv.Quote(p.name), err)
	}
	return p, nil
}

// formParams lists what a form holds, without the parameter called omit.
func formParams(form url.Values, omit string) []param {
	var params []param
	for name, values := range form {
		if name == omit {
			continue
		}
		for _, value := range values {
			params = append(params, param{name, value})
		}
	}
	return params
}

// canonicalQuery encodes and sorts params, by encoded name and then by encoded
// value. Both versions use it.
func canonicalQuery(params []param) string {
	encoded := make([]param, len(params))
	for i, p := range params {
		encoded[i] = param{escape(p.name), escape(p.value)}
	}
	slices.SortFunc(encoded, func(a, b param) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	var b strings.Builder
	for i, p := range encoded {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name + "=" + p.value)
	}
	return b.String()
}

// without returns the params that are not called name.
func without(params []param, name string) []param {
	return slices.DeleteFunc(slices.Clone(params), func(p param) bool { return p.name == name })
}

// single returns the value of the parameter called name. A parameter that is
// there twice is an error: whoever reads it later might take the other value.
func single(params []param, name string) (value string, found bool, err error) {
	for _, p := range params {
		if p.name != name {
			continue
		}
		if found {
			return "", true, fmt.Errorf("parameter %s is given more than once", name)
		}
		value, found = p.value, true
	}
	return value, found, nil
}

// squeeze trims a header value and turns each run of white space into a space.
func squeeze(value string) string { return strings.Join(strings.Fields(value), " ") }

// headerValue is the canonical value of the header called name (lower case):
// all its values, joined by commas. Host and Content-Length are found where
// net/http keeps them. A header that is absent has the empty value.
func headerValue(r *http.Request, name string) string {
	if name == "host" {
		return squeeze(requestHost(r))
	}
	values := r.Header.Values(name)
	if name == "content-length" && len(values) == 0 && r.ContentLength >= 0 {
		return strconv.FormatInt(r.ContentLength, 10)
	}
	squeezed := make([]string, len(values))
	for i, v := range values {
		squeezed[i] = squeeze(v)
	}
	return strings.Join(squeezed, ",")
}

// requestHost is the Host header as it is, or will be, on the wire.
func requestHost(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// wirePath is the escaped path exactly as the client sent it. Requests that
// were not received from a connection have none; there the URL is asked.
func wirePath(r *http.Request) string {
	path, _, _ := strings.Cut(r.RequestURI, "?")
	if _, rest, absolute := strings.Cut(path, "://"); absolute && !strings.HasPrefix(path, "/") {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	if !strings.HasPrefix(path, "/") {
		path = r.URL.EscapedPath()
	}
	return orSlash(path)
}

// CutService splits off the path below which an object store of Eucalyptus is
// served: that of versions 1 to 3, the same as s3cmd writes it, all in lower
// case, or that of version 4. The rest is empty or begins with a slash.
func CutService(path string) (service, rest string, ok bool) {
	for _, service := range []string{"/services/Walrus", "/services/walrus", "/services/objectstorage"} {
		rest, ok := strings.CutPrefix(path, service)
		if ok && (rest == "" || rest[0] == '/') {
			return service, rest, true
		}
	}
	return "", path, false
}

// behindService is what a client signs that does not know of the service's path,
// or takes it for a part of the host. Where the rest looks like such a path
// itself there is none: a signature for the object b/k must not do for the
// object Walrus/b/k of a bucket called services.
func behindService(wire string) (service, rest string, ok bool) {
	service, rest, ok = CutService(wire)
	if _, _, again := CutService(rest); again {
		return "", "", false
	}
	return service, orSlash(rest), ok
}

func orSlash(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// amzHeaders lists the X-Amz-* headers of h in lower case, sorted.
func amzHeaders(h http.Header) []string {
	var names []string
	for name := range h {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
