package reach

import (
	"cmp"
	"net/http"
	"net/url"
	"os"

	"golang.org/x/net/http/httpproxy"
)

// ProxyFromEnvironment returns what finds the proxy of a request as
// [http.ProxyFromEnvironment] does, and takes the one in ALL_PROXY, or all_proxy, for
// the schemes that have no variable of their own, as curl does. The environment is read
// once, when it is called.
func ProxyFromEnvironment() func(*http.Request) (*url.URL, error) {
	return proxyFrom(os.Getenv)
}

func proxyFrom(getenv func(string) string) func(*http.Request) (*url.URL, error) {
	first := func(lower, upper string) string { return cmp.Or(getenv(lower), getenv(upper)) }
	all := first("all_proxy", "ALL_PROXY")
	plain := first("http_proxy", "HTTP_PROXY")
	find := (&httpproxy.Config{
		HTTPProxy:  cmp.Or(plain, all),
		HTTPSProxy: cmp.Or(first("https_proxy", "HTTPS_PROXY"), all),
		NoProxy:    first("no_proxy", "NO_PROXY"),
		// A web server's client could have set HTTP_PROXY, by a header; not ALL_PROXY.
		CGI: plain != "" && getenv("REQUEST_METHOD") != "",
	}).ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return find(r.URL) }
}
