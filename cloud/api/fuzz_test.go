package api

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"emikit/cloud/caller"
	"emikit/cloud/identity"
	"emikit/ec2"
	"emikit/internal/seeds"
	"emikit/sign"
)

// FuzzRequest sends forms to the door, over services that refuse nothing: signed,
// each is answered with a well-formed document, that of its action or an error
// that is the client's; unsigned, and with another's secret, it is refused.
func FuzzRequest(f *testing.F) {
	for _, data := range seeds.Files(f, "../../ec2/testdata/euca2ools/*/requests.json", 20) {
		var sent []struct{ Form map[string]string }
		if err := json.Unmarshal(data, &sent); err != nil || sent == nil {
			f.Fatalf("%d requests, %v in %q", len(sent), err, data)
		}
		if len(sent) == 0 {
			continue // a mistake that was not sent
		}
		form := url.Values{}
		for name, value := range sent[0].Form {
			form.Set(name, value)
		}
		f.Add(form.Encode(), true)
	}
	door := newFuzzDoor()
	for action := range door.table() {
		f.Add("Action="+action+"&Version=2016-11-15", false)
		f.Add("Action="+action+"&ImageId=emi-F4CB118E&InstanceId=i-3F170798&KeyName=k&MinCount=1&MaxCount=2147483647", false)
		f.Add("Operation="+action+"&Filter.1.Name=tag:\x00&Filter.1.Value.1=*&MaxResults=5&NextToken=%ff&DryRun=true", true)
	}
	const rule = "&GroupName=web&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=1&IpPermissions.1.ToPort=65536&IpPermissions.1."
	f.Add("Action=AuthorizeSecurityGroupIngress"+rule+"IpRanges.1.CidrIp=10.1.2.3/8&IpPermissions.1.Groups.7.UserId=1&IpPermissions.1.Groups.7.GroupName=x", true)
	f.Add("Action=RevokeSecurityGroupIngress&GroupId=sg-1&IpProtocol=icmp&FromPort=-1&ToPort=-1&CidrIp=::/0&SourceSecurityGroupName=%00", false)
	f.Add("Action=AssociateAddress&PublicIp=127.8.0.1&InstanceId=i-3F170798&AllowReassociation=false", true)
	f.Fuzz(func(t *testing.T, query string, post bool) {
		form, err := url.ParseQuery(query)
		if err != nil || form.Has("Expires") {
			return
		}
		if status, body := newFuzzDoor().ask(form, post); status < 400 || status >= 500 {
			t.Errorf("%q, not signed: got %d %s", query, status, body)
		}
		method := http.MethodGet
		if post {
			method = http.MethodPost
		}
		wrong := sign.Credentials{AccessKey: adminKeys.AccessKey, SecretKey: guestKeys.SecretKey}
		for _, keys := range []sign.Credentials{wrong, adminKeys} {
			sign.V2Query(method, &url.URL{Host: "h", Path: path}, form, keys, launched)
			status, body := newFuzzDoor().ask(form, post)
			checkAnswer(t, form, status, body)
			if keys == wrong && status < 400 {
				t.Errorf("%q, signed with another's secret: got %d %s", query, status, body)
			}
		}
	})
}

// newFuzzDoor is a door over fakes, which keep nothing from one request to the
// next.
func newFuzzDoor() *handler {
	metadata := func(context.Context, caller.Caller, string, string) ([]byte, error) { return []byte("<&\x00"), nil }
	return New(Config{
		Identity:  &fakeIdentity{pairs: map[string][]identity.KeyPair{}},
		Images:    &fakeImages{all: sampleImages()},
		Instances: &fakeInstances{all: sampleReservations()},
		Network:   &fakeNetwork{}, Nodes: fakeNodes{}, Tags: &fakeTags{}, Metadata: metadata,
		Now: launched.Local,
	}).(*handler)
}

func (h *handler) ask(form url.Values, post bool) (status int, body []byte) {
	r := httptest.NewRequest(http.MethodGet, path+"?"+form.Encode(), nil)
	if post {
		r = httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", formContentType)
	}
	r.Host = "h"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.Bytes()
}

func checkAnswer(t *testing.T, form url.Values, status int, body []byte) {
	t.Helper()
	root, err := wellFormed(body)
	action := ec2.ParseEnvelope(form).Action
	switch {
	case err != nil:
		t.Errorf("%v: got %v in %q", form, err, body)
	case status == http.StatusOK && root != action+"Response":
		t.Errorf("%v: got a document %s", form, root)
	case status != http.StatusOK && (status < 400 || status >= 500 || ec2.ParseError(status, body).Code == ""):
		t.Errorf("%v: got %d %s", form, status, body)
	}
}

// wellFormed reads a document to its end and returns the name of its root.
func wellFormed(document []byte) (root string, err error) {
	for tokens := xml.NewDecoder(bytes.NewReader(document)); ; {
		token, err := tokens.Token()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return root, err
		}
		if start, ok := token.(xml.StartElement); ok && root == "" {
			root = start.Name.Local
		}
	}
}
