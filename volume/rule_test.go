package volume

import "testing"

func TestRules(t *testing.T) {
	for _, test := range []struct {
		pattern string
		path    string
		dir     bool
		want    bool
	}{
		{"/tmp", "tmp", true, true},
		{"/tmp", "var/tmp", true, false},
		{"tmp", "var/tmp", true, true},
		{"tmp/", "var/tmp", true, true},
		{"tmp/", "var/tmp", false, false},
		{"/tmp/*", "tmp/a", false, true},
		{"/tmp/*", "tmp", true, false},
		{"/tmp/*", "tmp/a/b", false, false},
		{"/tmp/**", "tmp/a/b", false, true},
		{"/a/***", "a", true, true},
		{"/a/***", "a/b/c", false, true},
		{"*.pem", "etc/ssl/x.pem", false, true},
		{"*.pem", "etc/x.pem/y", false, false},
		{"*id_rsa*", "home/u/my_id_rsa_file", false, true},
		{"*/.#*", "home/.#lock", false, true},
		{"*/.#*", ".#lock", false, false}, // as rsync has it: there is no slash
		{"*/#*#", "home/u/#draft#", false, true},
		{"*/.ssh/authorized_keys", "home/u/.ssh/authorized_keys", false, true},
		{"*/.ssh/authorized_keys", ".ssh/authorized_keys", false, false},
		{"*~", "x~", false, true},
		{"b/c", "a/b/c", false, true},
		{"b/c", "a/bb/c", false, false},
		{"xb/c", "a/b/c", false, false},
		{"/home/?", "home/u", true, true},
		{"/home/[a-u]x", "home/ux", true, true},
		{"/home/[!a-u]x", "home/ux", true, false},
		{"/home/[]]x", "home/]x", true, true},
		{`/a\*b*`, "a*bc", false, true},
		{`/a\*b*`, "axbc", false, false},
		{`/a\b`, `a\b`, false, true}, // nothing to take the meaning of
		{"/a[b", "a[b", false, true},
		{"/sp ace", "sp ace", false, true},
		{"/new*line", "new\nline", false, true},
		{"/caf\xe9*", "caf\xe9s", false, true}, // not text
		{"/caf\xe9*", "caf\xe8s", false, false},
		{"/?", "\xe9", false, true},
		{"+*", "+x", false, true},
		{"/(a|b)", "a", false, false},
	} {
		all, err := compile([]Rule{{Action: Exclude, Pattern: test.pattern}})
		if err != nil {
			t.Fatalf("%s: %v", test.pattern, err)
		}
		if got := all.of(test.path, test.dir) == Exclude; got != test.want {
			t.Errorf("pattern %q, path %q (directory %v): got %v, want %v", test.pattern, test.path, test.dir, got, test.want)
		}
	}
}

func TestFirstRuleDecides(t *testing.T) {
	all, err := compile([]Rule{
		{Action: Include, Pattern: "/root/keep.pem"},
		{Action: EmptyDir, Pattern: "/mnt/*", Exact: true},
		{Action: Exclude, Pattern: "/tmp"},
		{Action: Filter, Pattern: "*.pem"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]Action{
		"root/keep.pem": Include, "root/other.pem": Filter, "tmp": Exclude, "mnt/*": EmptyDir, "mnt/a": Include, "etc": Include,
	} {
		if got := all.of(path, true); got != want {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}
