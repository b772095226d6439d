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
		"run-instances-badgroup", "run-instances-n0", "run-instances-ud-is-file", "run-instances-vpc", "error-503-then-ok",
	)
}

func TestRunRefuses(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("ud.txt", make([]byte, maxUserData+1), 0o600); err != nil {
		t.Fatal(err)
	}
	clitest.Refuse(t, Commands, "run-instances", []clitest.Mistake{
		{Args: nil, Code: 2, Stderr: "missing argument: IMAGE\nhint: see "},
		{Args: []string{"emi-1", "-n", "0"}, Code: 2, Stderr: "instance count must be positive"},
		{Args: []string{"emi-1", "-n", "x"}, Code: 2, Stderr: "instance count must be an integer"},
		{Args: []string{"emi-1", "-n", "1-"}, Code: 2, Stderr: "instance count range must be comprised of integers"},
		{Args: []string{"emi-1", "--tenancy", "big"}, Code: 2, Stderr: "argument --tenancy: invalid choice: 'big' (choose from 'default', 'dedicated')"},
		{Args: []string{"emi-1", "--private-ip-address", "10.0.0.1"}, Code: 2, Stderr: "only with -s/--subnet"},
		{Args: []string{"emi-1", "-a", "x"}, Code: 2, Stderr: "has 1 elements"},
		{Args: []string{"emi-1", "-a", "vol-1:0"}, Code: 2, Stderr: "must be a network interface ID"},
		{Args: []string{"emi-1", "-a", ":0:subnet-1:::default"}, Code: 2, Stderr: "named by their IDs"},
		{Args: []string{"emi-1", "-s", "subnet-1", "--secondary-count", "1", "--secondary-address", "10.0.0.1"}, Code: 2, Stderr: "not allowed with argument --secondary-address"},
		{Args: []string{"emi-1", "-n", "3-1"}, Code: 2, Stderr: "the least count is above the greatest"},
		{Args: []string{"emi-1", "-d", "ud.txt"}, Code: 2, Stderr: "use -f/--user-data-file"},
		{Args: []string{"emi-1", "-d", "a", "-f", "ud.txt"}, Code: 2, Stderr: "only one of"},
		{Args: []string{"emi-1", "-f", "ud.txt"}, Code: 1, Stderr: "longer than 65536 bytes"},
		{Args: []string{"emi-1", "-f", "none.txt"}, Code: 1, Stderr: "none.txt: no such file or directory"},
	})
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		family      cli.Family
		text        string
		least, most int // 0: refused
	}{
		{cli.Native, "1", 1, 1}, {cli.Native, "2-5", 2, 5}, {cli.Native, "5-2", 0, 0}, {cli.Native, "20", 20, 20},
		{cli.Euca, "5-2", 2, 5}, {cli.Euca, "1-2-3", 0, 0}, {cli.Euca, "x-2", 0, 0}, {cli.Euca, "-1", 0, 0},
	} {
		least, most, err := parseCount(&cli.App{Family: c.family}, c.text)
		if least != c.least || most != c.most || (err != nil) != (c.least == 0) {
			t.Errorf("%s of %s: got %d, %d, %v, want %d, %d", c.text, c.family, least, most, err, c.least, c.most)
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
