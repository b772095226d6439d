package instances

import (
	"os"
	"strings"
	"testing"

	"emikit/cmd/cli"
	"emikit/cmd/clitest"
)

func TestReplay(t *testing.T) {
	clitest.Replay(t, Commands,
		"describe-availability-zones", "describe-availability-zones-verbose",
		"describe-instances", "describe-instances-empty-fields", "describe-instances-none",
		"get-console-output", "get-console-output-none", "get-console-output-raw",
		"run-instances", "run-instances-full", "run-instances-udfile",
		"terminate-instances", "terminate-instances-none",
	)
}

func TestRunRefuses(t *testing.T) {
	tape := clitest.Play(t, clitest.Case(t, "run-instances"))
	t.Chdir(t.TempDir())
	if err := os.WriteFile("ud.txt", make([]byte, maxUserData+1), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		args   []string
		code   int
		stderr string
	}{
		{nil, 2, "accepts 1 arg"},
		{[]string{"emi-1", "-n", "0"}, 2, "instance count must be positive"},
		{[]string{"emi-1", "-n", "x"}, 2, "instance count must be an integer"},
		{[]string{"emi-1", "-n", "1-"}, 2, "instance count must be an integer"},
		{[]string{"emi-1", "-n", "3-1"}, 2, "the least count is above the greatest"},
		{[]string{"emi-1", "-d", "ud.txt"}, 2, "hint: use -f"},
		{[]string{"emi-1", "-d", "a", "-f", "ud.txt"}, 2, "only one of"},
		{[]string{"emi-1", "-f", "ud.txt"}, 1, "longer than 65536 bytes"},
		{[]string{"emi-1", "-f", "none.txt"}, 1, "none.txt: no such file or directory"},
	}
	for _, c := range cases {
		got := clitest.Run(t, Commands, cli.Native, tape.Env, append([]string{"run-instances"}, c.args...)...)
		if got.Code != c.code || got.Stdout != "" || !strings.Contains(got.Stderr, c.stderr) {
			t.Errorf("run-instances %q: got %+v, want code %d and %q", c.args, got, c.code, c.stderr)
		}
	}
	if forms := tape.Forms(); len(forms) > 0 {
		t.Errorf("the cloud was asked %v", forms)
	}
}

func TestCount(t *testing.T) {
	for text, want := range map[string]count{"1": {1, 1}, "2-5": {2, 5}, "20": {20, 20}} {
		var got count
		if err := got.Set(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: got %v (%s), %v, want %v", text, got, got.String(), err, want)
		}
	}
}

func TestVisible(t *testing.T) {
	if got, want := visible("a\t\r\n\x00\x1b\x7f\u009bä"), "a\t\r\n^@^[^??ä"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTables(t *testing.T) {
	for name, want := range map[string]string{
		"describe-instances":          "r-11112222   i-bbbb2222  emi-3C8A1B2D  pending",
		"describe-availability-zones": "two   available",
		"terminate-instances":         "i-bbbb2222  running   shutting-down",
	} {
		tape := clitest.Play(t, clitest.Case(t, name))
		args := []string{name, "--output", "table"}
		if name == "terminate-instances" {
			args = append(args, "i-aaaa1111")
		}
		if got := clitest.Run(t, Commands, cli.Native, tape.Env, args...); !strings.Contains(got.Stdout, want) {
			t.Errorf("%s: got\n%s\nwant %q in it", name, got.Stdout, want)
		}
	}
}

func TestConsoleJSON(t *testing.T) {
	tape := clitest.Play(t, clitest.Case(t, "get-console-output"))
	got := clitest.Run(t, Commands, cli.Native, tape.Env, "get-console-output", "i-aaaa1111", "--output", "json")
	if want := `"Output": "boot\r\n^[[0;32mok^[[0m\ttab^G^@end ?\n"`; !strings.Contains(got.Stdout, want) {
		t.Errorf("got %s, want %s in it", got.Stdout, want)
	}
}
