package publish

import (
	"fmt"

	"emikit/imagefile"
	"emikit/manifest"
)

// Input says what an image was taken for.
type Input struct {
	Name   string // its path, or "standard input"
	Format imagefile.Format
	Size   int64 // of the disk, bytes
}

// String is a line about it.
func (i Input) String() string {
	switch i.Format {
	case imagefile.FormatRaw:
		return fmt.Sprintf("%s is a raw image of %d bytes", i.Name, i.Size)
	case imagefile.FormatQCOW2:
		return fmt.Sprintf("%s is a qcow2 file with a virtual disk of %d bytes", i.Name, i.Size)
	}
	return fmt.Sprintf("%s is compressed with %s; the disk in it has %d bytes", i.Name, i.Format, i.Size)
}

// An input is an opened image.
type input struct {
	*imagefile.Image
	stop func() // closes it
}

// notes says what is not as a user may expect, once the image has been read.
func (r BundleRequest) notes(image *watchedImage, kind manifest.Kind) []string {
	var notes []string
	if image.Ignored() {
		notes = append(notes, fmt.Sprintf("%s: what follows the compressed disk was ignored", image.Path()))
	}
	if kind != manifest.KindMachine || r.InputFormat != imagefile.FormatAuto {
		return notes // kernels and ramdisks often are compressed, rightly
	}
	if looks := looksLike(image.head, image.tail); looks != "" {
		notes = append(notes, fmt.Sprintf("%s looks like %s: it was bundled as it is", contents(image), looks))
	}
	return notes
}

// contents names what was bundled.
func contents(image *watchedImage) string {
	if image.Format() == imagefile.FormatRaw {
		return image.Path()
	}
	return "the disk in " + image.Path()
}

// A watchedImage tells how far it has been read, and keeps its first and its last
// bytes. Its holes stay known.
type watchedImage struct {
	*imagefile.Image
	done       int64
	head, tail []byte // up to edge bytes
	progress   func(done, total int64)
}

func (w *watchedImage) Read(p []byte) (int, error) {
	n, err := w.Image.Read(p)
	w.keep(p[:n])
	w.advance(int64(n))
	return n, err
}

// SkipHole counts what is skipped as read.
func (w *watchedImage) SkipHole(n int64) error {
	var zeros [edge]byte
	w.keep(zeros[:min(n, edge)])
	w.advance(n)
	return w.Image.SkipHole(n)
}

// keep notes the edges of the image.
func (w *watchedImage) keep(p []byte) {
	w.head = append(w.head, p[:min(len(p), edge-len(w.head))]...)
	w.tail = append(w.tail, p[max(0, len(p)-edge):]...)
	w.tail = w.tail[:copy(w.tail, w.tail[max(0, len(w.tail)-edge):])]
}

func (w *watchedImage) advance(n int64) {
	if w.done += n; w.progress != nil && n > 0 {
		w.progress(w.done, w.Size())
	}
}
