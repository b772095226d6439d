package config

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFileOrder(t *testing.T) {
	o := fixture{files: map[string]string{
		"etc/euca2ools.ini":   "[region r]\nec2-url = http://1/\ns3-url = http://1/\nname = one",
		"etc/conf.d/10.ini":   "[region r]\nec2-url = http://2/",
		".euca/b.ini":         "[region r]\nec2-url = http://4/",
		".euca/a.ini":         "[region r]\nec2-url = http://3/\n[future x]\ny = z",
		".euca/eucarc":        "export EC2_URL=http://not-an-ini/",
		"elsewhere/cloud.ini": "[region r]\nec2-url = http://5/",
	}}.options(t)
	o.Region = "r"
	ec2, err := load(t, o).EC2()
	if err != nil || ec2.URL != "http://4/" || ec2.Region != "one" {
		t.Errorf("got %+v, %v, want the last file's http://4/ in region one", ec2, err)
	}
	env := o.Getenv
	o.Getenv = func(name string) string {
		if name == "EUCA_CONFIG_PATH" {
			return filepath.Join(o.Home, "nosuch.ini") + ":~/elsewhere/*"
		}
		return env(name)
	}
	if ec2, err = load(t, o).EC2(); err != nil || ec2.URL != "http://5/" {
		t.Errorf("with EUCA_CONFIG_PATH: got %+v, %v, want http://5/", ec2, err)
	}
}

func TestLookup(t *testing.T) {
	s := sections{}
	for name, options := range map[string]map[string]string{
		"a:b":     {"x": "exact"},
		"a:*":     {"x": "no", "y": "namespace"},
		"*:b":     {"y": "no", "z": "name"},
		"*":       {"all": "star"},
		"q:only":  {"x": "longer"},
		"p:twice": {"x": "1"}, "r:twice": {"x": "2"},
		"ref":     {"x": "use a:b", "other": "use a:b y", "loop": "use ref loop", "word": "use", "url": "used up"},
		"circle1": {"x": "use circle2"}, "circle2": {"x": "use circle1"},
	} {
		values := map[string]Value{}
		for option, text := range options {
			values[option] = Value{Text: text}
		}
		if err := s.add(name, values); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct{ name, option, want, problem string }{
		{"a:b", "x", "exact", ""},
		{"a:b", "y", "namespace", ""},
		{"a:b", "z", "name", ""},
		{"a:c", "y", "namespace", ""},
		{"any", "all", "star", ""},
		{"only", "x", "longer", ""},
		{"twice", "x", "", "ambiguous"},
		{"ref", "x", "exact", ""},
		{"ref", "other", "namespace", ""},
		{"ref", "word", "use", ""},
		{"ref", "url", "used up", ""},
		{"ref", "loop", "", "circle"},
		{"circle1", "x", "", "circle"},
		{"nosuch", "x", "", ""},
		{strings.Repeat("a:", 40) + "a", "x", "", ""},
	}
	for _, test := range tests {
		got, err := s.lookup(test.name, test.option)
		if got.Text != test.want || (err == nil) != (test.problem == "") ||
			err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s %s: got %q, %v, want %q, %q", test.name, test.option, got.Text, err, test.want, test.problem)
		}
	}
}

func TestMalformedFiles(t *testing.T) {
	for name, text := range map[string]string{
		"no section's end": "[region r",
		"no value":         "[region r]\nec2-url",
		"empty namespace":  "[region a::b]",
		"many namespaces":  "[region a:b:c:d:e:f:g]",
		"user in a region": "[region a@b]",
		"huge":             "[global]\nx = " + strings.Repeat("x", maxFile),
	} {
		t.Run(name, func(t *testing.T) {
			o := fixture{files: map[string]string{".euca/bad.ini": text}}.options(t)
			_, err := Load(o)
			if err == nil || !strings.Contains(err.Error(), "bad.ini") {
				t.Errorf("got %v, want an error that names bad.ini", err)
			}
		})
	}
}

// TestMalformedLine: the error is one line, and does not show what may be a secret.
func TestMalformedLine(t *testing.T) {
	for text, want := range map[string]string{
		"[user u]\nkey-id = A\nsecret-key hush\n": "bad.ini: line 3 is neither [SECTION] nor NAME = VALUE",
		"[region r":                           "bad.ini: line 1: unclosed section",
		"[user u]\nx = y\n[secret = hush":     "bad.ini: line 3: unclosed section",
		"[user u]\n= hush\n":                  "bad.ini: line 2: empty key name",
		"[user u]\nsecret-key = \"\"\"hush\n": "bad.ini: missing closing key quote",
		"[user u]\n`hush":                     "bad.ini: line 2: missing closing key quote",
	} {
		o := fixture{files: map[string]string{".euca/bad.ini": text}}.options(t)
		_, err := Load(o)
		if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func TestWildcards(t *testing.T) {
	want := []string{"a:b", "a:*", "*:b", "*:*"}
	if diff := cmp.Diff(want, wildcards("a:b")); diff != "" {
		t.Error(diff)
	}
}
