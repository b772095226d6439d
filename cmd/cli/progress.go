package cli

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress is a bar on standard error while bytes are worked on. Where standard
// error is no terminal there is none, and only notes are written. It is used by one
// goroutine at a time.
type Progress struct {
	app *App
	bar *progressbar.ProgressBar // nil: none is drawn
}

// NewProgress draws nothing yet.
func (a *App) NewProgress() *Progress { return &Progress{app: a} }

// Begin draws a bar for a number of bytes in all. What goes on with them is
// described by a verb, as in "uploading".
func (p *Progress) Begin(description string, total int64) {
	p.End()
	if total <= 0 || !p.app.ErrIsTerminal() {
		return
	}
	p.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(p.app.Stderr),
		progressbar.OptionSetDescription(description),
		progressbar.OptionShowBytes(true),
		progressbar.OptionSetRenderBlankState(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionUseANSICodes(true), // clears the ^C that a terminal echoes, too
	)
}

// Add counts bytes that are done.
func (p *Progress) Add(n int64) {
	if p.bar != nil {
		_ = p.bar.Add64(n) // it fails where nobody sees it
	}
}

// Of returns a function that draws a bar by that description: it says how many
// bytes are done, and of how many.
func (p *Progress) Of(description string) func(done, total int64) {
	return func(done, total int64) {
		if p.bar == nil {
			p.Begin(description, total)
		}
		if p.bar != nil {
			_ = p.bar.Set64(done)
		}
	}
}

// Notef is [App.Notef] beside the bar.
func (p *Progress) Notef(format string, args ...any) {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	p.app.Notef(format, args...)
}

// End takes the bar away.
func (p *Progress) End() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}
