package emikit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "emikit"

// arrows is the architecture: for each package, the packages of ours that it
// may import. An entry ending in "/..." stands for everything below it. A package
// that is not listed may not exist.
var arrows = map[string][]string{
	"":                    {},
	"manifest":            {},
	"sign":                {},
	"imagefile":           {},
	"imagefile/probe":     {},
	"imagefile/sample":    {},
	"metadata":            {},
	"config":              {},
	"config/imds":         {"config"},
	"lockfile":            {},
	"bundle":              {"lockfile", "manifest", "bundle/inflate"},
	"bundle/inflate":      {},
	"bundle/hostiletest":  {"bundle", "manifest"},
	"reach":               {},
	"fetch":               {"reach"},
	"dirlock":             {},
	"keypair":             {},
	"upload":              {"lockfile", "manifest", "reach", "sign", "upload/journal"},
	"upload/journal":      {"lockfile", "manifest"},
	"ec2":                 {"reach", "sign"},
	"register":            {"ec2", "manifest"},
	"doctor":              {"config", "ec2", "manifest", "reach", "sign", "upload"},
	"volume":              {"volume/extfs"},
	"volume/extfs":        {},
	"volume/script":       {},
	"publish":             {"bundle", "upload", "register", "ec2", "imagefile", "manifest"},
	"cloud/caller":        {},
	"cloud/state":         {"dirlock"},
	"cloud/identity":      append(services(), "keypair"),
	"cloud/objects":       services(),
	"cloud/images":        services(),
	"cloud/instances":     services(),
	"cloud/network":       services(),
	"cloud/nodes":         services(),
	"cloud/tags":          services(),
	"cloud/api":           doors(),
	"cloud/walrus":        doors(),
	"cloud/web":           doors(),
	"cloud/admin":         {"cloud/identity"},
	"cloud":               {"cloud/...", "bundle", "manifest", "metadata", "node", "node/...", "sign", "ec2"},
	"node":                {"bundle", "dirlock", "manifest", "imagefile/probe", "metadata"},
	"node/mock":           {"node", "imagefile/probe"},
	"node/nodetest":       {"node", "manifest", "bundle"},
	"node/hypervisortest": {"node"},
	"internal/seeds":      {},
	"cmd/cli":             libraries(),
	"cmd/compat":          {"cmd/..."},
	"cmd/bundling":        append(libraries(), "cmd/cli", "config/imds", "volume", "volume/extfs", "volume/script"),
	"cmd/transfer":        append(libraries(), "cmd/cli", "cmd/bundling"),
	"cmd/images":          append(libraries(), "cmd/cli"),
	"cmd/instances":       append(libraries(), "cmd/cli"),
	"cmd/access":          append(libraries(), "cmd/cli"),
	"cmd/uec":             append(libraries(), "cmd/cli", "cmd/bundling", "cmd/transfer"),
	"cmd/service":         append(libraries(), "cmd/cli", "cmd/compat", "cmd/completion", "cloud", "cloud/admin", "node", "node/..."),
	"cmd/config":          append(libraries(), "cmd/cli"),
	"cmd/completion":      append(libraries(), "cmd/cli"),
	"cmd/clitest":         {"cmd/cli"},
	"cmd/emikit":          {"cmd/...", "config", "config/imds"},
}

// services may know the state and the plain types of a node, never HTTP and
// never one another: what a service needs of another it declares.
func services() []string {
	return []string{"cloud/state", "cloud/caller", "bundle", "manifest", "node"}
}

// doors turn a protocol into calls of services.
func doors() []string {
	return []string{"cloud/caller", "cloud/identity", "cloud/objects", "cloud/images",
		"cloud/instances", "cloud/network", "cloud/nodes", "cloud/tags", "ec2", "sign", "metadata", "manifest", "node"}
}

// libraries are what a command may call.
func libraries() []string {
	return []string{"manifest", "sign", "imagefile", "imagefile/probe", "imagefile/sample", "metadata", "config", "config/imds",
		"bundle", "upload", "ec2", "register", "publish", "doctor", "keypair", "fetch"}
}

// banned lists imports that are wrong somewhere for a reason of their own.
var banned = []struct{ below, imports, reason string }{
	{"cloud/identity", "net/http", "a service never knows HTTP"},
	{"cloud/objects", "net/http", "a service never knows HTTP"},
	{"cloud/images", "net/http", "a service never knows HTTP"},
	{"cloud/instances", "net/http", "a service never knows HTTP"},
	{"cloud/network", "net/http", "a service never knows HTTP"},
	{"cloud/nodes", "net/http", "a service never knows HTTP"},
	{"cloud/tags", "net/http", "a service never knows HTTP"},
	{"cloud/api", "database/sql", "a door never reaches past a service into the database"},
	{"cloud/walrus", "database/sql", "a door never reaches past a service into the database"},
	{"", "C", "the shipped binary is static: no cgo"},
	{"", "os/exec", "the product runs no other program, but for the user's own --script of bundle-vol"},
	{"", "math/rand", "keys and ids come from crypto/rand"},
}

type listed struct {
	ImportPath, Doc string
	GoFiles         []string
	Imports         []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Doc,GoFiles,Imports", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		packages = append(packages, p)
	}
}

func TestImportArrows(t *testing.T) {
	for _, p := range listPackages(t) {
		folder := relative(p.ImportPath)
		allowed, known := arrows[folder]
		if !known {
			t.Errorf("%s: not in the layout; add it to arrows with what it may import", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if ours(imp) && !permitted(allowed, relative(imp)) {
				t.Errorf("%s imports %s: allowed are %v", p.ImportPath, imp, allowed)
			}
		}
	}
}

func TestBannedImports(t *testing.T) {
	for _, p := range listPackages(t) {
		folder := relative(p.ImportPath)
		for _, b := range banned {
			if folder == "volume/script" && b.imports == "os/exec" {
				continue // that is what it is for: it runs the program that --script names
			}
			if strings.HasPrefix(folder+"/", b.below) && slices.Contains(p.Imports, b.imports) {
				t.Errorf("%s imports %s: %s", p.ImportPath, b.imports, b.reason)
			}
		}
	}
}

func TestEveryPackageHasAComment(t *testing.T) {
	for _, p := range listPackages(t) {
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s: no package comment; say in doc.go what it is for", p.ImportPath)
		}
	}
}

func ours(imp string) bool { return imp == module || strings.HasPrefix(imp, module+"/") }

func relative(imp string) string {
	return strings.TrimPrefix(strings.TrimPrefix(imp, module), "/")
}

func permitted(allowed []string, folder string) bool {
	for _, a := range allowed {
		below, tree := strings.CutSuffix(a, "...")
		if a == folder || tree && strings.HasPrefix(folder+"/", below) {
			return true
		}
	}
	return false
}
