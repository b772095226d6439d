package publish

import (
	"context"
	"fmt"
	"io"

	"emikit/manifest"
	"emikit/upload"
)

// ManifestRequest says where a manifest is.
type ManifestRequest struct {
	// Manifest is the path of one on disk, or "-" for Stdin. If it is "", the one
	// called ManifestName, under From in Store, is meant.
	Manifest     string
	Stdin        io.Reader
	Store        *upload.Store
	From         upload.Location
	ManifestName string
	// FindKey finds the user's private key if the manifest is encrypted; nil: such a
	// manifest is an error.
	FindKey manifest.KeyFinder
	// Events, if not nil, is told of requests that are made again, from one goroutine at
	// a time.
	Events func(upload.Event)
}

// Path names the manifest for people.
func (r ManifestRequest) Path() string {
	switch r.Manifest {
	case "":
		return r.From.Path(r.ManifestName)
	case "-":
		return "standard input"
	}
	return r.Manifest
}

// ManifestInfo is a manifest as it was found.
type ManifestInfo struct {
	Manifest *manifest.Manifest
	// Encrypted: the document was, as those of before version 3 are.
	Encrypted bool
}

// ReadManifest reads a manifest, from disk, a pipe or an object store, and nothing
// beside it. Of what is no manifest no more than manifest.MaxSize is read.
func ReadManifest(ctx context.Context, r ManifestRequest) (ManifestInfo, error) {
	switch r.Manifest {
	case "":
		return r.fetch(ctx)
	case "-":
		stdin, stop := interruptible(ctx, r.Stdin)
		defer stop()
		document, err := io.ReadAll(io.LimitReader(stdin, manifest.MaxSize+1))
		if err != nil {
			return ManifestInfo{}, fmt.Errorf("read %s: %w", r.Path(), err)
		}
		return r.parse(document) // which refuses what is too large
	}
	document, err := await(ctx, func() ([]byte, error) { return manifest.ReadFile(r.Manifest) })
	if err != nil {
		return ManifestInfo{}, err
	}
	return r.parse(document)
}

func (r ManifestRequest) parse(document []byte) (ManifestInfo, error) {
	info := ManifestInfo{Encrypted: manifest.IsEncrypted(document)}
	text, err := manifest.Plaintext(document, r.FindKey)
	if err == nil {
		info.Manifest, err = manifest.Parse(text)
	}
	if err != nil {
		return ManifestInfo{}, fmt.Errorf("manifest %s: %w", r.Path(), err)
	}
	return info, nil
}

// fetch reads a manifest in the store.
func (r ManifestRequest) fetch(ctx context.Context) (info ManifestInfo, err error) {
	info.Manifest, err = r.Store.Manifest(ctx, r.From, r.ManifestName, r.FindKey, func(e upload.Event) {
		if e.Kind == upload.Decrypting {
			info.Encrypted = true
		}
		if r.Events != nil {
			r.Events(e)
		}
	})
	return info, err
}
