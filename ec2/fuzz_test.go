package ec2

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"emikit/internal/seeds"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzQueryDecode: what is accepted survives being sent again; where parameters
// are unknown, they are those of the form.
func FuzzQueryDecode(f *testing.F) {
	for _, request := range requestTypes() {
		fill(reflect.ValueOf(request).Elem())
		f.Add(Encode(request).Encode())
	}
	for _, data := range seeds.Files(f, "testdata/euca2ools/*/requests.json", 20) {
		for _, form := range sentForms(f, data) {
			f.Add(form.Encode())
		}
	}
	f.Add("ImageId.1=a&ImageId.2147483647=b&Filter.1.Name=x&UserData=&DryRun=0")
	f.Add("Filter.1.Value.2=b&Filter.1.Value.1=a&Filter.1.Value.1=c&" + strings.Repeat("Filter.", 10) + "x=1")
	f.Add("ImageId.01=a&ImageId.-1=b&ImageId.=c&ImageId=d&.1=e&=f")
	f.Fuzz(func(t *testing.T, query string) {
		form, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		for _, request := range requestTypes() {
			checkDecoded(t, form, request)
		}
	})
}

// sentForms are the forms of the requests that euca2ools sent in a case.
func sentForms(tb testing.TB, data []byte) (forms []url.Values) {
	tb.Helper()
	var sent []struct{ Form map[string]string }
	if err := json.Unmarshal(data, &sent); err != nil || sent == nil { // [] is of a mistake that was not sent
		tb.Fatalf("%d requests, %v in %q", len(sent), err, data)
	}
	for _, request := range sent {
		form := url.Values{}
		for name, value := range request.Form {
			form.Set(name, value)
		}
		forms = append(forms, form)
	}
	return forms
}

func checkDecoded(t *testing.T, form url.Values, request any) {
	t.Helper()
	err := Decode(form, request)
	if unknown, ok := errors.AsType[*UnknownParameterError](err); ok {
		for _, name := range unknown.Names {
			if !sent(form, name) {
				t.Errorf("%T of %v: unknown is %q, which was not sent", request, form, name)
			}
		}
	}
	if err != nil {
		return
	}
	again := reflect.New(reflect.TypeOf(request).Elem()).Interface()
	if err := Decode(Encode(request), again); err != nil {
		t.Fatalf("%T of %v, sent again: %v", request, form, err)
	}
	if diff := cmp.Diff(request, again); diff != "" {
		t.Fatalf("%T of %v, sent again (-first +second):\n%s", request, form, diff)
	}
}

// sent reports whether a form holds a name, which may have been cut to the
// length of an answer, or have lost dots at its beginning.
func sent(form url.Values, name string) bool {
	for s := range form {
		if strings.HasPrefix(strings.TrimLeft(s, "."), strings.TrimLeft(name, ".")) && (len(name) == maxNameLength || len(s)-len(name) < maxNameDepth) {
			return true
		}
	}
	return false
}

// FuzzParseResponse: what is accepted can be written, and reads the same again;
// an error document always gives an error of bounded length.
func FuzzParseResponse(f *testing.F) {
	for _, data := range seeds.Files(f, vectors+"/*/response*.xml", 20) {
		f.Add(data, kindOf(data))
	}
	f.Add([]byte("<Response><Errors><Error><Code>a</Code><Message>b&#10;c</Message></Error></Errors></Response>"), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, kind uint8) {
		if e := ParseError(500, data); e.Code == "" || len(e.Error()) > len(data)+300 {
			t.Errorf("%q: got error %v", data, e)
		}
		response := responseTypes()[int(kind)%len(responseTypes())]
		name := strings.TrimSuffix(reflect.TypeOf(response).Elem().Name(), "Response")
		if ParseResponse(name, data, response) != nil {
			return
		}
		document, err := MarshalResponse(Envelope{Action: name}, "id", response)
		if err != nil {
			t.Fatal(err)
		}
		again := newLike(response)
		if err := ParseResponse(name, document, again); err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		if diff := cmp.Diff(response, again, asWritten()...); diff != "" {
			t.Errorf("read, and read again after writing (-first +second):\n%s", diff)
		}
	})
}

// kindOf finds the response that a document is, by its place in responseTypes.
func kindOf(data []byte) uint8 {
	for i, response := range responseTypes() {
		if ParseResponse(strings.TrimSuffix(reflect.TypeOf(response).Elem().Name(), "Response"), data, response) == nil {
			return uint8(i)
		}
	}
	return 0
}

// asWritten leaves apart what writing changes: the request's id, and lists that
// were absent, which are written empty.
func asWritten() []cmp.Option {
	return []cmp.Option{cmpopts.EquateEmpty(), cmpopts.IgnoreTypes(ResponseMetadata{}, xml.Name{})}
}
