package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzINI: values are single lines that say nothing of the file but themselves,
// no option gets lost among sections, and what is plain enough to be written out
// is the same when it is read again. A file that is not understood is never
// shown.
func FuzzINI(f *testing.F) {
	for _, seed := range []string{
		clouds,
		"[region a]\nx: y\n  z\n#c\n;c\n=\n",
		"\xef\xbb\xbf[user x]\nkey-id = `a`\nsecret-key = \"\"\"b\n",
		"[user a]\nkey-id = A ; comment\nsecret-key = s;e#c\\\n[user a]\nKEY-ID=B\n",
		"[region a]\nuser = use b\n[region b]\nuser = use a\n[region *:b:c:d:e:f]\nx = %(y)s\n",
		"[global]\ndefault-region = ${HOME}\n[profile p]\naws_secret_access_key = secret\nnot an option",
		strings.Repeat("[region a:a]\n", 100), "[", "[]", "[region ::]\n", "\x00=\x00", "a\r\nb=c\r", "[user u]\n=" + strings.Repeat("hush", 20), "[secret-key=" + strings.Repeat("hush", 20),
		"\":\"=z", "`a:b` = c",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parseINI(data, "x.ini", len(data)%2 == 0)
		if err != nil {
			checkReason(t, err, data)
			return
		}
		checkValues(t, file)
		checkLookup(t, file)
	})
}

// checkReason holds that an error shows no line of the file: a secret may stand
// there.
func checkReason(t *testing.T, err error, data []byte) {
	t.Helper()
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the reason has more than one line: %q", err)
	}
	for line := range strings.Lines(string(data)) {
		if _, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && len(value) > 40 && strings.Contains(err.Error(), value) {
			t.Errorf("the reason shows a value: %q", err)
		}
	}
}

func checkValues(t *testing.T, file map[string]map[string]Value) {
	t.Helper()
	var plain strings.Builder
	want := map[string]map[string]Value{}
	for _, section := range slices.Sorted(maps.Keys(file)) {
		if !isPlain(section) || len(file[section]) == 0 {
			continue
		}
		fmt.Fprintf(&plain, "[%s]\n", section)
		want[section] = map[string]Value{}
		for name, value := range file[section] {
			if strings.TrimSpace(value.Text) != value.Text || value.From != "x.ini" {
				t.Errorf("[%s] %s = %+v", section, name, value)
			}
			if isPlain(name) && !strings.Contains(name, ":") && isPlain(value.Text) { // a colon ends a name
				fmt.Fprintf(&plain, "%s = %s\n", name, value.Text)
				want[section][name] = value
			}
		}
	}
	again, err := parseINI([]byte(plain.String()), "x.ini", false)
	if err != nil {
		t.Fatalf("%q: %v", plain.String(), err)
	}
	delete(again, "DEFAULT") // which the library always has
	delete(want, "DEFAULT")
	if diff := cmp.Diff(want, again); diff != "" {
		t.Errorf("read, and read again after writing (-first +second):\n%s", diff)
	}
}

// isPlain reports whether a text has no character that means something in a
// file.
func isPlain(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_./:@", r))
	})
}

func checkLookup(t *testing.T, file map[string]map[string]Value) {
	t.Helper()
	all := &iniFiles{global: map[string]Value{}, regions: sections{}, users: sections{}}
	for name, options := range file {
		if all.add(name, options) != nil {
			return
		}
	}
	for region, options := range all.regions {
		for option, want := range options {
			got, err := all.regions.lookup(region, option)
			if err == nil && got != want && !strings.HasPrefix(want.Text, "use") {
				t.Errorf("option %q of %q got lost", option, region)
			}
		}
	}
}

// FuzzCredentialFile: a file of AWSAccessKeyId and AWSSecretKey gives what it
// says, and the same when that is written out.
func FuzzCredentialFile(f *testing.F) {
	for _, seed := range []string{
		"AWSAccessKeyId=AKIA\nAWSSecretKey=s/e+c=\n", "AWSSecretKey = a # b\r\nAWSAccessKeyId\t=\tb", "AWSSecretKey", "#\n=\n\x00", "",
		"AWSAccessKeyId=" + strings.Repeat("a", 70_000),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got := parseCredentialFile(data)
		for _, text := range []string{got.AccessKey, got.SecretKey} {
			if strings.ContainsAny(text, "#\n") || strings.TrimSpace(text) != text || !strings.Contains(string(data), text) {
				t.Errorf("%q: got %q", data, text)
			}
		}
		written := fmt.Sprintf("AWSSecretKey=%s\nAWSAccessKeyId=%s\n", got.SecretKey, got.AccessKey)
		if again := parseCredentialFile([]byte(written)); again != got {
			t.Errorf("%q: got %q %q, but written out again %q %q", data, got.AccessKey, got.SecretKey, again.AccessKey, again.SecretKey)
		}
	})
}
