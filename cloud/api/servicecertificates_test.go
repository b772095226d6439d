package api

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"emikit/ec2"
)

// bundlingCertificate reads a certificate in PEM.
func bundlingCertificate(t *testing.T) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile("../../manifest/testdata/euca2ools/cloud-cert.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// certificates is a client of a cloud that has nothing but a certificate.
func certificates(t *testing.T, cert *x509.Certificate) *ec2.Client {
	t.Helper()
	server := httptest.NewServer(New(Config{Identity: &fakeIdentity{}, CloudCertificate: cert.Raw}))
	t.Cleanup(server.Close)
	client, err := ec2.NewClient(ec2.Config{Endpoint: server.URL + "/services/Empyrean", Credentials: guestKeys})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestServiceCertificates(t *testing.T) {
	cert := bundlingCertificate(t)
	client := certificates(t, cert)
	got, err := client.BundlingCertificate(t.Context())
	if err != nil || !got.Equal(cert) {
		t.Fatalf("BundlingCertificate: got %v, %v, want the cloud's", got, err)
	}
	filter := []ec2.Filter{{Name: "certificate-usage", Values: []string{"server"}}}
	none, err := client.DescribeServiceCertificates(t.Context(), &ec2.DescribeServiceCertificatesRequest{Filters: filter})
	if err != nil || len(none.Certificates) != 0 {
		t.Errorf("other usage: got %v, %v, want none", none, err)
	}
	der, err := client.DescribeServiceCertificates(t.Context(), &ec2.DescribeServiceCertificatesRequest{Format: "DER", FingerprintDigest: "sha-1"})
	if err != nil || len(der.Certificates) != 1 {
		t.Fatalf("DER: got %v, %v, want one", der, err)
	}
	raw, err := base64.StdEncoding.DecodeString(der.Certificates[0].Certificate)
	if err != nil || !bytes.Equal(raw, cert.Raw) {
		t.Errorf("DER: got %d bytes, %v, want the certificate's %d", len(raw), err, len(cert.Raw))
	}
	if got := der.Certificates[0].Fingerprint; strings.Count(got, ":") != 19 || der.Certificates[0].FingerprintDigest != "SHA-1" {
		t.Errorf("fingerprint: got %s %s, want 20 bytes of SHA-1", der.Certificates[0].FingerprintDigest, got)
	}
	for _, bad := range []ec2.DescribeServiceCertificatesRequest{{Format: "p12"}, {FingerprintDigest: "MD5"}, {Filters: []ec2.Filter{{Name: "color"}}}} {
		if _, err := client.DescribeServiceCertificates(t.Context(), &bad); err == nil {
			t.Errorf("%+v: got no error", bad)
		}
	}
}
