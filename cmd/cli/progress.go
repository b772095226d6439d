package cli

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress shows on standard error how far bytes have come, in the form that was
// asked for. It is used by one goroutine at a time.
//
// Work has phases, one after the other, of each of which the number of bytes is
// known: [Progress.Begin] begins one, [Progress.Add] or the function of
// [Progress.Of] counts, [Progress.End] ends it.
type Progress struct {
	app  *App
	show display
	now  func() time.Time

	phase       string // "": between phases
	began       time.Time
	done, total int64 // bytes
}

// NewProgress shows nothing yet.
func (a *App) NewProgress() *Progress {
	p := &Progress{app: a, now: time.Now}
	if a.Now != nil {
		p.now = a.Now
	}
	switch a.progressForm() {
	case ProgressBar:
		p.show = &barDisplay{app: a}
	case ProgressPlain:
		p.show = &plainDisplay{app: a, quiet: a.Progress != ProgressPlain}
	case ProgressJSON:
		p.show = &jsonDisplay{app: a}
	default:
		p.show = noDisplay{}
	}
	return p
}

// progressForm is the form in which progress is shown, never [ProgressAuto].
// Nothing but a terminal gets any from the tools that are replaced.
func (a *App) progressForm() ProgressForm {
	switch {
	case a.Progress != ProgressAuto && a.Progress != "":
		return a.Progress
	case a.ErrIsTerminal() && a.Getenv("TERM") != "dumb":
		return ProgressBar
	case a.Family == Native, a.Progress == ProgressAuto:
		return ProgressPlain
	}
	return ProgressNone
}

// display is a form of progress.
type display interface {
	begin(s step)
	advance(s step)
	end(s step)
	aside() // a line is going to be written
}

// step is how far a phase has come.
type step struct {
	phase       string // what is done with the bytes: "uploading"
	done, total int64  // bytes
	at          time.Time
	elapsed     time.Duration // since the phase began
}

// rate is the bytes in a second of the phase so far, 0 when it is not known yet.
func (s step) rate() int64 {
	if s.elapsed <= 0 {
		return 0
	}
	return int64(float64(s.done) / s.elapsed.Seconds())
}

// left is the time that the rest takes at that rate; ok is false when nothing is
// known of it.
func (s step) left() (left time.Duration, ok bool) {
	rate := s.rate()
	if rate <= 0 || s.total < s.done {
		return 0, false
	}
	seconds := float64(s.total-s.done) / float64(rate)
	return time.Duration(min(seconds, maxLeft.Seconds()) * float64(time.Second)), seconds <= maxLeft.Seconds()
}

// maxLeft is the longest time that is foretold.
const maxLeft = 100 * time.Hour

// Begin begins a phase of a number of bytes in all. What goes on with them is
// described by a verb, as in "uploading".
func (p *Progress) Begin(description string, total int64) {
	p.End()
	if total <= 0 {
		return
	}
	p.phase, p.began, p.done, p.total = description, p.now(), 0, total
	p.show.begin(p.step())
}

// Add counts bytes that are done.
func (p *Progress) Add(n int64) { p.set(p.done + n) }

func (p *Progress) set(done int64) {
	if p.phase != "" {
		p.done = min(done, p.total)
		p.show.advance(p.step())
	}
}

func (p *Progress) step() step {
	at := p.now()
	return step{p.phase, p.done, p.total, at, at.Sub(p.began)}
}

// Of returns a function that shows a phase of that description: it says how many
// bytes are done, and of how many.
func (p *Progress) Of(description string) func(done, total int64) {
	return func(done, total int64) {
		if p.phase != description {
			p.Begin(description, total)
		}
		p.set(done)
	}
}

// Notef is [App.Notef] beside the bar.
func (p *Progress) Notef(format string, args ...any) {
	p.show.aside()
	p.app.Notef(format, args...)
}

// Watched reports whether somebody, or a program, is looking on.
func (p *Progress) Watched() bool {
	form := p.app.progressForm()
	return form == ProgressBar || form == ProgressJSON
}

// End ends the phase, if there is one, and takes the bar away.
func (p *Progress) End() {
	if p.phase != "" {
		p.show.end(p.step())
		p.phase = ""
	}
}

// noDisplay shows nothing.
type noDisplay struct{}

func (noDisplay) begin(step)   {}
func (noDisplay) advance(step) {}
func (noDisplay) end(step)     {}
func (noDisplay) aside()       {}

// barDisplay draws a bar that stays in its line.
type barDisplay struct {
	app *App
	bar *progressbar.ProgressBar // nil between phases
}

func (b *barDisplay) begin(s step) {
	b.bar = progressbar.NewOptions64(s.total,
		progressbar.OptionSetWriter(b.app.Stderr),
		progressbar.OptionSetDescription(s.phase),
		progressbar.OptionSetWidth(barWidth(s.phase)),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowCount(),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(true), // clears the ^C that a terminal echoes, too
	)
}

// barWidth makes the line fit into 80 columns: a line that wraps cannot be drawn
// again.
func barWidth(phase string) int {
	const columns, numbers = 79, len(" 100% || (1023.9 MiB/9.9 GiB, 123 MiB/s) [10m0s:12m0s]")
	return max(5, min(40, columns-numbers-len(phase)))
}

func (b *barDisplay) advance(s step) { _ = b.bar.Set64(s.done) } // it fails where nobody sees it

func (b *barDisplay) end(step) {
	_ = b.bar.Finish()
	b.bar = nil
}

func (b *barDisplay) aside() {
	if b.bar != nil {
		_ = b.bar.Clear()
	}
}
