package sign

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// signedByBotocore is a line that testdata/botocore_sign.py prints.
type signedByBotocore struct {
	Name, Door, Method, URL, Body string
	Headers                       map[string]string
}

func (s signedByBotocore) request(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.NewRequest(s.Method, s.URL, strings.NewReader(s.Body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range s.Headers {
		r.Header.Set(name, value)
	}
	r.RequestURI = r.URL.RequestURI()
	return r
}

// TestBotocore signs with botocore, which shares no code with this package,
// checks that the server side accepts it, and for Version 4 that the client
// side makes the same signature. Without botocore it is skipped.
func TestBotocore(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "python3", "testdata/botocore_sign.py").Output()
	if err != nil {
		exit, _ := errors.AsType[*exec.ExitError](err)
		if exit == nil || bytes.Contains(exit.Stderr, []byte("ModuleNotFoundError")) {
			t.Skipf("python3 with botocore is not installed: %v", err)
		}
		t.Fatalf("%v\n%s", err, exit.Stderr)
	}
	count := 0
	for lines := json.NewDecoder(bytes.NewReader(out)); ; count++ {
		var s signedByBotocore
		if err := lines.Decode(&s); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		t.Run(s.Name, func(t *testing.T) {
			verifyBotocore(t, s)
			signLikeBotocore(t, s)
		})
	}
	if count < 20 {
		t.Errorf("botocore signed %d requests, want 20 or more", count)
	}
}

func verifyBotocore(t *testing.T, s signedByBotocore) {
	t.Helper()
	r := s.request(t)
	now := time.Now()
	if s.Door == "s3" {
		id, err := verifyS3(t.Context(), r, lookupOf(aliceKey), now)
		if err != nil || id.AccessKey != aliceKey.AccessKey {
			t.Errorf("%+v: got %v, %v", s, id, err)
		}
		return
	}
	form, err := url.ParseQuery(s.Body)
	if err != nil {
		t.Fatal(err)
	}
	key, err := verifyQuery(t.Context(), r, form, []byte(s.Body), lookupOf(aliceKey), now)
	if err != nil || key != aliceKey.AccessKey {
		t.Errorf("%+v: got %q, %v", s, key, err)
	}
}

func signLikeBotocore(t *testing.T, s signedByBotocore) {
	t.Helper()
	r := s.request(t)
	want := r.Header.Get("Authorization")
	if !strings.HasPrefix(want, algorithmV4) {
		return
	}
	claim, err := parseAuthorization([]string{want})
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(amzTime, r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	for name := range r.Header {
		if !strings.Contains(want, strings.ToLower(name)) {
			r.Header.Del(name)
		}
	}
	if err := V4(r, aliceKey, claim.scope, HashPayload([]byte(s.Body)), at); err != nil {
		t.Fatal(err)
	}
	if got := r.Header.Get("Authorization"); got != want {
		t.Errorf("%s %s\ngot  %s\nwant %s", s.Method, s.URL, got, want)
	}
}
