package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"
)

// ProgressForm is a form in which progress is shown on standard error. It is a flag
// value.
type ProgressForm string

// The forms of progress. "" is that of the family: [ProgressAuto], but nothing
// where there is no terminal for those tools that never showed any there.
const (
	ProgressAuto  ProgressForm = "auto"  // a bar on a terminal, otherwise lines if it takes long
	ProgressBar   ProgressForm = "bar"   // drawn again and again in one line
	ProgressPlain ProgressForm = "plain" // a line every few seconds
	ProgressJSON  ProgressForm = "json"  // an object in each line, for programs
	ProgressNone  ProgressForm = "none"
)

// String returns the name of the form, as it is given to --progress.
func (f *ProgressForm) String() string { return string(*f) }

// Type names the flag's value in help texts.
func (f *ProgressForm) Type() string { return "FORM" }

// Set takes the value of --progress.
func (f *ProgressForm) Set(value string) error {
	switch v := ProgressForm(value); v {
	case ProgressAuto, ProgressBar, ProgressPlain, ProgressJSON, ProgressNone:
		*f = v
		return nil
	}
	return suggestValue(fmt.Errorf("%q is not one of auto, bar, plain, json, none", value), value,
		string(ProgressAuto), string(ProgressBar), string(ProgressPlain), string(ProgressJSON), string(ProgressNone))
}

// AddProgressFlags gives a command that moves bytes the options by which progress
// is asked for: --progress FORM or, as euca2ools have them, --progress and
// --no-progress. ec2-ami-tools have none.
func (a *App) AddProgressFlags(fl *pflag.FlagSet) {
	switch a.Family {
	case Native:
		a.Progress = ProgressAuto
		fl.Var(&a.Progress, "progress", "show progress as `FORM`: auto, bar, plain, json or none")
	case Euca:
		fl.BoolFunc("progress", "show progress", a.progressSwitch(ProgressAuto, ProgressNone))
		fl.BoolFunc("no-progress", "show no progress", a.progressSwitch(ProgressNone, ProgressAuto))
	}
}

// progressSwitch is an option that can be on or off.
func (a *App) progressSwitch(on, off ProgressForm) func(string) error {
	return func(value string) error {
		if a.Progress = off; value == "true" {
			a.Progress = on
		}
		return nil
	}
}

// plainEvery is the time between two lines about a phase, and before the first.
const plainEvery = 5 * time.Second

// plainDisplay writes a line from time to time.
type plainDisplay struct {
	app   *App
	quiet bool      // says nothing of the end of a phase that was short
	said  time.Time // when the last line was written, or the phase began
	lines int       // of the phase
}

func (d *plainDisplay) begin(s step) { d.said, d.lines = s.at, 0 }

func (d *plainDisplay) advance(s step) {
	if s.at.Sub(d.said) < plainEvery {
		return
	}
	d.said = s.at
	d.lines++
	line := fmt.Sprintf("%s: %d%% (%s of %s), %s/s", s.phase, percent(s.done, s.total), iec(s.done), iec(s.total), iec(s.rate()))
	if left, ok := s.left(); ok {
		line += ", " + left.Round(time.Second).String() + " left"
	}
	d.app.Notef("%s", line)
}

func (d *plainDisplay) end(s step) {
	if d.quiet && d.lines == 0 {
		return
	}
	if s.done < s.total {
		d.app.Notef("%s: ended after %s of %s", s.phase, iec(s.done), iec(s.total))
		return
	}
	d.app.Notef("%s: %s in %s, %s/s", s.phase, iec(s.done), s.elapsed.Round(100*time.Millisecond), iec(s.rate()))
}

func (*plainDisplay) aside() {}

// percent is rounded down: 100 is all.
func percent(done, total int64) int64 {
	return int64(float64(done) / float64(max(total, 1)) * 100)
}

// iec is a number of bytes in the unit that suits it.
func iec(n int64) string {
	const units = "KMGTPE"
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/(1<<10), 0
	for value >= 1<<10 {
		value, unit = value/(1<<10), unit+1
	}
	if value < 10 {
		return fmt.Sprintf("%.1f %ciB", value, units[unit])
	}
	return fmt.Sprintf("%.0f %ciB", value, units[unit])
}

// jsonEvery is the time between two objects about a phase.
const jsonEvery = time.Second

// jsonDisplay writes one object per line: when a phase begins, from time to time,
// and when it ends.
type jsonDisplay struct {
	app  *App
	said time.Time
}

// progressEvent is such an object. rate is in bytes per second.
type progressEvent struct {
	Phase string `json:"phase"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
	Rate  int64  `json:"rate"`
}

func (d *jsonDisplay) begin(s step) { d.write(s) }
func (d *jsonDisplay) end(s step)   { d.write(s) }
func (*jsonDisplay) aside()         {}

func (d *jsonDisplay) advance(s step) {
	if s.at.Sub(d.said) >= jsonEvery {
		d.write(s)
	}
}

func (d *jsonDisplay) write(s step) {
	d.said = s.at
	writeLine(d.app.Stderr, progressEvent{s.phase, s.done, s.total, s.rate()})
}

// noteEvent is a line for people among objects for programs.
type noteEvent struct {
	Note string `json:"note"`
}

// resultEvent is the last object of a run.
type resultEvent struct {
	Result string `json:"result"` // done or failed
	Code   int    `json:"code"`   // the exit code
	Error  string `json:"error,omitempty"`
	Hint   string `json:"hint,omitempty"`
}

// writeLine writes v as a line of JSON.
func writeLine(w io.Writer, v any) {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // it fails where nobody sees it
}
