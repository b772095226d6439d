package walrus

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
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

// FuzzForm demands that reading a form takes bounded memory, whatever it holds,
// and that what comes through could be in headers.
func FuzzForm(f *testing.F) {
	const field = "--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nup/${filename}\r\n"
	const file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\\b/c\"\r\n\r\nhello\r\n--b--\r\n"
	for _, body := range []string{
		field + file, file + field, field + field + file, field, file[:len(file)-8], "--b--\r\n", "",
		strings.Replace(field, "key", "bucket", 1) + file, strings.Replace(field, "form-data", "attachment", 1) + file,
		strings.Replace(field, "\r\n\r\n", "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41", 1) + file,
		strings.Replace(field, "up/", strings.Repeat("x", maxFields), 1) + file, strings.Repeat(field, 2000),
		strings.Replace(field, "up/", strings.Repeat("${filename}", 1000), 1) + strings.Replace(file, "a\\b/c", strings.Repeat("x", 1024), 1),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readForm(&request{Request: &http.Request{Body: clientBody{io.NopCloser(bytes.NewReader(body))}}}, "b")
		if err != nil {
			var own *fault
			if !errors.As(err, &own) {
				t.Errorf("%q: got error %v, which the client is not told", body, err)
			}
			return
		}
		size := 0
		for name, value := range got.fields {
			if size += len(value); strings.ContainsAny(name+value, "\r\n\x00") {
				t.Errorf("%q: got field %q of %q", body, name, value)
			}
		}
		if size > maxFields/len("${filename}")*maxFileName || got.fields["key"] == "" {
			t.Errorf("%q: got %d bytes of fields, key %q", body, size, got.fields["key"])
		}
		if _, err := io.Copy(io.Discard, got.file); err != nil && err != errMalformedForm {
			t.Errorf("%q: got error %v", body, err)
		}
	})
}
