package upload

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// regionHeader is where S3 says, besides in the body, in which region a bucket is.
const regionHeader = "X-Amz-Bucket-Region"

// adoptRegion reports whether a refusal was for the region that the request was
// signed for. The one that the store names is then signed for from now on, at the
// same address: only the scope of the signatures changes.
func (s *Store) adoptRegion(ctx context.Context, err error) bool {
	refusal, ok := errors.AsType[*Error](err)
	if !ok || refusal.Code != "AuthorizationHeaderMalformed" || refusal.Region == s.region || !isRegion(refusal.Region) {
		return false
	}
	s.log.DebugContext(ctx, "signing for another region", "configured", s.region, "store", refusal.Region)
	s.signer.region.Store(&refusal.Region)
	return true
}

// isRegion reports whether a word from the network can be a region in a signature's
// scope, where "/" and "," mean something.
func isRegion(s string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return s != "" && len(s) <= 64 && strings.Trim(s, letters) == ""
}

// regionHint is advice on a bucket that is elsewhere.
func regionHint(region string) string {
	if !isRegion(region) {
		return "check the region and the endpoint"
	}
	return fmt.Sprintf("the bucket is in region %s: use that region's endpoint, and AWS_DEFAULT_REGION=%s", region, region)
}

// regionOf is the region that a refusal names.
func regionOf(body string, header http.Header) string {
	if body != "" {
		return body
	}
	return header.Get(regionHeader)
}
