package api

import (
	"cmp"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"hash"
	"strings"

	"emikit/ec2"
)

// describeServiceCertificates tells the certificate that bundles are sealed to, as the
// bootstrap service of Eucalyptus 4.2 and later does: euca2ools 3.3 and later ask for it
// when they bundle and know of none.
func (h *handler) describeServiceCertificates(_ context.Context, _ call, q *ec2.DescribeServiceCertificatesRequest) (*ec2.DescribeServiceCertificatesResponse, error) {
	row := ec2.ServiceCertificate{Usage: ec2.UsageImageBundling, ServiceType: ec2.ServiceCompute}
	switch row.Format = strings.ToLower(cmp.Or(q.Format, "pem")); row.Format {
	case "pem":
		row.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: h.CloudCertificate}))
	case "der":
		row.Certificate = base64.StdEncoding.EncodeToString(h.CloudCertificate)
	default:
		return nil, fail(codeInvalidParameter, "Invalid value for Format: %.100q", q.Format)
	}
	switch row.FingerprintDigest = strings.ToUpper(cmp.Or(q.FingerprintDigest, "SHA-256")); row.FingerprintDigest {
	case "SHA-256":
		row.Fingerprint = fingerprint(sha256.New(), h.CloudCertificate)
	case "SHA-1":
		row.Fingerprint = fingerprint(sha1.New(), h.CloudCertificate)
	default:
		return nil, fail(codeInvalidParameter, "Invalid value for FingerprintDigest: %.100q", q.FingerprintDigest)
	}
	found, err := filters[ec2.ServiceCertificate]{
		"certificate-usage": one(func(s ec2.ServiceCertificate) string { return s.Usage }),
		"service-type":      one(func(s ec2.ServiceCertificate) string { return s.ServiceType }),
	}.keep([]ec2.ServiceCertificate{row}, q.Filters)
	return &ec2.DescribeServiceCertificatesResponse{Certificates: found}, err
}

// fingerprint is a digest in hexadecimal digits with colons.
func fingerprint(digest hash.Hash, of []byte) string {
	digest.Write(of)
	digits := fmt.Sprintf("% X", digest.Sum(nil))
	return strings.ReplaceAll(digits, " ", ":")
}
