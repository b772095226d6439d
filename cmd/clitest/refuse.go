package clitest

import (
	"net/http/httptest"
	"strings"
	"testing"

	"emikit/cmd/cli"
)

// Mistake is a command line that is refused.
type Mistake struct {
	Args   []string // after the command's name
	Code   int      // the exit code
	Stderr string   // stands in standard error
}

// Refuse runs a native command with each mistake and demands that nothing is
// printed and that the cloud is not asked.
func Refuse(t *testing.T, family Family, command string, mistakes []Mistake) {
	t.Helper()
	asked := &Tape{answers: []answer{{status: 500}}}
	server := httptest.NewServer(asked)
	defer server.Close()
	for _, m := range mistakes {
		got := Run(t, family, cli.Native, environment(server), append([]string{command}, m.Args...)...)
		if got.Code != m.Code || got.Stdout != "" || !strings.Contains(got.Stderr, m.Stderr) {
			t.Errorf("%s %q: got %+v, want code %d and %q", command, m.Args, got, m.Code, m.Stderr)
		}
	}
	if forms := asked.Forms(); len(forms) > 0 {
		t.Errorf("the cloud was asked %v", forms)
	}
}
