package doctor_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"emikit/config"
	"emikit/doctor"
)

// dated is an answer with a date that is off by d.
func dated(d time.Duration, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(d).UTC().Format(http.TimeFormat))
		then(w, r)
	}
}

func TestS3(t *testing.T) {
	good := answer(200, buckets("mine", "other"))
	const agrees, clockHint = "clock is that of the service", "set this machine's clock"
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   []want
	}{
		"all is well": {good, []want{
			{"S3 TLS", doctor.OK, "plain HTTP on this machine", ""}, {"S3 service", doctor.OK, "S3 is spoken", ""},
			{"S3 clock", doctor.OK, agrees, ""}, {"S3 keys", doctor.OK, "AKIALICE is accepted; buckets: 2", ""},
		}},
		"unknown key": {refuse(403, "InvalidAccessKeyId", ""), []want{
			{"S3 service", doctor.OK, "", ""}, {"S3 keys", doctor.Failed, "InvalidAccessKeyId", "check the access key"},
			{"bucket", doctor.NotChecked, "S3 keys", ""},
		}},
		"wrong secret":  {refuse(403, "SignatureDoesNotMatch", ""), []want{{"S3 keys", doctor.Failed, "SignatureDoesNotMatch", "check the secret key"}}},
		"other refusal": {refuse(403, "NeverHeardOf", ""), []want{{"S3 keys", doctor.Failed, "NeverHeardOf", "EC2_ACCESS_KEY"}}},
		"no list for this key": {refuse(403, "AccessDenied", ""), []want{
			{"S3 keys", doctor.Warning, "may be right", ""}, {"bucket", doctor.NotChecked, "-b BUCKET", ""},
		}},
		"refused for the clock": {dated(-20*time.Minute, refuse(403, "RequestTimeTooSkewed", "")), []want{
			{"S3 clock", doctor.Failed, "ahead of the service's", clockHint}, {"S3 keys", doctor.NotChecked, "S3 clock", ""},
		}},
		"refused for the clock without a reason": {refuse(403, "RequestTimeTooSkewed", ""), []want{{"S3 clock", doctor.Failed, "refuses this machine's time", clockHint}}},
		"a clock that is too far off":            {dated(time.Hour, good), []want{{"S3 clock", doctor.Failed, "behind the service's", clockHint}}},
		"a clock that is off":                    {dated(5*time.Minute, good), []want{{"S3 clock", doctor.Warning, "behind the service's", clockHint}, {"S3 keys", doctor.OK, "", ""}}},
		"no date": {func(w http.ResponseWriter, r *http.Request) { w.Header()["Date"] = nil; good(w, r) },
			[]want{{"S3 clock", doctor.Warning, "no date", ""}, {"S3 keys", doctor.OK, "", ""}}},
		"a web server":      {answer(404, "<html>no</html>"), []want{{"S3 service", doctor.Failed, "no S3 service answers there: 404", "(--url or S3_URL); eucarc files have /services/Walrus"}, {"S3 keys", doctor.NotChecked, "", ""}}},
		"nothing said":      {answer(404, ""), []want{{"S3 service", doctor.Failed, "no S3 service answers there: 404", "/services/Walrus"}}},
		"a proxy's refusal": {answer(403, "<html>blocked</html>"), []want{{"S3 service", doctor.Failed, "no S3 service answers there: 403", ""}}},
		"a page":            {answer(200, "<html></html>"), []want{{"S3 service", doctor.Failed, "no S3 service answers there", "S3_URL"}}},
		"another service":   {answer(200, "<ListAllMyQueues/>"), []want{{"S3 service", doctor.Failed, "not an object store", "S3_URL"}}},
		"unwell":            {refuse(503, "SlowDown", ""), []want{{"S3 service", doctor.Failed, "not well", "later"}, {"S3 keys", doctor.NotChecked, "", ""}}},
		"a proxy's failure": {answer(502, "<html></html>"), []want{{"S3 service", doctor.Failed, "Bad Gateway", "later"}}},
		"moved": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://x/")
			w.WriteHeader(301)
		}, []want{{"S3 service", doctor.Failed, "redirected to http://x/", "S3_URL"}}},
		"hung up":    {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, []want{{"S3 service", doctor.Failed, "closed the connection", "S3_URL"}}},
		"many words": {answer(403, "<Error><Code>Bad</Code><Message>a\n\nb"+strings.Repeat("ü", 5000)+"</Message></Error>"), []want{{"S3 keys", doctor.Failed, "Bad", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			found := examine(t, request(t, environment(t, serve(t, tt.answer), ""), doctor.S3))
			for _, w := range tt.want {
				w.in(t, found)
			}
		})
	}
}

// A store that names another region is signed for that.
func TestS3OtherRegion(t *testing.T) {
	s3 := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/lab-1/s3/") {
			answer(200, buckets())(w, r)
			return
		}
		refuse(400, "AuthorizationHeaderMalformed", "<Region>lab-1</Region>")(w, r)
	})
	found := examine(t, request(t, environment(t, s3, ""), doctor.S3))
	want{"S3 keys", doctor.Warning, "for region lab-1", "AWS_DEFAULT_REGION=lab-1"}.in(t, found)
}

// A service that is unwell is asked once: the person waits.
func TestAskedOnce(t *testing.T) {
	var asked atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.WriteHeader(503)
	})
	examine(t, request(t, environment(t, url, url), doctor.S3, doctor.EC2))
	if got := asked.Load(); got != 2 {
		t.Errorf("got %d requests, want one to each of the services", got)
	}
}

func TestEC2(t *testing.T) {
	refuse := func(status int, code string) http.HandlerFunc {
		return answer(status, "<Response><Errors><Error><Code>"+code+"</Code><Message>no</Message></Error></Errors></Response>")
	}
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   want
	}{
		"all is well":  {answer(200, "<DescribeRegionsResponse><regionInfo/></DescribeRegionsResponse>"), want{"EC2 keys", doctor.OK, "AKIALICE is accepted", ""}},
		"unknown key":  {refuse(401, "AuthFailure"), want{"EC2 keys", doctor.Failed, "AuthFailure", "check the access key"}},
		"wrong secret": {refuse(403, "SignatureDoesNotMatch"), want{"EC2 keys", doctor.Failed, "SignatureDoesNotMatch", "check the access key and the secret key"}},
		"not allowed":  {refuse(403, "UnauthorizedOperation"), want{"EC2 keys", doctor.Warning, "may be right", ""}},
		"clock":        {dated(-6*time.Minute, refuse(400, "RequestExpired")), want{"EC2 clock", doctor.Failed, "ahead of the service's; requests are refused from 5 minutes", "set this machine's clock"}},
		"clock, taken": {dated(-6*time.Minute, refuse(401, "AuthFailure")), want{"EC2 clock", doctor.Failed, "ahead", "set this machine's clock"}},
		"a web server": {answer(404, "<html></html>"), want{"EC2 service", doctor.Failed, "no EC2 service answers there: 404", "(--ec2-url or EC2_URL); eucarc files have /services/Eucalyptus"}},
		"a page":       {answer(200, "<html></html>"), want{"EC2 service", doctor.Failed, "not an EC2 response", "EC2_URL"}},
		"a proxy":      {answer(403, "<html></html>"), want{"EC2 service", doctor.Failed, "403", "EC2_URL"}},
		"unwell":       {answer(503, ""), want{"EC2 service", doctor.Failed, "not well", "later"}},
	} {
		t.Run(name, func(t *testing.T) {
			found := examine(t, request(t, environment(t, "", serve(t, tt.answer)), doctor.EC2))
			tt.want.in(t, found)
		})
	}
}

// Without keys it is still seen what answers.
func TestWithoutKeys(t *testing.T) {
	s3 := serve(t, refuse(403, "AccessDenied", ""))
	ec2 := serve(t, answer(401, "<Response><Errors><Error><Code>AuthFailure</Code></Error></Errors></Response>"))
	env := environment(t, s3, ec2)
	delete(env, "EC2_ACCESS_KEY")
	found := examine(t, request(t, env, doctor.S3, doctor.EC2))
	for _, w := range []want{
		{"access key", doctor.Failed, "missing access key", "eucarc"},
		{"S3 service", doctor.OK, "", ""}, {"S3 keys", doctor.NotChecked, "access key", ""},
		{"EC2 service", doctor.OK, "", ""}, {"EC2 keys", doctor.NotChecked, "access key", ""},
	} {
		w.in(t, found)
	}
}

func TestConnections(t *testing.T) {
	plain := serve(t, answer(200, buckets()))
	secure := serveTLS(t, answer(200, buckets()))
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, tt := range map[string]struct {
		url  string
		want want
	}{
		"nobody there":    {"http://" + closed.Addr().String(), want{"S3 connection", doctor.Failed, "connection refused", "S3_URL; is the service running"}},
		"no such name":    {"http://no..such.name/", want{"S3 name", doctor.Failed, "no such host", "check the address in S3_URL"}},
		"no URL":          {"walrus:8773", want{"S3 address", doctor.Failed, "not an http or https URL", ""}},
		"user in the URL": {"http://alice:" + secret + "@127.0.0.1/", want{"S3 address", doctor.Failed, "there is a user name in it", "take it out"}},
		"query":           {"http://127.0.0.1/?x=y", want{"S3 address", doctor.Failed, "not a URL of the form", "S3_URL"}},
		"nowhere":         {"", want{"S3 address", doctor.Failed, "No s3 endpoint", "eucarc"}},
		"TLS to plain":    {"https" + strings.TrimPrefix(plain, "http"), want{"S3 TLS", doctor.Failed, "plain HTTP is spoken there, not TLS", "http://"}},
		"plain to TLS":    {"http" + strings.TrimPrefix(secure, "https"), want{"S3 service", doctor.Failed, "TLS is spoken there, not plain HTTP", "https://"}},
		"not trusted":     {secure, want{"S3 TLS", doctor.Failed, "the server's certificate is not trusted", "SSL_CERT_FILE"}},
	} {
		t.Run(name, func(t *testing.T) {
			tt.want.in(t, examine(t, request(t, environment(t, tt.url, ""), doctor.S3)))
		})
	}
}

// A certificate that nobody looks at is worth a warning, and no more.
func TestUnverified(t *testing.T) {
	r := request(t, environment(t, "", ""), doctor.S3)
	ini := "[region lab]\ns3-url = " + serveTLS(t, answer(200, buckets())) + "\nverify-ssl = false\n"
	if err := errors.Join(os.Mkdir(filepath.Join(r.Config.Home, ".euca"), 0o700),
		os.WriteFile(filepath.Join(r.Config.Home, ".euca", "lab.ini"), []byte(ini), 0o600)); err != nil {
		t.Fatal(err)
	}
	r.Config.Region = "lab"
	found := examine(t, r)
	want{"configuration", doctor.OK, "region lab (command line)", ""}.in(t, found)
	want{"S3 TLS", doctor.Warning, "TLS 1.3, but the certificate is not looked at", "verify-ssl"}.in(t, found)
	want{"S3 keys", doctor.OK, "", ""}.in(t, found)
}

// A certificate is trusted that the command line's file has, and the error of a file
// that has none is told.
func TestTrust(t *testing.T) {
	server := unstarted(t, answer(200, buckets()))
	server.StartTLS()
	r := request(t, environment(t, server.URL, ""), doctor.S3)
	r.Trust = func(*config.Config, config.Endpoint) (*x509.CertPool, bool, error) {
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		return roots, false, nil
	}
	want{"S3 TLS", doctor.OK, "TLS 1.3; the certificate is trusted and good until ", ""}.in(t, examine(t, r))
	r.Trust = func(*config.Config, config.Endpoint) (*x509.CertPool, bool, error) { return nil, true, nil }
	want{"S3 TLS", doctor.Warning, "the certificate is not looked at", "--no-verify-ssl"}.in(t, examine(t, r))
	r.Trust = func(*config.Config, config.Endpoint) (*x509.CertPool, bool, error) {
		return nil, false, errors.New("no certificate")
	}
	want{"S3 address", doctor.Failed, "no certificate", "--ca-bundle"}.in(t, examine(t, r))
}

// However long a service keeps silent, there is an answer. On a slow machine another
// check than that of the service may already be late.
func TestSilence(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, func(http.ResponseWriter, *http.Request) { <-ctx.Done() })
	t.Cleanup(cancel)
	r := request(t, environment(t, url, ""), doctor.S3)
	r.Timeout = 200 * time.Millisecond
	found := examine(t, r)
	late := 0
	for _, f := range found {
		if f.State == doctor.Failed && strings.Contains(f.Text, "no answer within 200ms") && strings.Contains(f.Hint, "firewall") {
			late++
		}
	}
	if late != 1 || found["S3 keys"].State != doctor.NotChecked {
		t.Errorf("got %v, want one check without an answer, and none of the keys", found)
	}
}

// When the time for all checks is up, that is a failure: they were not made.
func TestTotal(t *testing.T) {
	r := request(t, environment(t, "", ""), doctor.S3)
	r.Total = time.Nanosecond
	want{"configuration", doctor.Failed, "no time was left of the 1ns", "took long"}.in(t, examine(t, r))
}

// Whoever interrupts it is not kept.
func TestInterrupted(t *testing.T) {
	interrupted := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		cancel(interrupted)
		<-r.Context().Done()
	})
	r := request(t, environment(t, url, ""), doctor.S3)
	r.Found = func(f doctor.Finding) {
		if f.State == doctor.Failed {
			t.Errorf("got %v, want nothing to be said of what was not finished", f)
		}
	}
	if err := doctor.Examine(ctx, r); !errors.Is(err, interrupted) {
		t.Errorf("got %v, want the cause", err)
	}
}

func TestSignatureVersion(t *testing.T) {
	var header atomic.Pointer[string]
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := r.Header.Get("Authorization")
		header.Store(&got)
		answer(200, buckets())(w, r)
	})
	for version, prefix := range map[int]string{0: "AWS4-HMAC-SHA256 ", 2: "AWS AKIALICE:"} {
		r := request(t, environment(t, url, ""), doctor.S3)
		r.Store.SignatureVersion = version
		examine(t, r)
		if got := *header.Load(); !strings.HasPrefix(got, prefix) {
			t.Errorf("version %s: got %q, want %q", strconv.Itoa(version), got, prefix)
		}
	}
}
