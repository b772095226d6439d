package bundling

import (
	"fmt"
	"io"
	"strings"

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
	Changed  []string `json:"changed,omitempty"` // while they were read
}

func (b *volumeBundle) summary(r publish.BundleResult, i *volumeImage) volumeSummary {
	return volumeSummary{Summarize(r), b.excluded, i.tree.Filtered, i.tree.Sockets, i.Changed()}
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

// noteTree names the files of which nobody may expect that they are not in the image.
func (b *volumeBundle) noteTree(t *volume.Tree) {
	for _, path := range t.Filtered {
		b.app.Notef("left out by a filter: %s", path)
	}
	if len(t.Filtered) > 0 {
		b.app.Notef("-i keeps one of them, --no-filter keeps all")
	}
	for _, path := range t.Sockets {
		b.app.Notef("left out, a socket: %s", path)
	}
}

// noteChanges names the files that are in the image not as they are on the disk.
func (b *volumeBundle) noteChanges(i *volumeImage) {
	for _, path := range i.Changed() {
		b.app.Notef("changed while it was read, and is cut or has zeros in the image: %s", path)
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

// showSteps prints the lines of ec2-bundle-vol 1.4.0.7 that follow "Bundling image
// file...".
func (b *volumeBundle) showSteps(w io.Writer, r publish.BundleResult) error {
	var lines strings.Builder
	if err := showSteps(b.app, &lines, r); err != nil {
		return err
	}
	text := strings.Replace(lines.String(), "ec2-bundle-image complete.", "ec2-bundle-vol complete.", 1)
	const digests = "Digests generated.\n"
	var missing strings.Builder
	for _, item := range b.missing {
		fmt.Fprintf(&missing, "Unable to read instance meta-data for %s\n", item)
	}
	_, err := io.WriteString(w, strings.Replace(text, digests, digests+missing.String(), 1))
	return err
}
