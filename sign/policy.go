package sign

import (
	"context"
	"encoding/hex"
	"net/http"
	"time"
)

// maxPolicyAge is how long a Version 4 signature of a policy can be valid
// whatever the policy says: as long as its signing key.
const maxPolicyAge = 7 * 24 * time.Hour

// Policy checks who signed the policy of an upload by an HTML form, which a
// browser sends to S3: with Version 2 or 4, in fields of the form. field returns
// the value of the field with a name in lower case, and "" for one that is not
// there. Without a signature the form is nobody's, and the access key is empty.
//
// Only the policy, the field of that name as it was received, is signed. What
// it says of the other fields, and when it expires, is for the caller to check.
func (by Verifier) Policy(ctx context.Context, field func(name string) string) (accessKey string, err error) {
	v := examination{rules: s3Rules(), Verifier: by}
	four := field("x-amz-signature") + field("x-amz-credential") + field("x-amz-algorithm")
	two := field("signature") + field("awsaccesskeyid")
	switch {
	case four != "" && two != "":
		return "", v.twice
	case two != "" && v.RefuseV2:
		return "", v.version2
	case four+two != "" && field("policy") == "":
		return "", refuse(http.StatusBadRequest, "InvalidArgument", "Bucket POST must contain a field named 'policy'.")
	case four != "":
		return v.policyV4(ctx, field)
	case two != "":
		return v.policyV2(ctx, field)
	}
	return "", nil
}

func (v examination) policyV2(ctx context.Context, field func(string) string) (string, error) {
	accessKey := field("awsaccesskeyid")
	if accessKey == "" || field("signature") == "" {
		return "", refuse(http.StatusBadRequest, "InvalidArgument", "Bucket POST must contain the fields 'AWSAccessKeyId' and 'signature'.")
	}
	secret, err := v.secret(ctx, accessKey)
	if err != nil {
		return "", err
	}
	if !matches(decodeSignature(field("signature")), [][]byte{hmacSHA1(secret, field("policy"))}) {
		return "", v.mismatch
	}
	return accessKey, nil
}

func (v examination) policyV4(ctx context.Context, field func(string) string) (string, error) {
	var c claimV4
	if field("x-amz-algorithm") != algorithmV4 {
		return "", refuse(http.StatusBadRequest, "InvalidArgument", "X-Amz-Algorithm must be "+algorithmV4)
	}
	made, err := time.Parse(amzTime, field("x-amz-date"))
	if err != nil {
		return "", refuse(http.StatusBadRequest, "InvalidArgument", "X-Amz-Date must be in the form YYYYMMDD'T'HHMMSS'Z'")
	}
	if err := c.setCredential(field("x-amz-credential")); err != nil {
		return "", refuse(http.StatusBadRequest, "InvalidArgument", "X-Amz-Credential: "+err.Error())
	}
	signature, err := hex.DecodeString(field("x-amz-signature"))
	switch {
	case err != nil:
		return "", refuse(http.StatusBadRequest, "InvalidArgument", "X-Amz-Signature must be hexadecimal")
	case c.day != made.Format(amzDate):
		return "", refuse(http.StatusBadRequest, "InvalidArgument", "X-Amz-Credential has another date than X-Amz-Date")
	case made.Sub(v.Now) > v.skew:
		return "", v.skewed
	case v.Now.Sub(made) > maxPolicyAge:
		return "", v.expired
	}
	secret, err := v.secret(ctx, c.accessKey)
	if err != nil {
		return "", err
	}
	if !matches(signature, [][]byte{hmacSHA256(c.scope.key(secret, made), field("policy"))}) {
		return "", v.mismatch
	}
	return c.accessKey, nil
}
