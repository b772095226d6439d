package cloud

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/state"
	"emikit/node"
	"emikit/node/mock"
)

func testConfig(dir string) Config {
	return Config{
		Dir: dir, Log: slog.New(slog.DiscardHandler),
		NewNode: func(ctx context.Context, dir string, key *rsa.PrivateKey, cert *x509.Certificate) (Node, error) {
			return node.New(ctx, node.Config{Dir: dir, Hypervisor: mock.New(), Key: key, Certificate: cert})
		},
	}
}

func openCloud(t *testing.T, config Config) *Cloud {
	t.Helper()
	c, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func closeCloud(t *testing.T, c *Cloud) {
	t.Helper()
	if err := c.Close(context.Background()); err != nil {
		t.Errorf("close: %v", err)
	}
}

// secrets are the files that a later start must find and not make anew. eucarc
// is none of them: it holds the ports.
func secrets(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode()&0o077 != 0 {
			t.Errorf("%s: mode %s, want its owner only", path, info.Mode())
		}
		if err == nil && strings.HasSuffix(path, ".pem") {
			var text []byte
			text, err = os.ReadFile(path)
			found[path] = string(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestRestartKeepsKeys(t *testing.T) {
	config := testConfig(filepath.Join(t.TempDir(), "data"))
	first := openCloud(t, config)
	access, err := first.Environment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := secrets(t, config.Dir)
	if len(before) != 9 {
		t.Errorf("the first start made %d keys and certificates, want 9", len(before))
	}
	if _, err := Open(t.Context(), config); !errors.Is(err, state.ErrLocked) {
		t.Errorf("a second cloud beside it: got %v, want %v", err, state.ErrLocked)
	}
	closeCloud(t, first)

	second := openCloud(t, config)
	defer closeCloud(t, second)
	if diff := cmp.Diff(before, secrets(t, config.Dir)); diff != "" {
		t.Errorf("keys after a restart (-before +after):\n%s", diff)
	}
	again, err := second.Environment(t.Context())
	if err != nil || again["EC2_SECRET_KEY"] != access["EC2_SECRET_KEY"] {
		t.Errorf("the admin's secret key is another one after a restart (%v)", err)
	}
}

// A start that fails leaves nothing open that would be in the way of the next.
func TestFailedStartCanBeRepeated(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	config := testConfig(t.TempDir())
	busy := config
	busy.SSLPort = taken.Addr().(*net.TCPAddr).Port
	if _, err := Open(t.Context(), busy); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("on a port that is taken: got %v", err)
	}
	broken := config
	broken.NewNode = func(context.Context, string, *rsa.PrivateKey, *x509.Certificate) (Node, error) {
		return nil, errors.New("no such hypervisor")
	}
	if _, err := Open(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "node1: no such hypervisor") {
		t.Errorf("without a node: got %v", err)
	}
	closeCloud(t, openCloud(t, config))
}

// The endpoint that eucarc gives is one that the cloud answers at, on both
// ports, however it was told where to listen.
func TestEndpoints(t *testing.T) {
	config := testConfig(t.TempDir())
	config.NewNode = nil
	for listen, want := range map[string]string{
		"": "http://127.0.0.1:", "127.0.0.2": "http://127.0.0.2:", "localhost": "http://localhost:",
		"0.0.0.0": "http://", "::1": "http://[::1]:", "[::1]": "http://[::1]:",
	} {
		if strings.Contains(listen, ":") && !haveIPv6() {
			continue
		}
		t.Run(listen, func(t *testing.T) {
			config.Listen = listen
			c := openCloud(t, config)
			ctx, stop := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() { served <- c.Serve(ctx) }()
			if !strings.HasPrefix(c.EC2URL(), want) || strings.Contains(c.EC2URL(), "0.0.0.0") {
				t.Errorf("endpoint %s, want it to begin with %s", c.EC2URL(), want)
			}
			trusted := x509.NewCertPool()
			trusted.AddCert(c.identity.ServerCertificate().Leaf)
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}}
			defer transport.CloseIdleConnections()
			_, port, _ := net.SplitHostPort(c.listeners.secure.Addr().String())
			for _, address := range []string{c.EC2URL(), "https://" + net.JoinHostPort(c.Host(), port) + ec2Path} {
				resp, err := (&http.Client{Transport: transport}).Get(address)
				if err != nil {
					t.Errorf("%s: %v", address, err)
					continue
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusBadRequest { // it is not signed
					t.Errorf("%s: got %s, want 400", address, resp.Status)
				}
			}
			stop()
			if err := <-served; err != nil {
				t.Errorf("serve: %v", err)
			}
			closeCloud(t, c)
		})
	}
}

func haveIPv6() bool {
	l, err := net.Listen("tcp", "[::1]:0")
	return err == nil && l.Close() == nil
}
