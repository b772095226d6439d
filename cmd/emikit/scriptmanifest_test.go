package main

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"emikit/manifest"
)

// manifestCommands are the commands of the scripts that have to do with manifests
// that emikit does not write.
func manifestCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"vectors":     cmdVectors,
		"oldmanifest": cmdOldManifest,
		"fill":        cmdFill,
		"bundlingkey": cmdBundlingKey,
	}
}

// cmdVectors copies what ec2-ami-tools made: bundles into the directory vectors, and
// manifests with their keys into the directory manifests.
func cmdVectors(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 0, false, "vectors")
	ts.Check(os.CopyFS(ts.MkAbs("vectors"), os.DirFS("../../bundle/testdata/vectors/ec2-ami-tools/bundles")))
	ts.Check(os.CopyFS(ts.MkAbs("manifests"), os.DirFS("../../manifest/testdata/ec2-ami-tools")))
}

// cmdOldManifest writes a manifest as an older version, and signs it with the key
// of the environment.
func cmdOldManifest(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 3, false, "oldmanifest VERSION FILE NEWFILE")
	version, text := args[0], ts.ReadFile(args[1])
	arch := cutOut(ts, text, "architecture")
	image := strings.Replace(cutOut(ts, text, "image"), cutOut(ts, text, "type"), "", 1)
	configuration := "<machine_configuration>" + arch + "</machine_configuration>"
	if version == "3" {
		configuration = ""
	}
	key, err := manifest.LoadPrivateKey(ts.Getenv("EC2_PRIVATE_KEY"))
	ts.Check(err)
	sum := sha1.Sum([]byte(configuration + image))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA1, sum[:])
	ts.Check(err)
	old := fmt.Sprintf("<?xml version='1.0'?><manifest><version>%s</version>%s%s%s<signature>%x</signature></manifest>",
		version, cutOut(ts, text, "bundler"), configuration, image, signature)
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(old), 0o600))
}

// cutOut returns the first element called name.
func cutOut(ts *testscript.TestScript, text, name string) string {
	found := regexp.MustCompile("(?s)<" + name + ">.*?</" + name + ">").FindString(text)
	if found == "" {
		ts.Fatalf("no <%s> in %.100s", name, text)
	}
	return found
}

// cmdFill puts spaces before a manifest's signature, where they change nothing, until
// the file has so many bytes.
func cmdFill(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 2, false, "fill FILE BYTES")
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	change(ts, args[0], func(data []byte) []byte {
		space := bytes.Repeat([]byte(" "), size-len(data))
		return bytes.Replace(data, []byte("<signature>"), append(space, "<signature>"...), 1)
	})
}

// cmdBundlingKey sets ENC_KEY and ENC_IV to what is sealed in a manifest.
func cmdBundlingKey(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, args, 1, false, "bundlingkey MANIFEST")
	m, err := manifest.Load(ts.MkAbs(args[0]))
	ts.Check(err)
	private, err := manifest.LoadPrivateKey(ts.Getenv("EC2_PRIVATE_KEY"))
	ts.Check(err)
	key, err := m.OpenKey(private)
	ts.Check(err)
	ts.Setenv("ENC_KEY", fmt.Sprintf("%x", key.Key[:]))
	ts.Setenv("ENC_IV", fmt.Sprintf("%x", key.IV[:]))
}
