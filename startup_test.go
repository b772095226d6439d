package emikit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestNothingCompiledAtStart: every run of the program pays for what its packages do
// before main, whichever command it is. Regular expressions are the dearest of it;
// they are compiled where they are used, or done without.
func TestNothingCompiledAtStart(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		seen++
		for _, at := range compiledAtStart(file) {
			t.Errorf("%s: a regular expression is compiled when the program starts", files.Position(at))
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Fatalf("read %d files: %v", seen, err)
	}
}

// compiledAtStart finds the calls of package regexp in the initial values of
// package-level variables. What a function does that is only stored there is not done
// at start.
func compiledAtStart(file *ast.File) (calls []token.Pos) {
	for _, decl := range file.Decls {
		variables, ok := decl.(*ast.GenDecl)
		if !ok || variables.Tok != token.VAR {
			continue
		}
		ast.Inspect(variables, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if ok && isRegexp(call.Fun) {
				calls = append(calls, call.Pos())
			}
			_, function := n.(*ast.FuncLit)
			return !function
		})
	}
	return calls
}

func isRegexp(function ast.Expr) bool {
	selector, ok := function.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	name, ok := selector.X.(*ast.Ident)
	return ok && name.Name == "regexp"
}

func TestCompiledAtStart(t *testing.T) {
	for source, want := range map[string]int{
		`var x = regexp.MustCompile("a")`:                                       1,
		`var x = map[string]*regexp.Regexp{"": regexp.MustCompile("")}`:         1,
		`var (a = 1; b, c = regexp.Compile("b"))`:                               1,
		`var x = sync.OnceValue(func() any { return regexp.MustCompile("a") })`: 0,
		`func f() { var x = regexp.MustCompile("a"); _ = x }`:                   0,
		`var x *regexp.Regexp`:                                                  0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\n"+source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(compiledAtStart(file)); got != want {
			t.Errorf("%s: got %d, want %d", source, got, want)
		}
	}
}
