package main

import (
	"slices"
	"strings"
	"testing"

	"emikit/bundle/hostiletest"
)

// TestHostileVerifyAndInspect: verify refuses what unbundle refuses, for the same
// reason, inspect shows what can be read, and neither of them writes anything or shows a
// key.
func TestHostileVerifyAndInspect(t *testing.T) {
	for _, v := range hostiletest.Vectors() {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			b := v.Bundle()
			s := newSandbox(t, b)
			readable := isReadable(b)
			local := []string{"verify", "-m", s.path("bundles/disk.img.manifest.xml"), "--any-signature"}
			inBucket := []string{"verify", "-b", "bkt", "-p", "disk.img"} // by the certificate of the environment
			with := []string{"-k", s.path("keys/user-pk.pem"), "--progress", "none"}
			s.verify(t, v.Err, v.Says, readable, slices.Concat(local, with, []string{"--deep", "--debug"}))
			err, says := v.Err, v.Says
			if err == nil && v.Signature != nil {
				err, says = v.Signature, v.Signature.Error()
			}
			s.verify(t, err, says, readable, slices.Concat(inBucket, with, []string{"--deep", "--output", "json"}))
			if err == nil {
				s.verify(t, nil, "", readable, append(local, with...))
				s.verify(t, nil, "", readable, append(inBucket, with...))
			}
			s.inspect(t, readable)
		})
	}
}

// verify runs a command line that must fail with err, and say so, or succeed if that is
// nil.
func (s *sandbox) verify(t *testing.T, err error, says string, readable bool, args []string) {
	t.Helper()
	code, stdout, stderr := s.run(t, args...)
	switch lines := messages(stderr); {
	case !readable:
		s.expectUnread(t, args, code, stdout, stderr, says)
	case err != nil && (code != 1 || !strings.Contains(stdout, "failed") || len(lines) != 1 || !strings.Contains(unquoted(stdout), says)):
		t.Errorf("%q: got exit code %d, %q and %q, want 1 and a check that fails with %q", args, code, stdout, stderr, says)
	case err == nil && (code != 0 || len(lines) != 0 || strings.Contains(stdout, "failed\t")):
		t.Errorf("%q: got exit code %d, %q and %q, want 0 and none that fails", args, code, stdout, stderr)
	}
	s.expectTree(t, "verify", nil)
}

// unquoted undoes what JSON does to quotes.
func unquoted(text string) string { return strings.ReplaceAll(text, `\"`, `"`) }

// expectUnread wants one line about a manifest that cannot be read.
func (s *sandbox) expectUnread(t *testing.T, args []string, code int, stdout, stderr, says string) {
	t.Helper()
	if strings.Contains(says, "too large") {
		says = "disk.img.manifest.xml" // the object store has words of its own
	}
	if lines := messages(stderr); code != 1 || stdout != "" || len(lines) != 1 || !strings.Contains(lines[0], says) {
		t.Errorf("%q: got exit code %d, %q and %q, want 1, nothing and a line with %q", args, code, stdout, stderr, says)
	}
}

// inspect shows what the bundle's name is, for people and for programs.
func (s *sandbox) inspect(t *testing.T, readable bool) {
	t.Helper()
	for _, form := range []string{"table", "json"} {
		args := []string{"inspect", s.path("bundles/disk.img.manifest.xml"), "-k", s.path("keys/user-pk.pem"), "--output", form, "--parts"}
		code, stdout, stderr := s.run(t, args...)
		switch {
		case !readable:
			s.expectUnread(t, args, code, stdout, stderr, "disk.img.manifest.xml: ")
		case code != 0 || stderr != "" || !strings.Contains(stdout, s.bundle.Fields.Parts[0].Digest.String()):
			t.Errorf("%s: got exit code %d, %q and %q, want the manifest", form, code, stdout, stderr)
		}
	}
	s.expectTree(t, "inspect", nil)
}
