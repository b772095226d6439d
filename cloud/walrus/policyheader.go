package walrus

import (
	"io"
	"net/http"
	"strings"

	"emikit/sign"
)

// The headers by which Eucalyptus sends a signed policy with a PUT, as the node does
// that bundles an instance for its user (Eucalyptus 2.0 to 4.4).
const (
	policyHeader          = "S3uploadpolicy"
	policySignatureHeader = "S3uploadpolicysignature"
	policyKeyHeader       = "Awsaccesskeyid"
)

// admitByPolicy finds out who signed the policy in the headers of a request that is
// signed in no other way, and whether the policy allows it. It allows nothing but to
// put bytes: what else the signer may do is not for whoever has the policy.
func (h *handler) admitByPolicy(r *request) error {
	encoded := r.Header.Get(policyHeader)
	switch {
	case encoded == "" && r.Header.Get(policySignatureHeader) == "":
		return nil
	case !r.who.Anonymous():
		return errSignedTwice
	case r.target.kind() != "object" || r.Method != http.MethodPut || subresource(r) != "" || r.Header.Get("X-Amz-Copy-Source") != "":
		return errPolicyForPuts
	}
	fields := map[string]string{
		"policy": encoded, "signature": r.Header.Get(policySignatureHeader), "awsaccesskeyid": r.Header.Get(policyKeyHeader),
	}
	if err := h.identify(r, func(by sign.Verifier) (string, error) {
		return by.Policy(r.Context(), func(name string) string { return fields[name] })
	}); err != nil {
		return err
	}
	if r.who.Anonymous() {
		return errUnsignedPolicy
	}
	policy, err := parsePolicy(encoded)
	if err != nil {
		return err
	}
	r.policy = &policy
	return policy.check(policy.headerFields(r, fields), h.Now())
}

// headerFields adds to fields what a form would have in others. All that is kept with
// the object must be covered but its type, which clients add by themselves.
func (p uploadPolicy) headerFields(r *request, fields map[string]string) map[string]string {
	fields["bucket"], fields["key"] = r.bucket, r.key
	for name := range r.Header {
		lower := strings.ToLower(name)
		asForm := name == "Content-Type" || name == "Content-Md5" || strings.HasPrefix(name, "X-Amz-")
		if strings.HasPrefix(name, metadataPrefix) || asForm && p.mentions(lower) {
			fields[lower] = r.Header.Get(name)
		}
	}
	for _, name := range keptHeaders() {
		if value := r.Header.Get(name); value != "" {
			fields[strings.ToLower(name)] = value
		}
	}
	if acl := r.Header.Get("X-Amz-Acl"); acl != "" {
		fields["acl"] = acl
	}
	return fields
}

// mentions reports whether a condition is about a field.
func (p uploadPolicy) mentions(field string) bool {
	for _, c := range p.conditions {
		if c.field == field {
			return true
		}
	}
	return false
}

// bounded reads a body that has as many bytes as the policy allows.
func (p uploadPolicy) bounded(body io.Reader) io.Reader {
	return &boundedReader{from: body, least: p.least, most: p.most}
}
