package bundling

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"emikit/cmd/cli"
	"emikit/publish"
	"emikit/volume"
)

// volumeSummary is a bundle of a volume as --output json shows it. The lists are paths
// in the volume.
type volumeSummary struct {
	Summary
	Excluded []string `json:"excluded"` // by rules
	Filtered []string `json:"filtered,omitempty"`
	Sockets  []string `json:"sockets,omitempty"`
	TooDeep  []string `json:"tooDeep,omitempty"`
	Changed  []string `json:"changed,omitempty"` // while they were read
}

func (b *volumeBundle) summary(r publish.BundleResult, i *volumeImage) volumeSummary {
	return volumeSummary{Summarize(r), b.excluded, i.tree.Filtered, i.tree.Sockets, i.tree.TooDeep, i.Changed()}
}

// say prints a line of ec2-bundle-vol.
func (b *volumeBundle) say(line string) { fmt.Fprintln(b.stdout(), line) }

// showPlan says what is going to be done, before it is.
func (b *volumeBundle) showPlan() error {
	switch b.app.Family {
	case cli.Native:
		b.app.Notef("leaving out: %s", strings.Join(b.excluded, ", "))
	case cli.Euca:
		if b.app.Output != cli.JSON {
			_, err := fmt.Fprintln(b.app.Stdout, "Copying files...")
			return err
		}
	}
	b.say(fmt.Sprintf("Copying %s/ into the image file %s...", strings.TrimRight(b.f.volume, "/"), b.imagePath()))
	b.say("Excluding: ")
	for _, pattern := range b.excluded {
		b.say("\t " + pattern)
	}
	return nil
}

// imagePath is where ec2-ami-tools put the image.
func (b *volumeBundle) imagePath() string {
	return strings.TrimRight(b.r.Destination, "/") + "/" + b.r.Prefix
}

// showFstab prints an fstab that was put in the place of another.
func (b *volumeBundle) showFstab(fstab []byte) {
	if fstab == nil {
		return
	}
	b.say("/etc/fstab:")
	for line := range strings.Lines(string(fstab)) {
		b.say("\t " + strings.TrimRight(line, "\n"))
	}
}

// shown is a path of the volume as a line shows it: anybody may have named the file, also
// with what a terminal obeys.
func shown(path string) string {
	if utf8.ValidString(path) && !strings.ContainsFunc(path, func(c rune) bool { return !unicode.IsPrint(c) }) {
		return path
	}
	return strconv.QuoteToGraphic(path)
}

// noteTree names the files of which nobody may expect that they are not in the image.
func (b *volumeBundle) noteTree(t *volume.Tree) {
	for _, path := range t.Filtered {
		b.app.Notef("left out by a filter: %s", shown(path))
	}
	if len(t.Filtered) > 0 {
		b.app.Notef("-i keeps one of them, --no-filter keeps all")
	}
	for _, path := range t.Sockets {
		b.app.Notef("left out, a socket: %s", shown(path))
	}
	for _, pattern := range append(b.f.patterns(b.app, b.f.excludes), b.f.patterns(b.app, b.f.includes)...) {
		if b.app.Family == cli.Native && slices.Contains(t.Unused, pattern) {
			b.app.Notef("nothing in the volume is called %s", shown(pattern))
		}
	}
	for _, path := range t.TooDeep {
		b.app.Notef("left out, its path is too long: %s", shown(path))
	}
}

// noteChanges names the files that are in the image not as they are on the disk.
func (b *volumeBundle) noteChanges(i *volumeImage) {
	for _, path := range i.Changed() {
		b.app.Notef("changed while it was read, and is cut or has zeros in the image: %s", shown(path))
	}
}

// showClone says where the image is that is not bundled.
func (b *volumeBundle) showClone(i *volumeImage) error {
	text := i.file
	if b.app.Family != cli.Native {
		text = "Image file created: " + i.file + "\nVolume cloning done.\n" +
			`Not bundling image file since "--clone-only" flag was specified.`
	}
	return b.app.Show(cli.View{
		JSON: struct {
			Image string `json:"image"`
			Size  int64  `json:"size"`
		}{i.file, i.Size()},
		Text: func(w io.Writer) error {
			_, err := fmt.Fprintln(w, text)
			return err
		},
	})
}

// showResult says what was made.
func (b *volumeBundle) showResult(w io.Writer, r publish.BundleResult) error {
	switch {
	case b.app.Family == cli.EC2:
		return showSteps(b.app, w, r, "ec2-bundle-vol", b.missing...)
	case b.app.Era == cli.Euca2:
		return showOldSteps(w, r)
	}
	_, err := fmt.Fprintf(w, "Wrote manifest %s\n", r.ManifestPath)
	return err
}
