package ec2

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// ActionDescribeServiceCertificates is of Eucalyptus 4.2 and later, not of EC2: its
// bootstrap service, which is called Empyrean within it, answers it.
const ActionDescribeServiceCertificates = "DescribeServiceCertificates"

// bootstrapVersion is what euca2ools 3.4 send as that service's version.
const bootstrapVersion = "eucalyptus"

// What a certificate is for and whose it is, of the one that bundles are sealed to.
const (
	UsageImageBundling = "image-bundling"
	ServiceCompute     = "compute"
)

// DescribeServiceCertificatesRequest asks for a cloud's certificates.
type DescribeServiceCertificatesRequest struct {
	Format            string   `query:"Format"`            // pem or der
	FingerprintDigest string   `query:"FingerprintDigest"` // SHA-1 or SHA-256
	Filters           []Filter `query:"Filter"`
}

// DescribeServiceCertificatesResponse lists a cloud's certificates.
type DescribeServiceCertificatesResponse struct {
	ResponseMetadata
	Certificates List[ServiceCertificate] `xml:"serviceCertificates" json:"ServiceCertificates"`
}

// ServiceCertificate is a certificate of one of a cloud's services.
type ServiceCertificate struct {
	Certificate       string `xml:"certificate" json:"Certificate"` // PEM, or base64 of DER
	Format            string `xml:"certificateFormat" json:"CertificateFormat"`
	Fingerprint       string `xml:"certificateFingerprint" json:"CertificateFingerprint"`
	FingerprintDigest string `xml:"certificateFingerprintDigest" json:"CertificateFingerprintDigest"`
	Usage             string `xml:"certificateUsage" json:"CertificateUsage"`
	ServiceType       string `xml:"serviceType" json:"ServiceType"`
}

// DescribeServiceCertificates asks a cloud of Eucalyptus's kind for its certificates. The
// client's endpoint must be that of its bootstrap service.
func (c *Client) DescribeServiceCertificates(ctx context.Context, in *DescribeServiceCertificatesRequest) (*DescribeServiceCertificatesResponse, error) {
	const action = ActionDescribeServiceCertificates
	form := Encode(in)
	form.Set("Action", action)
	form.Set("Version", bootstrapVersion)
	body, err := c.send(ctx, action, form)
	if err != nil {
		return nil, err
	}
	response := new(DescribeServiceCertificatesResponse)
	if err := ParseResponse(action, body, response); err != nil {
		return nil, fmt.Errorf("%s: %w", c.endpoint, err)
	}
	return response, nil
}

// ErrNoBundlingCertificate means that a cloud names no certificate for bundles.
var ErrNoBundlingCertificate = errors.New("the cloud names no certificate for bundles")

// BundlingCertificate asks for the certificate to which bundles for a cloud are sealed,
// as [Client.DescribeServiceCertificates] does, and checks that its fingerprint is the
// one that the cloud tells beside it.
func (c *Client) BundlingCertificate(ctx context.Context) (*x509.Certificate, error) {
	all, err := c.DescribeServiceCertificates(ctx, &DescribeServiceCertificatesRequest{Format: "pem", FingerprintDigest: "SHA-256"})
	if err != nil {
		return nil, err
	}
	for _, found := range all.Certificates {
		if found.Usage != UsageImageBundling || found.ServiceType != ServiceCompute {
			continue
		}
		cert, err := found.parse()
		if err != nil {
			return nil, fmt.Errorf("%s: certificate for bundles: %w", c.endpoint, err)
		}
		return cert, nil
	}
	return nil, fmt.Errorf("%s: %w", c.endpoint, ErrNoBundlingCertificate)
}

func (s ServiceCertificate) parse() (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(s.Certificate))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("not a PEM certificate")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	told := strings.ReplaceAll(s.Fingerprint, ":", "")
	if own := strings.ReplaceAll(Fingerprint(cert), ":", ""); told != "" && s.FingerprintDigest == "SHA-256" && !strings.EqualFold(told, own) {
		return nil, errors.New("its fingerprint is not the one that is told beside it")
	}
	return cert, nil
}

// Fingerprint is the SHA-256 of a certificate, in hexadecimal digits with colons.
func Fingerprint(cert *x509.Certificate) string {
	return strings.ReplaceAll(fmt.Sprintf("% X", sha256.Sum256(cert.Raw)), " ", ":")
}
