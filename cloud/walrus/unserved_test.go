package walrus_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"emikit/cloud/walrus"
)

// What is served and what is refused is as the documentation lists it: of every part
// of the protocol, and every header that asks for something that is not kept.
func TestDocumentationListsWhatIsNotServed(t *testing.T) {
	text, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- begin object store -->\n", "<!-- end object store -->\n"
	_, rest, _ := strings.Cut(string(text), begin)
	got, _, ok := strings.Cut(rest, end)
	if want := servedTable(t) + unkeptList(t); !ok || got != want {
		t.Errorf("docs/compatibility.md: got\n%s\nwant between %q and %q\n%s", got, begin, end, want)
	}
}

// servedTable asks for every part of the protocol, of a bucket and of an object.
func servedTable(t *testing.T) string {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	s.must(alice("PUT", "/bucket/key").with("text"))
	var table strings.Builder
	table.WriteString("| query | bucket | object |\n| --- | --- | --- |\n")
	for _, sub := range walrus.Subresources() {
		fmt.Fprintf(&table, "| `?%s` | %s | %s |\n", sub, s.served("/bucket?"+sub), s.served("/bucket/key?"+sub))
	}
	if got := s.must(alice("GET", "/bucket/key")).body; got != "text" {
		t.Errorf("after all the requests: got %q, want text", got)
	}
	return table.String()
}

// served are the methods that something answers to. All others must be refused as
// not implemented.
func (s server) served(path string) string {
	var methods []string
	for _, method := range []string{"GET", "PUT", "POST", "DELETE"} {
		got := s.do(alice(method, path).with("", "x-amz-acl", "private"))
		switch {
		case got.status == 501 && strings.Contains(got.body, "<Code>NotImplemented</Code>"):
		case got.status < 500 && got.status != 405:
			methods = append(methods, method)
		default:
			s.t.Errorf("%s %s: got %d %s", method, path, got.status, got.body)
		}
	}
	if methods == nil {
		return "–"
	}
	return strings.Join(methods, ", ")
}

// unkeptList asks for everything that is not kept, by its header.
func unkeptList(t *testing.T) string {
	s := newServer(t)
	s.must(alice("PUT", "/bucket"))
	upload := s.begin("/bucket/key")
	var list strings.Builder
	for _, one := range []struct {
		what    string
		headers []string
		calls   []call
	}{
		{"PUT of a bucket", walrus.UnkeptWithBuckets(), []call{alice("PUT", "/other")}},
		{"PUT of an object or a part, a form, beginning an upload", walrus.UnkeptWithObjects(), []call{
			alice("PUT", "/bucket/key"), alice("PUT", upload+"&partNumber=1"), alice("POST", "/bucket/key?uploads"),
		}},
		{"PUT of an ACL", []string{"X-Amz-Grant-"}, []call{alice("PUT", "/bucket?acl"), alice("PUT", "/bucket/key?acl")}},
		{"DELETE of an object", []string{"If-Match"}, []call{alice("DELETE", "/bucket/key")}},
	} {
		var names []string
		for _, header := range one.headers {
			name := header
			if strings.HasSuffix(header, "-") {
				name, header = name+"…", header+"Read"
			}
			names = append(names, "`"+strings.ToLower(name)+"`")
			for _, c := range one.calls {
				s.refuses(c.with("", header, "x"), 501, "NotImplemented")
			}
		}
		fmt.Fprintf(&list, "\n- %s: %s", one.what, strings.Join(names, ", "))
	}
	if n := s.files(); n != 0 {
		t.Errorf("got %d files, want none", n)
	}
	return list.String() + "\n"
}

// What would change something is refused when its query is not understood; what only
// reads is answered without it.
func TestUnknownQueriesChangeNothing(t *testing.T) {
	s := newServer(t)
	s.must(alice("PUT", "/bucket?x-id=CreateBucket"))
	s.must(alice("PUT", "/bucket/key?x-id=PutObject&content-type=text/plain&Expires=1&X-Amz-Meta-A=b").with("text"))
	for _, c := range []call{
		alice("PUT", "/bucket/key?future").with("other"), alice("DELETE", "/bucket/key?future="), alice("DELETE", "/bucket?future=1"),
		alice("PUT", "/another?future"), alice("POST", "/bucket/key?uploads&future"), alice("POST", "/bucket?delete&future"),
	} {
		if got := s.refuses(c, 501, "NotImplemented"); !strings.Contains(got.body, "future") {
			t.Errorf("%s %s: got %s, want it named", c.method, c.path, got.body)
		}
	}
	if got := s.must(alice("GET", "/bucket/key?future")).body; got != "text" {
		t.Errorf("got %q, want text", got)
	}
	s.refuses(alice("GET", "/another"), 404, "NoSuchBucket")
}
