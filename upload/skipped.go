package upload

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"emikit/manifest"
)

var (
	// ErrFirstPart: the bundle has no part of the index to begin with.
	ErrFirstPart = errors.New("no such part to begin with")
	// ErrNotThere: a part that is not to be sent is not in the bucket as it should be.
	ErrNotThere = errors.New("part is left out and is not in the bucket")
)

// partsFrom splits the parts at the one that is the first to be sent. A FirstPart of 0
// leaves nothing out.
func (r UploadRequest) partsFrom(parts []manifest.Part) (skipped, rest []manifest.Part, err error) {
	switch {
	case r.FirstPartName == "" && r.FirstPart == 0:
		return nil, parts, nil
	case r.FirstPartName == "" && r.AnyFirstPart && r.FirstPart > parts[len(parts)-1].Index:
		return parts, nil, nil
	}
	for i, part := range parts {
		if part.Name == r.FirstPartName || r.FirstPartName == "" && part.Index == r.FirstPart {
			return parts[:i], parts[i:], nil
		}
	}
	if r.FirstPartName != "" {
		return nil, nil, fmt.Errorf("part %.80q: %w", r.FirstPartName, ErrFirstPart)
	}
	return nil, nil, fmt.Errorf("part %d: %w: there are %d, counted from 0", r.FirstPart, ErrFirstPart, len(parts))
}

// checkSkipped makes sure that the parts that are not sent are in the bucket, so
// that the manifest that follows tells the truth: each as long as the file on
// disk if there is one, and with those that are sent as long as the bundle. No
// more than the length is known of an object that is not fetched; who registers
// the bundle compares the digests.
func (u *uploader) checkSkipped(ctx context.Context, b *localBundle) error {
	there, err := u.store.objects(ctx, u.to, b.manifest.Name+".part.")
	if err != nil {
		return err
	}
	sizes := map[string]int64{}
	for _, object := range there {
		sizes[object.name] = object.size
	}
	total := b.size()
	for _, part := range b.skipped {
		size, ok := sizes[part.Name]
		if !ok {
			return &notThereError{part: u.to.Path(part.Name), first: part.Index}
		}
		if want, ok := fileSize(filepath.Join(b.dir, part.Name)); ok && size != want {
			return &notThereError{part: u.to.Path(part.Name), first: part.Index, detail: fmt.Sprintf("it has %d bytes there, %d on disk", size, want)}
		}
		total += size
	}
	if want := b.manifest.BundledSize; total != want {
		return fmt.Errorf("%s: %w: with those in %s they hold %d bytes, the manifest says %d",
			b.manifest.Name, ErrBundledSize, u.to, total, want)
	}
	return nil
}

func fileSize(path string) (int64, bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	return info.Size(), true
}

// notThereError names the part that would have to be sent, too.
type notThereError struct {
	part, detail string
	first        int
}

func (e *notThereError) Error() string {
	if e.detail != "" {
		return fmt.Sprintf("%s: %v as it should be: %s", e.part, ErrNotThere, e.detail)
	}
	return fmt.Sprintf("%s: %v", e.part, ErrNotThere)
}

func (e *notThereError) Unwrap() error { return ErrNotThere }

// Hint says from where to send instead.
func (e *notThereError) Hint() string { return fmt.Sprintf("send it, too: --part %d", e.first) }
