package cloud

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"emikit/cloud/walrus"
	"emikit/metadata"
)

func TestEachPathHasItsDoor(t *testing.T) {
	door := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, name) })
	}
	all := doors{ec2: door("ec2"), s3: door("s3"), metadata: door("metadata"), names: walrus.Names{"cloud.example"}}
	const none = "nothing is served here\n"
	for target, want := range map[string]string{
		"/services/Eucalyptus":                 "ec2",
		"/services/Eucalyptus/":                "ec2",
		"/services/compute?Action=x":           "ec2",
		"/services/Eucalyptus/x":               none,
		"/services/Eucalyptusx":                none,
		"/services/eucalyptus":                 none,
		"/services/Walrus":                     "s3",
		"/services/Walrus/b/../../Eucalyptus":  "s3",
		"/services/Walrus//latest/meta-data":   "s3",
		"/services/objectstorage/b/k":          "s3",
		"/services/Walrusx/b":                  none,
		"/services/%57alrus/b":                 "s3",
		"/":                                    "metadata",
		"/latest":                              "metadata",
		"/latest/meta-data/":                   "metadata",
		"/1.0/user-data":                       "metadata",
		"/2009-04-04/":                         "metadata",
		"/latestx":                             none,
		"/2009-04-0/":                          none,
		"/services":                            none,
		"/../services/Eucalyptus":              none,
		"http://elsewhere/services/Eucalyptus": "ec2",

		"http://bucket.cloud.example/latest/meta-data":     "s3",
		"http://bucket.walrus.cloud.example/":              "s3",
		"http://walrus.cloud.example/":                     "s3",
		"http://cloud.example/latest/meta-data":            "metadata",
		"http://169.254.169.254/latest/meta-data":          "metadata",
		"http://bucket.cloud.example/services/Eucalyptus/": "ec2",
	} {
		answer := httptest.NewRecorder()
		all.ServeHTTP(answer, httptest.NewRequest("GET", target, nil))
		if got := answer.Body.String(); got != want || (want == none) != (answer.Code == http.StatusNotFound) {
			t.Errorf("%s: got %d %q, want %q", target, answer.Code, got, want)
		}
	}
}

// one is a metadata.Source that knows one instance, at one address.
type one struct{ address string }

func (o one) ByAddress(_ context.Context, addr netip.Addr) (metadata.Instance, error) {
	if addr.String() != o.address {
		return metadata.Instance{}, metadata.ErrNotFound
	}
	return metadata.Instance{ID: "i-1"}, nil
}

// Only where a connection comes from says whose metadata are asked for.
func TestMetadataTrustsNoHeader(t *testing.T) {
	all := doors{metadata: metadata.NewHandler(one{"127.8.0.1"})}
	for from, want := range map[string]int{"127.8.0.1:1234": 200, "[::ffff:127.8.0.1]:1234": 200, "127.0.0.1:1234": 404, "@": 404} {
		r := httptest.NewRequest("GET", "http://127.8.0.1/latest/meta-data/instance-id", nil)
		r.RemoteAddr = from
		for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Host", "Via"} {
			r.Header.Set(name, "127.8.0.1")
		}
		answer := httptest.NewRecorder()
		all.ServeHTTP(answer, r)
		if answer.Code != want {
			t.Errorf("from %s: got %d %s, want %d", from, answer.Code, answer.Body, want)
		}
	}
}
