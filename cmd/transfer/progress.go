package transfer

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/schollz/progressbar/v3"

	"emikit/cmd/cli"
	"emikit/upload"
)

// progress shows a transfer while it goes on: in the lines of ec2-ami-tools on
// standard output, or as a bar on a terminal. What went otherwise than expected
// is said on standard error in any case.
type progress struct {
	app         *cli.App
	description string
	lines       func(upload.Event) string // nil: none are printed
	bar         *progressbar.ProgressBar  // nil: none is drawn
}

func newProgress(app *cli.App, description string, lines func(upload.Event) string) *progress {
	return &progress{app: app, description: description, lines: lines}
}

// event shows one step.
func (p *progress) event(e upload.Event) {
	switch e.Kind {
	case upload.ACLRefused:
		p.notef("%s: the bucket takes no access control lists; sent without one", e.Name)
	case upload.Retrying:
		p.notef("%v; trying again", e.Err)
	case upload.Begin:
		p.begin(e.Size)
	case upload.PartDone:
		if p.bar != nil {
			p.bar.Add64(e.Size)
		}
	}
	if p.lines != nil {
		io.WriteString(p.app.Stdout, p.lines(e))
	}
}

func (p *progress) begin(size int64) {
	if p.lines != nil || size == 0 || !p.app.ErrIsTerminal() {
		return
	}
	p.bar = progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(p.app.Stderr),
		progressbar.OptionSetDescription(p.description),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)
}

// notef says something beside the bar.
func (p *progress) notef(format string, args ...any) {
	if p.bar != nil {
		p.bar.Clear()
	}
	p.app.Notef(format, args...)
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Finish()
	}
}

// uploadLines are the lines of ec2-upload-bundle 1.4.0.7.
func uploadLines(app *cli.App, skipManifest bool) func(upload.Event) string {
	if app.Family != cli.EC2 || app.Output == cli.JSON {
		return nil
	}
	return func(e upload.Event) string {
		switch e.Kind {
		case upload.CreatingBucket:
			return "Creating bucket...\n"
		case upload.Begin:
			return fmt.Sprintf("Uploading bundled image parts to the S3 bucket %s ...\n", e.Name)
		case upload.PartSkipped:
			return fmt.Sprintf("Skipping %s\n", e.Name)
		case upload.PartDone:
			return fmt.Sprintf("Uploaded %s\n", e.Name)
		case upload.PartsDone:
			if skipManifest {
				return "Skipping manifest.\n"
			}
		case upload.ManifestBegin:
			return "Uploading manifest ...\n"
		case upload.ManifestDone:
			return "Uploaded manifest.\n"
		}
		return ""
	}
}

// downloadLines are the lines of ec2-download-bundle 1.4.0.7.
func downloadLines(app *cli.App, from upload.Location, dir string) func(upload.Event) string {
	if app.Family != cli.EC2 || app.Output == cli.JSON {
		return nil
	}
	return func(e upload.Event) string {
		switch e.Kind {
		case upload.ManifestBegin:
			return fmt.Sprintf("Downloading manifest %s from %s to %s ...\n", from.Key(e.Name), from.Bucket, filepath.Join(dir, e.Name))
		case upload.PartBegin:
			return fmt.Sprintf("Downloading part %s to %s ...\n", from.Key(e.Name), filepath.Join(dir, e.Name))
		case upload.PartDone:
			return fmt.Sprintf("Downloaded %s from %s\n", e.Name, from.Bucket)
		}
		return ""
	}
}
