package upload

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"emikit/reach"
)

// an operation of each kind, on the object bkt/x or its bucket.
var operations = map[string]func(context.Context, *Store) error{
	"look up": func(ctx context.Context, s *Store) error {
		_, err := s.bucketLocation(ctx, "bkt", nil)
		return err
	},
	"ensure": func(ctx context.Context, s *Store) error {
		_, err := s.EnsureBucket(ctx, "bkt", "")
		return err
	},
	"upload": func(ctx context.Context, s *Store) error {
		return s.Put(ctx, Location{Bucket: "bkt"}, "x", strings.NewReader("body"), 4, DefaultACL)
	},
	"upload, no ACL": func(ctx context.Context, s *Store) error {
		return s.Put(ctx, Location{Bucket: "bkt"}, "x", strings.NewReader("body"), 4, "")
	},
	"upload, bucket first": func(ctx context.Context, s *Store) error {
		_, err := s.EnsureBucket(ctx, "bkt", "")
		return errors.Join(err, s.Put(ctx, Location{Bucket: "bkt"}, "x", strings.NewReader("body"), 4, ""))
	},
	"download": func(ctx context.Context, s *Store) error {
		_, _, err := s.Get(ctx, Location{Bucket: "bkt"}, "x")
		return err
	},
	"list": func(ctx context.Context, s *Store) error {
		_, err := s.objects(ctx, Location{Bucket: "bkt"}, "")
		return err
	},
	"remove": func(ctx context.Context, s *Store) error { return s.remove(ctx, Location{Bucket: "bkt"}, "x") },
	"remove bucket": func(ctx context.Context, s *Store) error {
		return s.RemoveBucket(ctx, "bkt")
	},
	"stat": func(ctx context.Context, s *Store) error {
		return s.Stat(ctx, Location{Bucket: "bkt"}, []string{"x"}, nil)[0].Err
	},
}

// refuses answers every request with a refusal; HEAD without its body, as HTTP wants.
func refuses(status int, code, message string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for _, line := range headers {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Set(name, value)
		}
		s3Error(w, status, code, message)
	}
}

// only lets one kind of request be answered so, and the others as if there were no
// bucket.
func only(method string, handler http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == method {
			handler(w, r)
			return
		}
		refuses(404, "NoSuchBucket", "")(w, r)
	}
}

// TestRefusalsNameTheCause: what users see of each refusal, and what they are told to
// do about it.
func TestRefusalsNameTheCause(t *testing.T) {
	denied := refuses(403, "AccessDenied", "Access Denied")
	for _, tt := range []struct {
		name      string
		answer    http.HandlerFunc
		operation string
		want      string // of the message; END stands for its end
		hint      string
	}{
		{"may not look up", denied, "look up", "look up bucket bkt: AccessDenied: Access DeniedEND", "this key needs the permission s3:GetBucketLocation;"},
		{"may not make", only("PUT", denied), "ensure", "create bucket bkt: AccessDenied", "s3:CreateBucket"},
		{"may not store", denied, "upload", "upload bkt/x: AccessDenied", "s3:PutObject, and s3:PutObjectAcl for the ACL aws-exec-read; or the bucket belongs to another account"},
		{"may not store, no ACL", denied, "upload, no ACL", "upload bkt/x: AccessDenied", "needs the permission s3:PutObject; or"},
		{"may not fetch", denied, "download", "download bkt/x: AccessDenied", "s3:GetObject"},
		{"may not list", denied, "list", "list bkt: AccessDenied", "s3:ListBucket"},
		{"may not remove", denied, "remove", "remove bkt/x: AccessDenied", "s3:DeleteObject"},
		{"may not remove the bucket", denied, "remove bucket", "remove bucket bkt: AccessDenied", "s3:DeleteBucket"},
		{"may not ask", denied, "stat", "look up bkt/x: AccessDenied", "s3:GetObject"},
		{"another permission", refuses(403, "AccessDenied", "User: arn:aws:iam::1:user/a is not authorized to perform: kms:GenerateDataKey on resource: k"),
			"upload", "upload bkt/x: AccessDenied: User: arn", "needs the permission kms:GenerateDataKey;"},
		{"no permission's name", refuses(403, "AccessDenied", "not authorized to perform: s3:<x> y"), "download", "", "s3:GetObject"},

		{"another's name", only("PUT", refuses(409, "BucketAlreadyExists", "taken")), "ensure", "bkt: bucket belongs to another accountEND", "choose another bucket name"},
		{"another's bucket", denied, "upload, bucket first", "upload bkt/x: AccessDenied",
			"bucket bkt exists, but this key may not even look it up (s3:GetBucketLocation): it probably belongs to another account; in one of yours the key needs s3:PutObject"},
		{"switched off", refuses(403, "AllAccessDisabled", ""), "download", "download bkt/x: AllAccessDisabledEND", "s3:GetObject"},

		{"no such key", refuses(403, "InvalidAccessKeyId", ""), "list", "list bkt: InvalidAccessKeyId", "check the access key"},
		{"wrong secret", refuses(403, "SignatureDoesNotMatch", ""), "list", "list bkt: SignatureDoesNotMatch", "check the secret key"},
		{"session over", refuses(400, "ExpiredToken", ""), "list", "list bkt: ExpiredToken", "the session is over"},
		{"no bucket", refuses(404, "NoSuchBucket", ""), "list", "list bkt: NoSuchBucket", "check the bucket's name"},
		{"name", only("PUT", refuses(400, "InvalidBucketName", "The specified bucket is not valid.")), "ensure", "create bucket bkt: InvalidBucketName: The", "DNS-safe names are 3 to 63"},
		{"location", only("PUT", refuses(400, "IllegalLocationConstraintException", "no", "X-Amz-Bucket-Region: eu-west-1")), "ensure", "create bucket bkt: IllegalLocation", "region eu-west-1"},
		{"ACL", refuses(400, "AccessControlListNotSupported", "The bucket does not allow ACLs"), "upload", "upload bkt/x: AccessControlListNotSupported", "takes no ACLs"},
		{"path style", refuses(403, "SecondLevelDomainForbidden", ""), "list", "list bkt: SecondLevelDomainForbidden", "--addressing-style virtual"},
		{"busy", refuses(503, "SlowDown", "Please reduce your request rate."), "list", "list bkt: SlowDown: Please", "with fewer --jobs"},
		{"of many lines", refuses(500, "InternalError", "a\nb"), "list", "list bkt: InternalError: a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			server := httptest.NewServer(tt.answer)
			defer server.Close()
			store := over(t, nil, func(c *Config) { c.Endpoint, c.Retries = server.URL, -1 })
			checkMessage(t, operations[tt.operation](t.Context(), store), tt.want, tt.hint)
		})
	}
}

// checkMessage compares what users see of an error.
func checkMessage(t *testing.T, err error, want, hint string) {
	t.Helper()
	advised, _ := errors.AsType[interface {
		error
		Hint() string
	}](err)
	if err == nil || !strings.HasPrefix(err.Error()+"END", want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if hint != "" && (advised == nil || !strings.Contains(advised.Hint(), hint)) {
		t.Errorf("got %v with the hint %v, want %q", err, hintOf(advised), hint)
	}
}

func hintOf(advised interface{ Hint() string }) string {
	if advised == nil {
		return ""
	}
	return advised.Hint()
}

// TestConnectionsNameTheCause: what users see where no store answers.
func TestConnectionsNameTheCause(t *testing.T) {
	notFound := func(start func(http.Handler) *httptest.Server) *httptest.Server {
		server := start(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		t.Cleanup(server.Close)
		return server
	}
	plain, secure := notFound(httptest.NewServer), notFound(httptest.NewTLSServer)
	named := strings.Replace(secure.URL, "127.0.0.1", "localhost", 1)
	roots := secure.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for _, tt := range []struct {
		name, endpoint, want, hint string
		options                    reach.Options
	}{
		{"plain HTTP behind https", strings.Replace(plain.URL, "http", "https", 1), "plain HTTP is spoken there, not TLSEND", "http:// (-U or S3_URL)", reach.Options{}},
		{"TLS behind http", strings.Replace(secure.URL, "https", "http", 1), "TLS is spoken there, not plain HTTPEND", "https:// (-U or S3_URL)", reach.Options{}},
		{"unknown CA", secure.URL, "the server's certificate is not trusted: this machine does not know who signed itEND", "--ca-bundle (or AWS_CA_BUNDLE", reach.Options{}},
		{"wrong name", named, "the server's certificate is not trusted: it is for example.com, *.example.com, 127.0.0.1, ::1, not for localhostEND", "a name that the certificate is for", reach.Options{RootCAs: roots}},
		{"no store", plain.URL, "no S3 service answers there: 404 Not FoundEND", "/services/Walrus", reach.Options{}},
		{"no store, trusted", secure.URL, "no S3 service answers there: 404 Not FoundEND", "/services/Walrus", reach.Options{RootCAs: roots}},
		{"no store, whoever it is", named, "no S3 service answers there: 404 Not FoundEND", "/services/Walrus", reach.Options{InsecureSkipVerify: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := over(t, nil, func(c *Config) {
				c.Endpoint, c.RootCAs, c.InsecureSkipVerify = tt.endpoint, tt.options.RootCAs, tt.options.InsecureSkipVerify
			})
			_, err := store.EnsureBucket(t.Context(), "bkt", "")
			checkMessage(t, err, "connect to "+tt.endpoint+": "+tt.want, tt.hint)
		})
	}
}

// TestProxiesNameTheCause: a proxy is named, and its password never, with --debug
// neither.
func TestProxiesNameTheCause(t *testing.T) {
	answers := func(status int) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		return server.Listener.Addr().String()
	}
	unknown, denies := answers(407), answers(403)
	closed := httptest.NewServer(nil)
	closed.Close()
	down := closed.Listener.Addr().String()
	for _, tt := range []struct{ name, proxy, endpoint, want string }{
		{"refused", down, "https://s3.example", "the proxy http://" + down + ": connection refusedEND"},
		{"refused, plain", down, "http://s3.example", "the proxy http://" + down + ": connection refusedEND"},
		{"unknown user", unknown, "https://s3.example", "the proxy http://" + unknown + " wants a user and a password, or othersEND"},
		{"unknown user, plain", unknown, "http://s3.example", "the proxy http://" + unknown + " wants a user and a password, or othersEND"},
		{"denied", denies, "https://s3.example", "the proxy http://" + denies + " does not connect there: 403 ForbiddenEND"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var text bytes.Buffer
			debug := slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))
			store := over(t, reach.Through(&url.URL{Scheme: "http", User: url.UserPassword("me", "hush"), Host: tt.proxy}), func(c *Config) {
				c.Endpoint, c.Log = tt.endpoint, debug
			})
			_, err := store.EnsureBucket(t.Context(), "bkt", "")
			checkMessage(t, err, "connect to "+tt.endpoint+": "+tt.want, "HTTPS_PROXY")
			for _, secret := range []string{"hush", "bWU6aHVzaA", aliceKey.SecretKey} {
				if got := text.String() + err.Error(); strings.Contains(got, secret) {
					t.Errorf("%q is shown:\n%s", secret, got)
				}
			}
			if !strings.Contains(text.String(), tt.proxy) {
				t.Errorf("the log does not name the proxy:\n%s", &text)
			}
		})
	}
}
