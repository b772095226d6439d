package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"emikit/bundle/hostiletest"
	"emikit/cmd/cli"
)

// step is a command that makes files, with what it makes.
type step struct {
	name string
	args func(s *sandbox) []string
	made []string // below the sandbox
}

// steps are the commands that make files, each on the good bundle or its image.
func steps() []step {
	return []step{
		{"bundle-image", func(s *sandbox) []string {
			return []string{"bundle-image", "-i", s.path("disk.img"), "-d", s.path("new"), "--part-size", "1k"}
		}, []string{"new/disk.img.manifest.xml", "new/disk.img.part.00", "new/disk.img.part.05"}},
		{"unbundle", func(s *sandbox) []string {
			return []string{"unbundle", "-m", s.path("bundles/disk.img.manifest.xml"), "-d", s.path("new")}
		}, []string{"new/disk.img"}},
		{"download-bundle", func(s *sandbox) []string {
			return []string{"download-bundle", "-b", "bkt", "-p", "disk.img", "-d", s.path("new")}
		}, []string{"new/disk.img.manifest.xml", "new/disk.img.part.00", "new/disk.img.part.02"}},
		{"download-and-unbundle", func(s *sandbox) []string {
			return []string{"download-and-unbundle", "-b", "bkt", "-p", "disk.img", "-d", s.path("new")}
		}, []string{"new/disk.img"}},
	}
}

// goodSandbox has the good bundle and its image.
func goodSandbox(t *testing.T) *sandbox {
	s := newSandbox(t, hostiletest.Good())
	s.write(t, "disk.img", hostiletest.Image())
	s.tree = s.files(t)
	return s
}

// TestInterruptAtEveryStep interrupts at each line of the log, so once at each step
// of the work, where nothing was before and where an earlier result is. Afterwards
// there is what was there before, or all that the command makes.
func TestInterruptAtEveryStep(t *testing.T) {
	for _, step := range steps() {
		for _, earlier := range []bool{false, true} {
			t.Run(step.name+map[bool]string{true: " over another"}[earlier], func(t *testing.T) {
				t.Parallel()
				s := goodSandbox(t)
				if earlier {
					if code, _, stderr := s.run(t, step.args(s)...); code != 0 {
						t.Fatal(stderr)
					}
					s.tree = s.files(t)
				}
				interrupted := 0
				for n := 1; !s.interruptAt(t, n, step, &interrupted); n++ {
					s.reset(t)
				}
				if interrupted < 2 {
					t.Errorf("interrupted at %d steps, want 2 at least", interrupted)
				}
			})
		}
	}
}

// interruptAt runs a command that is interrupted when it has logged n lines. It says
// whether it had ended before.
func (s *sandbox) interruptAt(t *testing.T, n int, step step, interrupted *int) (ended bool) {
	t.Helper()
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	stderr := &lineCounter{at: n, reached: func() { cancel(cli.ErrInterrupted) }}
	code := s.runTo(ctx, new(bytes.Buffer), stderr, append(step.args(s), "--debug")...)
	switch now := s.files(t); code {
	case 0:
		s.expectMade(t, now, step)
	case 130:
		*interrupted++
		if lines := messages(stderr.String()); len(lines) != 1 || lines[0] != "emikit "+step.name+": interrupted" {
			t.Errorf("after %d lines: got %q, want one line that says interrupted", n, lines)
		}
		if !maps.Equal(now, s.tree) {
			t.Errorf("after %d lines: got the files %q, want those that were there: %q", n, slices.Sorted(maps.Keys(now)), slices.Sorted(maps.Keys(s.tree)))
		}
	default:
		t.Errorf("after %d lines: got exit code %d and %s", n, code, stderr.String())
	}
	return !stderr.hit()
}

// expectMade wants all that a command makes, and nothing hidden.
func (s *sandbox) expectMade(t *testing.T, now map[string]string, step step) {
	t.Helper()
	for _, name := range step.made {
		if now[name] == "" {
			t.Errorf("%s: %s is not there", step.name, name)
		}
	}
	for name := range now {
		if strings.Contains(name, "/.") {
			t.Errorf("%s: left %s", step.name, name)
		}
	}
}

// reset puts back what was there.
func (s *sandbox) reset(t *testing.T) {
	t.Helper()
	if _, ok := s.tree["new"]; !ok {
		s.clean(t, "new")
	}
	for name, content := range s.tree {
		if strings.HasPrefix(name, "new/") {
			if err := os.WriteFile(s.path(name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// lineCounter calls a function when it has been given some lines.
type lineCounter struct {
	mu      sync.Mutex
	b       strings.Builder
	at      int
	reached func()
}

func (c *lineCounter) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := bytes.Count(p, []byte("\n"))
	if c.at > 0 && c.at <= lines {
		c.reached()
	}
	c.at -= lines
	return c.b.Write(p)
}

func (c *lineCounter) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.b.String()
}

// hit says whether so many lines came.
func (c *lineCounter) hit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at <= 0
}

// TestInterruptedUpload interrupts the commands that send bundles at each step. There
// is never a manifest without all of its parts, and who bundles straight into the
// bucket deletes the parts again. (One that was on its way may come after that.)
func TestInterruptedUpload(t *testing.T) {
	for _, step := range []step{
		{"upload-bundle", func(s *sandbox) []string {
			return []string{"upload-bundle", "-b", "upload", "-m", s.path("bundles/disk.img.manifest.xml")}
		}, nil},
		{"bundle-and-upload-image", func(s *sandbox) []string {
			return []string{"bundle-and-upload-image", "-b", "upload", "-i", s.path("disk.img"), "--part-size", "1k"}
		}, nil},
	} {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			s := goodSandbox(t)
			if code, _, stderr := s.run(t, step.args(s)...); code != 0 {
				t.Fatal(stderr)
			}
			whole := s.bucket.takeSent()
			for n, ended := 1, false; !ended; n++ {
				interrupted := 0
				ended = s.interruptAt(t, n, step, &interrupted)
				sent, deleted := s.bucket.takeSent(), s.bucket.takeDeleted()
				complete := slices.Equal(sent, whole)
				if !complete && (interrupted == 0 || slices.Contains(sent, "disk.img.manifest.xml")) {
					t.Errorf("after %d lines, interrupted %d times: sent %q of %q", n, interrupted, sent, whole)
				}
				for _, name := range sent {
					if interrupted > 0 && step.name == "bundle-and-upload-image" && !slices.Contains(deleted, name) {
						t.Errorf("after %d lines: %s was not deleted again", n, name)
					}
				}
				if !maps.Equal(s.tree, s.files(t)) {
					t.Errorf("after %d lines: the files have changed", n)
				}
			}
		})
	}
}

// TestTwoRuns runs a command several times at once, over and over. At most one at a
// time does its work; the others are refused, or find it done; what is there in the
// end is whole.
func TestTwoRuns(t *testing.T) {
	for _, step := range steps() {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			s := goodSandbox(t)
			if err := os.Mkdir(s.path("new"), 0o700); err != nil {
				t.Fatal(err)
			}
			var mu sync.Mutex
			var group sync.WaitGroup
			outcomes := map[string]int{}
			for range 4 {
				group.Go(func() {
					for range 5 {
						outcome := s.outcome(t, step)
						mu.Lock()
						outcomes[outcome]++
						mu.Unlock()
					}
				})
			}
			group.Wait()
			t.Logf("%v", outcomes)
			if outcomes["done"] == 0 || outcomes["done"]+outcomes["refused"] != 20 {
				t.Errorf("got the outcomes %v, want done and refused only", outcomes)
			}
			s.expectMade(t, s.files(t), step)
			s.expectWhole(t, step)
		})
	}
}

// outcome runs a command and says in a word how it ended.
func (s *sandbox) outcome(t *testing.T, step step) string {
	code, _, stderr := s.run(t, step.args(s)...)
	switch lines := messages(stderr); {
	case code == 0:
		return "done"
	case code == 1 && len(lines) == 1 && strings.Contains(lines[0], "new/disk.img: another run is writing it"):
		return "refused"
	}
	return stderr
}

// expectWhole compares what a command has made.
func (s *sandbox) expectWhole(t *testing.T, step step) {
	t.Helper()
	if strings.HasSuffix(step.name, "unbundle") {
		if got := s.files(t)["new/disk.img"]; got != string(hostiletest.Image()) {
			t.Errorf("got another image, of %d bytes", len(got))
		}
		return
	}
	code, _, stderr := s.run(t, "unbundle", "-m", s.path("new/disk.img.manifest.xml"), "-d", s.path("images"))
	if code != 0 || s.files(t)["images/disk.img"] != string(hostiletest.Image()) {
		t.Errorf("the bundle is not whole: %s", stderr)
	}
}
