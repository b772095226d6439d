package main

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// doctorCommands are the commands of the scripts that are about emikit doctor.
func doctorCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"otherclock": cmdOtherClock,
		"asproxy":    cmdAsProxy,
	}
}

// cmdOtherClock puts a server before the cloud whose answers have a date that is off,
// and points the environment to it.
func cmdOtherClock(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, false, "otherclock DURATION")
	off, err := time.ParseDuration(args[0])
	ts.Check(err)
	ec2, err := url.Parse(ts.Getenv("EC2_URL"))
	ts.Check(err)
	cloud := &url.URL{Scheme: ec2.Scheme, Host: ec2.Host}
	server := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(cloud)
			r.Out.Host = r.In.Host // which is signed
		},
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
			return nil
		},
		Transport: &http.Transport{DisableKeepAlives: true}, // as in openCloud
	})
	ts.Defer(server.Close)
	for _, name := range []string{"EC2_URL", "S3_URL"} {
		u, err := url.Parse(ts.Getenv(name))
		ts.Check(err)
		ts.Setenv(name, server.URL+u.Path)
	}
}

// cmdAsProxy gives the cloud a name that only a proxy can resolve, and makes the cloud
// itself that proxy.
func cmdAsProxy(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, false, "asproxy NAME")
	for _, name := range []string{"EC2_URL", "S3_URL"} {
		u, err := url.Parse(ts.Getenv(name))
		ts.Check(err)
		ts.Setenv("http_proxy", "http://"+u.Host)
		ts.Setenv(name, "http://"+args[0]+u.Path)
	}
}
