package upload

import (
	"cmp"
	"context"

	"emikit/manifest"
)

// ManifestDocument is Manifest with the bytes that the store has, which are encrypted
// if the manifest is.
func (s *Store) ManifestDocument(ctx context.Context, from Location, name string, find manifest.KeyFinder, progress func(Event)) (*manifest.Manifest, []byte, error) {
	d := &downloader{store: s, request: DownloadRequest{From: from, PrivateKey: find}, teller: &teller{fn: progress}}
	m, err := d.manifest(ctx, name)
	return m, d.document, err
}

// BucketRegion asks in which region of AWS's a bucket is.
func (s *Store) BucketRegion(ctx context.Context, bucket string) (string, error) {
	location, err := s.bucketLocation(ctx, bucket, nil)
	return RegionOf(location), err
}

// RegionOf is the region that has a location of buckets: they are the same but for the
// oldest.
func RegionOf(location string) string { return cmp.Or(normalLocation(location), defaultRegion) }
