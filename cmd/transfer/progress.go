package transfer

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"time"

	"emikit/cmd/cli"
	"emikit/upload"
)

// watcher shows a transfer while it goes on: in the lines of ec2-ami-tools on
// standard output, or as a bar on a terminal. What went otherwise than expected
// is said on standard error in any case.
type watcher struct {
	*cli.Progress
	verb, where string // "uploading", and where to
	stdout      io.Writer
	lines       *inOrder // nil: none are printed
	quiet       bool
	names       names  // of ec2-ami-tools; nil: failures are told in words of our own
	failing     string // what a request was made again for; "" when one has succeeded since
}

func newWatcher(app *cli.App, verb, where string, lines func(upload.Event) string) *watcher {
	w := &watcher{Progress: app.NewProgress(), verb: verb, where: where, stdout: app.Stdout, quiet: app.Family != cli.Native}
	if lines != nil {
		w.lines = newInOrder(lines)
	}
	if isEC2Text(app) {
		w.names = byKey
	}
	return w
}

// callThem has objects called by other names than their keys, where ec2-ami-tools do.
func (w *watcher) callThem(n names) {
	if w.names != nil {
		w.names = n
	}
}

// event shows one step.
func (w *watcher) event(e upload.Event) {
	switch e.Kind {
	case upload.ACLRefused:
		w.Notef("%s: the bucket takes no access control lists; sent without one", e.Name)
	case upload.Replacing:
		w.note("replacing an earlier bundle called %s in %s", e.Name, w.where)
	case upload.Resuming:
		w.Notef("parts in %s already: %d of %d; only the rest is sent", w.where, e.Parts, e.Of)
	case upload.Unfinished:
		w.Notef("parts in %s: %d of %d; the same command sends the rest", w.where, e.Parts, e.Of)
	case upload.NotRemoved:
		w.Notef("%v; it stays", e.Err)
	case upload.Unreadable, upload.Noticed:
		w.Notef("%v", e.Err)
	case upload.LeftBehind:
		w.Notef("not removed: %s: %v", e.Name, e.Err)
	case upload.Retrying:
		w.retrying(e)
	case upload.Checking:
		w.begin("checking", e.Size)
	case upload.Begin:
		w.begin(w.verb, e.Size)
	case upload.PartChecked, upload.PartDone:
		w.Add(e.Size)
		w.failing = ""
	}
	if w.lines != nil {
		io.WriteString(w.stdout, w.lines.event(e))
	}
}

// note tells what is as it should be; the tools that are replaced say nothing then.
func (w *watcher) note(format string, args ...any) {
	if !w.quiet {
		w.Notef(format, args...)
	}
}

// retrying says once that something fails, however many requests meet it;
// ec2-ami-tools say it of each try.
func (w *watcher) retrying(e upload.Event) {
	if w.failing != "" && (w.names == nil || w.failing != e.Name) {
		return
	}
	w.failing = e.Name
	if w.names != nil {
		w.Notef("%s", w.names.failure(e.Err))
		fmt.Fprintf(w.stdout, "Retrying in %ds ...\n", int(math.Ceil(e.Pause.Seconds())))
		return
	}
	text := e.Err.Error()
	if !strings.Contains(text, e.Name) {
		text = e.Name + ": " + text
	}
	w.Notef("%s; trying again for up to %s", text, e.Wait.Round(time.Second))
}

func (w *watcher) begin(description string, size int64) {
	if w.lines == nil {
		w.Begin(description, size)
	}
}

// uploadLines are the lines of ec2-upload-bundle 1.4.0.7, or what euca-upload-bundle adds
// with --debug.
func uploadLines(app *cli.App, to upload.Location, skipManifest bool) func(upload.Event) string {
	if app.Era == cli.Euca2 && app.Output != cli.JSON {
		return oldUploadLines()
	}
	if app.Family == cli.Euca && app.Debug && app.Output != cli.JSON {
		return func(e upload.Event) string { return uploadedPart(to, e) }
	}
	if !isEC2Text(app) {
		return nil
	}
	return func(e upload.Event) string {
		switch e.Kind {
		case upload.CreatingBucket:
			return "Creating bucket...\n"
		case upload.Begin:
			return fmt.Sprintf("Uploading bundled image parts to the S3 bucket %s ...\n", e.Name)
		case upload.PartSkipped, upload.PartPresent:
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
			if app.Era == cli.EC2v15 {
				return fmt.Sprintf("Uploaded manifest.\nManifest uploaded to: %s\n", to.Path(e.Name))
			}
			return "Uploaded manifest.\n"
		}
		return ""
	}
}

// oldUploadLines are the lines of euca2ools 1.x and 2.x.
func oldUploadLines() func(upload.Event) string {
	checked := ""
	return func(e upload.Event) string {
		switch e.Kind {
		case upload.CreatingBucket:
			checked = e.Name
			return fmt.Sprintf("Checking bucket: %s\nCreating bucket: %s\n", e.Name, e.Name)
		case upload.Begin:
			if checked != e.Name {
				return fmt.Sprintf("Checking bucket: %s\n", e.Name)
			}
		case upload.PartBegin:
			return fmt.Sprintf("Uploading part: %s\n", e.Name)
		case upload.ManifestBegin:
			return "Uploading manifest file\n"
		}
		return ""
	}
}

// uploadedPart is a line of euca2ools 3.4.1 about a part.
func uploadedPart(to upload.Location, e upload.Event) string {
	if e.Kind != upload.PartDone {
		return ""
	}
	return fmt.Sprintf("Uploaded %s\n", to.Path(e.Name))
}

// downloadLines are the lines of ec2-download-bundle 1.4.0.7.
func downloadLines(app *cli.App, from upload.Location, dir string) func(upload.Event) string {
	if !isEC2Text(app) {
		return nil
	}
	return func(e upload.Event) string {
		switch e.Kind {
		case upload.ManifestBegin:
			return fmt.Sprintf("Downloading manifest %s from %s to %s ...\n", from.Key(e.Name), from.Bucket, filepath.Join(dir, e.Name))
		case upload.Decrypting:
			return "Decrypting manifest ...\n"
		case upload.PartBegin:
			return fmt.Sprintf("Downloading part %s to %s ...\n", from.Key(e.Name), filepath.Join(dir, e.Name))
		case upload.PartDone:
			return fmt.Sprintf("Downloaded %s from %s\n", e.Name, from.Bucket)
		}
		return ""
	}
}
