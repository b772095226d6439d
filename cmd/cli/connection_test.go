package cli

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"emikit/ec2"
	"emikit/reach"
	"emikit/upload"
)

// TestVerifySSL: verify-ssl = false of the ini files lets both clients talk to a
// server with a certificate of its own.
func TestVerifySSL(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".euca"), 0o700); err != nil {
		t.Fatal(err)
	}
	ini := "[region lab]\nverify-ssl = false\nec2-url = " + server.URL + "\ns3-url = " + server.URL + "\n"
	if err := os.WriteFile(filepath.Join(home, ".euca", "lab.ini"), []byte(ini), 0o600); err != nil {
		t.Fatal(err)
	}
	app := New("test")
	app.Getenv = func(name string) string { return map[string]string{"HOME": home}[name] }
	conn := Connection{Region: "lab", AccessKey: "a", SecretKey: "s"}

	client, err := conn.EC2(app)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.DescribeRegions(t.Context(), &ec2.DescribeRegionsRequest{})
	if refusal, ok := errors.AsType[*ec2.Error](err); !ok || refusal.Status != 404 {
		t.Errorf("EC2: got %v, want the server's 404", err)
	}
	store, _, err := conn.Store(app, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = store.Get(t.Context(), upload.Location{Bucket: "bkt"}, "x")
	if refusal, ok := errors.AsType[*reach.ForeignError](err); !ok || refusal.Status != 404 {
		t.Errorf("S3: got %v, want the server's 404", err)
	}
}
