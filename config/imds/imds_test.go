package imds

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"emikit/config"
)

// now is when the tests run; good and stale are times of expiry.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const (
	good  = "2026-11-21T18:00:00Z"
	stale = "2026-11-21T11:59:59Z"
)

// service is a metadata service: an instance with a role, if it has a document.
type service struct {
	document string // of the role builder
	tokens   int    // status of the question for a token; 200 demands one afterwards
	roles    int    // status of the list of roles, if not 200
}

func (s service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == tokenPath && r.Method == http.MethodPut:
		if r.Header.Get(lifetimeHeader) == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.WriteHeader(s.tokens)
		io.WriteString(w, "TOKEN")
	case s.tokens == http.StatusOK && r.Header.Get(tokenHeader) != "TOKEN":
		w.WriteHeader(http.StatusUnauthorized)
	case r.URL.Path == rolesPath && s.roles != 0:
		w.WriteHeader(s.roles)
	case r.URL.Path == rolesPath:
		io.WriteString(w, "builder\n")
	case r.URL.Path == rolesPath+"builder":
		io.WriteString(w, s.document)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func document(expires string) string {
	return `{"Code":"Success","LastUpdated":"2026-11-21T11:00:00Z","Type":"AWS-HMAC","AccessKeyId":"ASIAX",` +
		`"SecretAccessKey":"hush","Token":"session","Expiration":"` + expires + `"}`
}

func TestKeys(t *testing.T) {
	tests := map[string]struct {
		service
		env  map[string]string
		want string // "" for keys
		none bool
	}{
		"version 2":           {service: service{tokens: 200, document: document(good)}},
		"version 1":           {service: service{tokens: 404, document: document(good)}},
		"tokens forbidden":    {service: service{tokens: 403, document: document(good)}},
		"version 1 forbidden": {service: service{tokens: 404, document: document(good)}, env: map[string]string{"AWS_EC2_METADATA_V1_DISABLED": "true"}, want: "V1_DISABLED", none: true},
		"disabled":            {service: service{tokens: 200, document: document(good)}, env: map[string]string{"AWS_EC2_METADATA_DISABLED": "TRUE"}, want: "AWS_EC2_METADATA_DISABLED", none: true},
		"bad request":         {service: service{tokens: 400}, want: "status 400", none: true},
		"no role":             {service: service{tokens: 200, roles: 404}, want: "status 404", none: true},
		"expired":             {service: service{tokens: 200, document: document(stale)}, want: "credentials have expired"},
		"refused":             {service: service{tokens: 200, document: `{"Code":"AssumeRoleUnauthorizedAccess"}`}, want: "AssumeRoleUnauthorizedAccess"},
		"no document":         {service: service{tokens: 200, document: "<html>hush</html>"}, want: "did not answer with keys"},
		"half a key":          {service: service{tokens: 200, document: `{"AccessKeyId":"A"}`}, want: "did not answer with keys"},
		"endless":             {service: service{tokens: 200, document: strings.Repeat(" ", 2*maxAnswer)}, want: "did not answer with keys"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.service)
			defer server.Close()
			keys, err := client(server.URL, test.env).Keys(t.Context())
			if test.want != "" {
				checkError(t, err, test.want, test.none)
				return
			}
			want := config.Credentials{AccessKey: "ASIAX", SecretKey: "hush", SessionToken: "session",
				From: `instance profile "builder"`, Expires: now.Add(6 * time.Hour)}
			if err != nil || keys != want {
				t.Errorf("got %+v, %v, want %+v", keys, err, want)
			}
		})
	}
}

func checkError(t *testing.T, err error, want string, none bool) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, ErrNone) != none {
		t.Errorf("got %v (ErrNone: %v), want %q (ErrNone: %v)", err, errors.Is(err, ErrNone), want, none)
	}
	if err != nil && strings.Contains(err.Error(), "hush") {
		t.Errorf("the answer shows in %v", err)
	}
}

func client(endpoint string, env map[string]string) *Client {
	return New(func(name string) string {
		if name == "AWS_EC2_METADATA_SERVICE_ENDPOINT" {
			return endpoint + "/"
		}
		return env[name]
	}, func() time.Time { return now })
}

// TestNothingThere: most machines are no instances.
func TestNothingThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	if _, err := client(server.URL, nil).Keys(t.Context()); !errors.Is(err, ErrNone) {
		t.Errorf("got %v, want ErrNone", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client("http://192.0.2.1", nil).Keys(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: got %v, want context.Canceled", err)
	}
}

// TestNoProxyNoRedirect: the keys are asked of the instance's own service only.
func TestNoProxyNoRedirect(t *testing.T) {
	asked := make(chan string, 1)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusFound))
	defer server.Close()
	t.Setenv("HTTP_PROXY", elsewhere.URL)
	if _, err := client(server.URL, nil).Keys(t.Context()); !errors.Is(err, ErrNone) {
		t.Errorf("got %v, want ErrNone", err)
	}
	select {
	case path := <-asked:
		t.Errorf("another server was asked for %s", path)
	default:
	}
}

func TestEndpoint(t *testing.T) {
	for mode, want := range map[string]string{"": defaultEndpoint, "IPv6": ipv6Endpoint, "IPv4": defaultEndpoint} {
		c := New(func(name string) string {
			if name == "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE" {
				return mode
			}
			return ""
		}, time.Now)
		if c.endpoint != want {
			t.Errorf("mode %q: got %s, want %s", mode, c.endpoint, want)
		}
	}
}
