package sign

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"
)

// neverAsked is the lookup of a request that is refused before anything is
// looked up.
func neverAsked(t *testing.T) Lookup {
	return func(context.Context, string) (string, error) {
		t.Error("the access key was looked up")
		return "", ErrUnknownKey
	}
}

func TestRefuseV2Query(t *testing.T) {
	u, err := url.Parse("http://cloud1:8773/")
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"Action": {"DescribeImages"}}
	V2Query("POST", u, form, aliceKey, noon)
	strict := Verifier{Lookup: neverAsked(t), Now: noon, RefuseV2: true}
	_, err = strict.Query(t.Context(), request(t, "POST", u.String(), ""), form, nil)
	wantCode(t, err, "AuthFailure")

	body := []byte("Action=DescribeImages")
	r := request(t, "POST", u.String(), string(body))
	if err := V4(r, aliceKey, anywhere, HashPayload(body), noon); err != nil {
		t.Fatal(err)
	}
	strict.Lookup = lookupOf(aliceKey)
	if key, err := strict.Query(t.Context(), received(t, r), nil, body); err != nil || key != aliceKey.AccessKey {
		t.Errorf("version 4: got %q, %v", key, err)
	}
}

func TestRefuseV2S3(t *testing.T) {
	header := request(t, "GET", "http://h/bucket/key", "")
	if err := V2S3(header, aliceKey, noon); err != nil {
		t.Fatal(err)
	}
	presigned, err := PresignV2S3("GET", header.URL, aliceKey, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	nonsense := request(t, "GET", "http://h/bucket/key", "", "Authorization", "AWS ")
	for name, r := range map[string]*http.Request{
		"header": header, "presigned": request(t, "GET", presigned.String(), ""), "malformed": nonsense,
	} {
		t.Run(name, func(t *testing.T) {
			strict := Verifier{Lookup: neverAsked(t), Now: noon, RefuseV2: true}
			_, err := strict.S3(t.Context(), received(t, r), "")
			wantCode(t, err, "InvalidRequest")
		})
	}
	strict := Verifier{Lookup: lookupOf(aliceKey), Now: noon, RefuseV2: true}
	v4 := request(t, "GET", "http://h/bucket/key", "")
	if err := V4(v4, aliceKey, Scope{"r", "s3"}, UnsignedPayload, noon); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*http.Request{v4, request(t, "GET", "http://h/bucket/key", "")} {
		if _, err := strict.S3(t.Context(), received(t, r), ""); err != nil {
			t.Errorf("with Authorization %q: got %v", r.Header.Get("Authorization"), err)
		}
	}
}
