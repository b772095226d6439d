package metadata

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// example is the instance of the walk-through of Eucalyptus 1.4.
func example() Instance {
	return Instance{
		ID:            "i-2ECA052C",
		ImageID:       "emi-7C83135D",
		KernelID:      "eki-90591388",
		RamdiskID:     "eri-98FE2101",
		ReservationID: "r-412F078F",
		Type:          "m1.small",
		ManifestPath:  "http://cloud1.example.org:8773/services/Walrus/ubuntu804-bucket/ubuntu.8-04.img.manifest.xml",
		Zone:          "my_cluster",
		KeyName:       "admin_key",
		PublicKey:     "ssh-rsa AAAAB3Nz admin@eucalyptus",
		PrivateIP:     netip.MustParseAddr("10.0.2.3"),
		PublicIP:      netip.MustParseAddr("192.168.1.3"),
		Groups:        []string{"default", "web"},
		MAC:           "d0:0d:2E:CA:05:2C",
		UserData:      []byte("#!/bin/sh\n\x00\xff"),
	}
}

func TestGet(t *testing.T) {
	tests := []struct{ path, want string }{
		{"/", "1.0\n2007-01-19\n2007-03-01\n2007-08-29\n2007-10-10\n2007-12-15\n2008-02-01\n2008-09-01\n2009-04-04\nlatest"},
		{"", "1.0\n2007-01-19\n2007-03-01\n2007-08-29\n2007-10-10\n2007-12-15\n2008-02-01\n2008-09-01\n2009-04-04\nlatest"},
		{"/latest", "meta-data\nuser-data"},
		{"/latest/user-data", "#!/bin/sh\n\x00\xff"},
		{"/latest/meta-data/ami-id", "emi-7C83135D"},
		{"/latest/meta-data/ami-launch-index", "0"},
		{"/latest/meta-data/ami-manifest-path", example().ManifestPath},
		{"/latest/meta-data/ancestor-ami-ids", "none"},
		{"/latest/meta-data/block-device-mapping", "emi\nephemeral0\nroot\nswap"},
		{"/latest/meta-data/block-device-mapping/ami", "sda1"},
		{"/latest/meta-data/block-device-mapping/emi", "sda1"},
		{"/latest/meta-data/block-device-mapping/ephemeral0", "sda2"},
		{"/latest/meta-data/block-device-mapping/root", "/dev/sda1"},
		{"/latest/meta-data/block-device-mapping/swap", "sda3"},
		{"/latest/meta-data/hostname", "192.168.1.3"},
		{"/latest/meta-data/instance-id", "i-2ECA052C"},
		{"/latest/meta-data/instance-type", "m1.small"},
		{"/latest/meta-data/kernel-id", "eki-90591388"},
		{"/latest/meta-data/local-hostname", "10.0.2.3"},
		{"/latest/meta-data/local-ipv4", "10.0.2.3"},
		{"/latest/meta-data/mac", "d0:0d:2E:CA:05:2C"},
		{"/latest/meta-data/placement", "availability-zone"},
		{"/latest/meta-data/placement/availability-zone", "my_cluster"},
		{"/latest/meta-data/product-codes", ""},
		{"/latest/meta-data/public-hostname", "192.168.1.3"},
		{"/latest/meta-data/public-ipv4", "192.168.1.3"},
		{"/latest/meta-data/public-keys", "0=admin_key"},
		{"/latest/meta-data/public-keys/0", "openssh-key"},
		{"/latest/meta-data/public-keys/0/openssh-key", "ssh-rsa AAAAB3Nz admin@eucalyptus"},
		{"/latest/meta-data/ramdisk-id", "eri-98FE2101"},
		{"/latest/meta-data/reservation-id", "r-412F078F"},
		{"/latest/meta-data/security-groups", "default\nweb"},
		{"/1.0/meta-data/instance-id", "i-2ECA052C"},
		{"/2009-04-04/meta-data/instance-id", "i-2ECA052C"},
		{"/2099-12-31/meta-data/instance-id", "i-2ECA052C"},
	}
	for _, tt := range tests {
		for _, path := range []string{tt.path, tt.path + "/"} {
			got, ok := Get(example(), path)
			if !ok || string(got) != tt.want {
				t.Errorf("Get(%q) = %q, %t, want %q", path, got, ok, tt.want)
			}
		}
	}
}

// TestKeys holds the listing against the nineteen names of Eucalyptus 1.4.
func TestKeys(t *testing.T) {
	want := strings.Fields(`ami-id ami-launch-index ami-manifest-path ancestor-ami-ids
		block-device-mapping hostname instance-id instance-type kernel-id
		local-hostname local-ipv4 mac placement/ product-codes public-hostname
		public-ipv4 public-keys/ ramdisk-id reservation-id security-groups`)
	for _, in := range []Instance{example(), {}} {
		got, ok := Get(in, "/latest/meta-data/")
		if !ok || !slices.Equal(strings.Split(string(got), "\n"), want) {
			t.Errorf("listing = %q, %t, want %q", got, ok, want)
		}
		for _, name := range want {
			if _, ok := Get(in, "/latest/meta-data/"+name); !ok {
				t.Errorf("%s is listed but not found", name)
			}
		}
	}
}

func TestGetNotFound(t *testing.T) {
	for _, path := range []string{
		"/latest/nosuch", "/latest/meta-data/nosuch", "/latest/meta-data/ami-id/x",
		"/latest/user-data/x", "/latest/meta-data/public-keys/1", "/latest/meta-data/placement/x",
		"/meta-data/ami-id", "/2009-4-04/meta-data", "/20090404/", "/20a9-04-04/", "/2009-04-04x/",
		"//latest/meta-data", "/latest//meta-data", "/latest/meta-data//", "/latest/meta-data/public-keys/0=admin_key",
		"/services/Eucalyptus", "/latest/../latest/meta-data",
	} {
		if got, ok := Get(example(), path); ok {
			t.Errorf("Get(%q) = %q, want nothing", path, got)
		}
	}
}

func TestGetOfBareInstance(t *testing.T) {
	bare := Instance{ID: "i-1", PrivateIP: netip.MustParseAddr("10.0.2.4"), Ancestors: []string{"emi-1", "emi-2"}}
	tests := []struct{ path, want string }{
		{"/latest/", "meta-data"},
		{"/latest/meta-data/public-keys/", ""},
		{"/latest/meta-data/ramdisk-id", ""},
		{"/latest/meta-data/public-ipv4", "10.0.2.4"},
		{"/latest/meta-data/ancestor-ami-ids", "emi-1\nemi-2"},
	}
	for _, tt := range tests {
		if got, ok := Get(bare, tt.path); !ok || string(got) != tt.want {
			t.Errorf("Get(%q) = %q, %t, want %q", tt.path, got, ok, tt.want)
		}
	}
	for _, path := range []string{"/latest/user-data", "/latest/meta-data/public-keys/0"} {
		if got, ok := Get(bare, path); ok {
			t.Errorf("Get(%q) = %q, want nothing", path, got)
		}
	}
}

// sources answers for some addresses, and fails for 10.0.2.99.
type sources map[netip.Addr]Instance

func (s sources) ByAddress(_ context.Context, addr netip.Addr) (Instance, error) {
	if addr == netip.MustParseAddr("10.0.2.99") {
		return Instance{}, errors.New("secret trouble")
	}
	if in, ok := s[addr]; ok {
		return in, nil
	}
	return Instance{}, ErrNotFound
}

func TestHandler(t *testing.T) {
	h := NewHandler(sources{example().PrivateIP: example()})
	tests := []struct {
		name, method, from, path string
		status                   int
		body                     string
	}{
		{"value", "GET", "10.0.2.3:4000", "/latest/meta-data/ami-id", 200, "emi-7C83135D"},
		{"mapped address", "GET", "[::ffff:10.0.2.3]:4000", "/latest/meta-data/ami-id", 200, "emi-7C83135D"},
		{"user data", "GET", "10.0.2.3:4000", "/latest/user-data", 200, "#!/bin/sh\n\x00\xff"},
		{"unknown key", "GET", "10.0.2.3:4000", "/latest/meta-data/nosuch", 404, "not found"},
		{"unknown caller", "GET", "10.0.2.4:4000", "/latest/meta-data/ami-id", 404, "no instance has this address"},
		{"no address", "GET", "@", "/latest/meta-data/ami-id", 404, "no instance has this address"},
		{"trouble", "GET", "10.0.2.99:4000", "/latest/meta-data/ami-id", 500, "metadata are not available"},
		{"post", "POST", "10.0.2.3:4000", "/latest/meta-data/ami-id", 405, "method not allowed"},
		{"token", "PUT", "10.0.2.3:4000", "/latest/api/token", 405, "method not allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			r.RemoteAddr = tt.from
			for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded"} {
				r.Header.Set(name, "10.0.2.3") // must change nothing
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, tt.status, tt.body)
			}
			if got := w.Header().Get("Content-Type"); got != "text/plain" {
				t.Errorf("Content-Type = %q, want text/plain", got)
			}
		})
	}
}

func TestHandlerHead(t *testing.T) {
	in := example()
	srv := httptest.NewServer(NewHandler(sources{netip.MustParseAddr("127.0.0.1"): in}))
	defer srv.Close()
	resp, err := http.Head(srv.URL + "/latest/user-data")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || len(body) != 0 || resp.StatusCode != 200 || resp.ContentLength != int64(len(in.UserData)) {
		t.Errorf("HEAD = %d, length %d, body %q, %v, want 200, %d, none",
			resp.StatusCode, resp.ContentLength, body, err, len(in.UserData))
	}
}
