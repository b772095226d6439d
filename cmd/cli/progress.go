package cli

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// Progress is a bar on standard error while bytes are worked on. Where standard
// error is no terminal there is none, and only notes are written. It is used by one
// goroutine at a time.
type Progress struct {
	app         *App
	description string
	bar         *progressbar.ProgressBar // nil: none is drawn
}

// NewProgress describes what is going on by a verb, as in "uploading".
func (a *App) NewProgress(description string) *Progress {
	return &Progress{app: a, description: description}
}

// Begin draws the bar for a number of bytes in all.
func (p *Progress) Begin(total int64) {
	if total <= 0 || !p.app.ErrIsTerminal() {
		return
	}
	p.bar = progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(p.app.Stderr),
		progressbar.OptionSetDescription(p.description),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}

// Add counts bytes that are done.
func (p *Progress) Add(n int64) {
	if p.bar != nil {
		_ = p.bar.Add64(n) // it fails where nobody sees it
	}
}

// Set says how many bytes are done, and of how many. The first call begins.
func (p *Progress) Set(done, total int64) {
	if p.bar == nil {
		p.Begin(total)
	}
	if p.bar != nil {
		_ = p.bar.Set64(done)
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
	}
}
