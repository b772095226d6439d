package emikit_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// Names in docs/security.md: of tests and scripts of commands, and of what holds a
// limit, as PACKAGE.NAME.
var (
	namedTest   = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	namedScript = regexp.MustCompile("`(\\w+\\.txtar)`")
	namedLimit  = regexp.MustCompile("`([a-z0-9]+)\\.([a-z]*[A-Z]\\w*)`")
)

// TestSecurityDocument holds that what the document names as its evidence is
// there.
func TestSecurityDocument(t *testing.T) {
	text, err := os.ReadFile("docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	code := readCode(t)
	for _, m := range namedTest.FindAllSubmatch(text, -1) {
		if !strings.Contains(code["tests"], "\nfunc "+string(m[1])+"(") {
			t.Errorf("there is no test %s", m[1])
		}
	}
	for _, m := range namedScript.FindAllSubmatch(text, -1) {
		if _, err := os.Stat("cmd/emikit/testdata/script/" + string(m[1])); err != nil {
			t.Error(err)
		}
	}
	limits := namedLimit.FindAllSubmatch(text, -1)
	if len(limits) < 40 {
		t.Errorf("got %d limits, want at least 40", len(limits))
	}
	for _, m := range limits {
		declared := regexp.MustCompile(`(?m)^(\t|const |func )` + string(m[2]) + `\b`)
		if !declared.MatchString(code[string(m[1])]) {
			t.Errorf("package %s declares no %s", m[1], m[2])
		}
	}
}

// readCode returns the text of each package by the last element of its folder, and
// that of all tests as "tests".
func readCode(t *testing.T) map[string]string {
	t.Helper()
	source, code := os.DirFS("."), map[string]string{}
	err := fs.WalkDir(source, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".go") {
			return err
		}
		text, err := fs.ReadFile(source, name)
		if strings.HasSuffix(name, "_test.go") {
			code["tests"] += string(text)
		} else {
			code[path.Base(path.Dir(name))] += string(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return code
}
