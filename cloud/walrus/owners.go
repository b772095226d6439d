package walrus

import "net/http"

// expectOwner refuses a request that expects the bucket to belong to another
// account than it does: the name may have been taken over. What makes a bucket
// can expect nothing.
func (h *handler) expectOwner(r *request) error {
	const name = "x-amz-expected-bucket-owner"
	expected := r.Header.Get(name)
	if expected == "" {
		expected = r.query.Get(name) // where presigned URLs have it
	}
	if r.bucket == "" || r.key == "" && r.Method == http.MethodPut && subresource(r) == "" {
		return nil
	}
	return h.ownerIs(r, r.bucket, expected)
}

// ownerIs checks who owns a bucket; an empty account is not checked.
func (h *handler) ownerIs(r *request, bucket, account string) error {
	if account == "" {
		return nil
	}
	return h.Objects.ExpectOwner(r.Context(), r.who, bucket, account)
}
