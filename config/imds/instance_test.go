package imds

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// data serves the items of an instance; with a token only, if it is told to.
func data(items map[string]string, tokens bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		item, ok := strings.CutPrefix(r.URL.Path, dataPath)
		text, known := items[item]
		switch {
		case tokens && r.URL.Path == tokenPath && r.Method == http.MethodPut:
			io.WriteString(w, "TOKEN")
		case tokens && r.Header.Get(tokenHeader) != "TOKEN":
			w.WriteHeader(http.StatusUnauthorized)
		case ok && known || item == "":
			io.WriteString(w, text)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}
}

func TestInstance(t *testing.T) {
	all := map[string]string{
		"ancestor-ami-ids": "ami-aaaa0001\nami-aaaa0002", "ami-id": "ami-12345678",
		"kernel-id": "aki-deadbeef", "ramdisk-id": "ari-deadbeef\n", "product-codes": "PCODE1\nPCODE2",
		"block-device-mapping":     "ami\nebs1\nephemeral0\nroot/",
		"block-device-mapping/ami": "sda1", "block-device-mapping/ephemeral0": "sda2",
		"block-device-mapping/ebs1": "sdh", "block-device-mapping/root": "/dev/sda1",
	}
	full := Instance{
		Ancestors: []string{"ami-aaaa0001", "ami-aaaa0002"}, Image: "ami-12345678",
		Kernel: "aki-deadbeef", Ramdisk: "ari-deadbeef", ProductCodes: []string{"PCODE1", "PCODE2"},
		Devices: [][2]string{{"ami", "sda1"}, {"ephemeral0", "sda2"}, {"root", "/dev/sda1"}},
	}
	none := Instance{Missing: []string{"ancestor-ami-ids", "ami-id", "kernel-id", "ramdisk-id", "product-codes", "block-device-mapping"}}
	for name, test := range map[string]struct {
		items  map[string]string
		tokens bool
		want   Instance
	}{
		"version 1": {all, false, full}, "version 2": {all, true, full}, "nothing": {nil, true, none},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(data(test.items, test.tokens))
			defer server.Close()
			got, err := at(server.URL).Instance(t.Context())
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Errorf("got error %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestNoInstance(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for _, url := range []string{gone.URL, other.URL} {
		if _, err := at(url).Instance(t.Context()); !errors.Is(err, ErrNoData) {
			t.Errorf("at %s: got %v, want ErrNoData", url, err)
		}
	}
}

// at is a client of the service at an address.
func at(url string) *Client {
	return New(func(name string) string {
		if name == "AWS_EC2_METADATA_SERVICE_ENDPOINT" {
			return url
		}
		return ""
	}, time.Now)
}
