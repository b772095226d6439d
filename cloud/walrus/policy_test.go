package walrus

import (
	"encoding/base64"
	"testing"
	"time"
)

// FuzzUploadPolicy demands that what a policy admits is covered by it: a field
// of a name that no policy can mention is never admitted.
func FuzzUploadPolicy(f *testing.F) {
	for _, policy := range []string{
		`{"expiration": "2099-01-01T00:00:00Z", "conditions": [{"bucket": "b"}, ["starts-with", "$key", ""], ["eq", "$acl", "private"]]}`,
		`{"expiration": "2099-01-01T00:00:00Z", "conditions": [{"bucket": "b", "key": "k"}, ["content-length-range", 1, "2"]]}`,
		`{"expiration": "2006-01-01T00:00:00Z", "conditions": []}`,
		`{"conditions": [["content-length-range", -1, 1e300]]}`,
		`{"expiration": 1, "conditions": {}}`, `[[[[`, ``, `{"expiration": "x"} {}`,
	} {
		f.Add([]byte(policy))
	}
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, policy []byte) {
		p, err := parsePolicy(base64.StdEncoding.EncodeToString(policy))
		if err != nil {
			return
		}
		fields := map[string]string{"bucket": "b", "key": "k", "acl": "private"}
		if err := p.check(fields, now); err == nil && (len(p.conditions) < len(fields) || now.After(p.expiration)) {
			t.Errorf("%q admits %v", policy, fields)
		}
		fields["\x00"] = ""
		for _, c := range p.conditions {
			if c.field == "\x00" {
				return
			}
		}
		if err := p.check(fields, now); err == nil {
			t.Errorf("%q admits a field that it does not mention", policy)
		}
		if p.least < 0 {
			t.Errorf("%q: got a least size of %d", policy, p.least)
		}
	})
}
