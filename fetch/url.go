package fetch

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"
	"unicode"
)

// ErrScheme: a URL is of a kind that is not fetched.
var ErrScheme = errors.New("only http, https and file are fetched")

// IsURL says whether an input is named by a URL, not by a path.
func IsURL(input string) bool {
	scheme, _, ok := strings.Cut(input, "://")
	return ok && scheme != "" && strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+.-") == ""
}

// parse reads a URL that can be fetched.
func parse(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("not a URL: %w", errors.Unwrap(err)) // the text may hold a password
	}
	switch {
	case u.Scheme == "file" && (u.Host == "" || u.Host == "localhost"):
		return u, nil
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%s: %w", u.Redacted(), ErrScheme)
	case u.Host == "":
		return nil, fmt.Errorf("%s: the URL names no host", u.Redacted())
	}
	return u, nil
}

// Name is the file name that a URL ends with, without query and fragment.
func Name(text string) (string, error) {
	u, err := parse(text)
	if err != nil {
		return "", err
	}
	name := path.Base(u.Path)
	if u.Path == "" || strings.HasSuffix(u.Path, "/") || strings.HasPrefix(name, ".") ||
		strings.ContainsFunc(name, func(r rune) bool { return r == '/' || r == '\\' || !unicode.IsPrint(r) }) {
		return "", fmt.Errorf("%s: the URL does not end with the name of a file", u.Redacted())
	}
	return name, nil
}
