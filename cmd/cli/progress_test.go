package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// fakeTerminal is standard error, and whether it is a terminal.
type fakeTerminal struct {
	bytes.Buffer
	is bool
}

func (f *fakeTerminal) IsTerminal() bool { return f.is }

// watch runs some seconds of a minute's work of 600 MiB, with a note in between,
// and returns what was shown.
func watch(app *App, out *fakeTerminal, seconds int) string {
	const mib = 1 << 20
	now := time.Unix(1_800_000_000, 0)
	app.Stderr, app.Now = out, func() time.Time { return now }
	if app.Getenv == nil {
		app.Getenv = func(string) string { return "" }
	}
	p := app.NewProgress()
	show := p.Of("bundling")
	for i := range seconds {
		now = now.Add(time.Second)
		show(int64(i+1)*10*mib, 600*mib)
		if i == 7 {
			p.Notef("a note")
		}
	}
	p.End()
	return out.String()
}

// Nothing is drawn on a terminal that knows no way back to the line's beginning.
func TestDumbTerminal(t *testing.T) {
	env := map[string]string{"TERM": "dumb"}
	app := &App{Family: Native, Getenv: func(name string) string { return env[name] }}
	got := watch(app, &fakeTerminal{is: true}, 12)
	if strings.Contains(got, "\x1b") || !strings.Contains(got, "bundling: 10% (60 MiB of 600 MiB)") {
		t.Errorf("got %q, want plain lines", got)
	}
}

func TestProgressForms(t *testing.T) {
	const long = "bundling: 10% (60 MiB of 600 MiB), 12 MiB/s, 45s left\na note\n" +
		"bundling: 18% (110 MiB of 600 MiB), 11 MiB/s, 45s left\nbundling: ended after 120 MiB of 600 MiB\n"
	tests := []struct {
		name     string
		family   Family
		form     ProgressForm
		terminal bool
		seconds  int
		want     string // "bar": is drawn
	}{
		{"a file, for long", Native, ProgressAuto, false, 12, long},
		{"a file, not for long", Native, ProgressAuto, false, 3, ""},
		{"plain, not for long", Native, ProgressPlain, false, 3, "bundling: ended after 30 MiB of 600 MiB\n"},
		{"plain on a terminal", Native, ProgressPlain, true, 12, long},
		{"a terminal", Native, ProgressAuto, true, 12, "bar"},
		{"a bar in a file", Native, ProgressBar, false, 12, "bar"},
		{"none", Native, ProgressNone, true, 12, "a note\n"},
		{"euca2ools in a file", Euca, "", false, 12, "a note\n"},
		{"euca2ools on a terminal", Euca, "", true, 12, "bar"},
		{"euca2ools --progress in a file", Euca, ProgressAuto, false, 12, long},
		{"ec2-ami-tools in a file", EC2, "", false, 12, "a note\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			app := &App{Family: tt.family, Progress: tt.form}
			got := watch(app, &fakeTerminal{is: tt.terminal}, tt.seconds)
			if tt.want == "bar" {
				if !strings.Contains(got, "\rbundling") || !strings.Contains(got, "\x1b[2K\ra note\n") {
					t.Errorf("got %q, want a bar, and the note in a line of its own", got)
				}
			} else if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// All of the work is done: the last line says so.
func TestProgressToTheEnd(t *testing.T) {
	got := watch(&App{Family: Native, Progress: ProgressPlain}, &fakeTerminal{}, 60)
	if !strings.HasSuffix(got, "bundling: 600 MiB in 59s, 10 MiB/s\n") {
		t.Errorf("got %q", got)
	}
}

// With json all of standard error is objects; the last says how it ended.
func TestProgressJSON(t *testing.T) {
	for _, failure := range []error{nil, WithHint(errors.New("disk full"), "make room")} {
		app, out := &App{Family: Native, Progress: ProgressJSON}, &fakeTerminal{}
		watch(app, out, 12)
		code := app.Fail("bundle-image", failure)
		var last map[string]any
		phases := 0
		for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
			last = nil
			if err := json.Unmarshal([]byte(line), &last); err != nil {
				t.Fatalf("got the line %q: %v", line, err)
			}
			if last["phase"] == "bundling" && last["total"] == 600.0*(1<<20) {
				phases++
			}
		}
		if phases != 13 || !strings.Contains(out.String(), `{"note":"a note"}`) {
			t.Errorf("got %d objects of the phase in %q, want 13, and a note", phases, out)
		}
		if failure == nil && (last["result"] != "done" || code != 0) {
			t.Errorf("it ends with %v, %d", last, code)
		}
		if failure != nil && (last["result"] != "failed" || last["error"] != "disk full" || last["hint"] != "make room" || last["code"] != 1.0 || code != 1) {
			t.Errorf("it ends with %v, %d", last, code)
		}
	}
}

func TestProgressFlags(t *testing.T) {
	for _, tt := range []struct {
		family Family
		args   string
		want   ProgressForm
		fails  bool
	}{
		{Native, "", ProgressAuto, false},
		{Native, "--progress json", ProgressJSON, false},
		{Native, "--progress dots", ProgressAuto, true},
		{Native, "--no-progress", ProgressAuto, true},
		{Euca, "", "", false},
		{Euca, "--progress", ProgressAuto, false},
		{Euca, "--no-progress", ProgressNone, false},
		{Euca, "--no-progress --progress", ProgressAuto, false},
		{EC2, "--progress", "", true},
	} {
		app, fl := &App{Family: tt.family}, pflag.NewFlagSet("", pflag.ContinueOnError)
		app.AddProgressFlags(fl)
		err := fl.Parse(strings.Fields(tt.args))
		if app.Progress != tt.want || (err != nil) != tt.fails {
			t.Errorf("%s %q: got %q, %v, want %q, fails: %t", tt.family, tt.args, app.Progress, err, tt.want, tt.fails)
		}
	}
}

// Nothing divides by zero, and nothing is foretold that nobody can know.
func TestStep(t *testing.T) {
	for _, tt := range []struct {
		s    step
		rate int64
		left time.Duration
		ok   bool
	}{
		{step{}, 0, 0, false},
		{step{done: 10, total: 100}, 0, 0, false},
		{step{done: 10, total: 100, elapsed: time.Second}, 10, 9 * time.Second, true},
		{step{done: 1, total: 1 << 60, elapsed: time.Second}, 1, maxLeft, false},
		{step{done: 0, total: 100, elapsed: time.Second}, 0, 0, false},
	} {
		if left, ok := tt.s.left(); tt.s.rate() != tt.rate || left != tt.left || ok != tt.ok {
			t.Errorf("%+v: got %d, %v, %t, want %d, %v, %t", tt.s, tt.s.rate(), left, ok, tt.rate, tt.left, tt.ok)
		}
	}
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 20 << 20: "20 MiB", 3 << 40: "3.0 TiB", 1<<63 - 1: "8.0 EiB"} {
		if got := iec(n); got != want {
			t.Errorf("iec(%d) = %s, want %s", n, got, want)
		}
	}
}
