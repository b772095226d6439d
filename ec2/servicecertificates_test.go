package ec2

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"emikit/sign"
)

// eucalyptus4 is an answer in the form of Eucalyptus 4, in whose namespace the elements
// have a prefix.
const eucalyptus4 = `<euca:DescribeServiceCertificatesResponse xmlns:euca="http://msgs.eucalyptus.com/eucalyptus">
<euca:_return>true</euca:_return>
<euca:serviceCertificates>
<euca:item><euca:serviceType>euare</euca:serviceType><euca:certificateUsage>login</euca:certificateUsage><euca:certificate>no</euca:certificate></euca:item>
<euca:item>
<euca:serviceType>compute</euca:serviceType><euca:certificateUsage>%s</euca:certificateUsage><euca:certificateFormat>pem</euca:certificateFormat>
<euca:certificateFingerprintDigest>SHA-256</euca:certificateFingerprintDigest><euca:certificateFingerprint>%s</euca:certificateFingerprint>
<euca:certificate>%s</euca:certificate>
</euca:item>
</euca:serviceCertificates></euca:DescribeServiceCertificatesResponse>`

func TestBundlingCertificate(t *testing.T) {
	text, err := os.ReadFile("../manifest/testdata/euca2ools/cloud-cert.pem")
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	cert, err := ServiceCertificate{Certificate: good}.parse()
	if err != nil {
		t.Fatal(err)
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: cert.Raw}))
	for name, test := range map[string]struct{ usage, fingerprint, certificate, want string }{
		"as told":             {UsageImageBundling, Fingerprint(cert), good, ""},
		"fingerprint's form":  {UsageImageBundling, strings.ToLower(strings.ReplaceAll(Fingerprint(cert), ":", "")), good, ""},
		"no fingerprint":      {UsageImageBundling, "", good, ""},
		"another fingerprint": {UsageImageBundling, "00:11", good, "fingerprint"},
		"not a certificate":   {UsageImageBundling, "", "x", "not a PEM certificate"},
		"a key":               {UsageImageBundling, "", key, "not a PEM certificate"},
		"no usage":            {"", "", good, ErrNoBundlingCertificate.Error()},
	} {
		var asked string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			asked = string(body)
			fmt.Fprintf(w, eucalyptus4, test.usage, test.fingerprint, test.certificate)
		}))
		client, err := NewClient(Config{Endpoint: server.URL + "/services/Empyrean", Credentials: sign.Credentials{AccessKey: "A", SecretKey: "s"}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := client.BundlingCertificate(t.Context())
		server.Close()
		if test.want == "" && (err != nil || !got.Equal(cert)) {
			t.Errorf("%s: got %v, %v, want the certificate", name, got, err)
		}
		if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if want := "Action=DescribeServiceCertificates&FingerprintDigest=SHA-256&Format=pem&Version=eucalyptus"; asked != want {
			t.Errorf("%s: asked %s, want what euca2ools ask: %s", name, asked, want)
		}
		if test.usage == "" && !errors.Is(err, ErrNoBundlingCertificate) {
			t.Errorf("%s: got %v, want ErrNoBundlingCertificate", name, err)
		}
	}
}
