//go:build ignore

// Command minio drives the object store with minio-go, which signs bodies as it streams them.
// Usage: minio SIGNATURE_VERSION FILE, with endpoint and keys in the
// environment, as eucarc leaves them.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// belowPath adds the endpoint's path, of which minio-go knows nothing, behind
// its signature.
type belowPath string

// RoundTrip implements [http.RoundTripper].
func (p belowPath) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	escaped := r.URL.EscapedPath()
	r.URL.Path, r.URL.RawPath = string(p)+r.URL.Path, string(p)+escaped
	return http.DefaultTransport.RoundTrip(r)
}

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: minio v2|v4 FILE")
	}
	if err := drive(context.Background(), os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func connect(version string) (*minio.Client, error) {
	endpoint, err := url.Parse(os.Getenv("S3_URL"))
	if err != nil {
		return nil, err
	}
	sign := credentials.NewStaticV4
	if version == "v2" {
		sign = credentials.NewStaticV2
	}
	return minio.New(endpoint.Host, &minio.Options{
		Creds:        sign(os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
		Transport:    belowPath(endpoint.Path),
		BucketLookup: minio.BucketLookupPath,
		Region:       "eucalyptus",

		TrailingHeaders: version == "v4",
	})
}

func drive(ctx context.Context, version, file string) error {
	client, err := connect(version)
	if err != nil {
		return err
	}
	contents, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	bucket := "minio-" + version
	if err := client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}); err != nil {
		return fmt.Errorf("make bucket: %w", err)
	}
	for _, step := range []func(context.Context, *minio.Client, string, []byte) error{put, ranges, compose, remove} {
		if err := step(ctx, client, bucket, contents); err != nil {
			return err
		}
	}
	return client.RemoveBucket(ctx, bucket)
}

// put stores bytes in parts, in one piece, and from a stream of unknown length.
func put(ctx context.Context, client *minio.Client, bucket string, contents []byte) error {
	for key, o := range map[string]minio.PutObjectOptions{
		"parts":  {PartSize: 16 << 20, NumThreads: 4},
		"one":    {DisableMultipart: true},
		"md5":    {PartSize: 32 << 20, SendContentMd5: true},
		"crc32c": {PartSize: 64 << 20, Checksum: minio.ChecksumCRC32C},
	} {
		if key == "crc32c" && strings.HasSuffix(bucket, "v2") { // checksums need Version 4
			continue
		}
		if _, err := client.PutObject(ctx, bucket, key, bytes.NewReader(contents), int64(len(contents)), o); err != nil {
			return fmt.Errorf("put %s: %w", key, err)
		}
		if err := same(ctx, client, bucket, key, contents); err != nil {
			return err
		}
	}
	_, err := client.PutObject(ctx, bucket, "dir/a b+ü", io.LimitReader(strings.NewReader("small"), 5), -1, minio.PutObjectOptions{PartSize: 5 << 20})
	if err != nil {
		return fmt.Errorf("put a stream: %w", err)
	}
	return same(ctx, client, bucket, "dir/a b+ü", []byte("small"))
}

func same(ctx context.Context, client *minio.Client, bucket, key string, want []byte) error {
	o, err := client.GetObject(ctx, bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return fmt.Errorf("get %s: %w", key, err)
	}
	defer o.Close()
	got, err := io.ReadAll(o)
	if err != nil || !bytes.Equal(got, want) {
		return fmt.Errorf("get %s: got %d other bytes, %v; want %d", key, len(got), err, len(want))
	}
	return nil
}

func ranges(ctx context.Context, client *minio.Client, bucket string, contents []byte) error {
	o, err := client.GetObject(ctx, bucket, "parts", minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer o.Close()
	for _, at := range []int64{0, 16<<20 - 5, 32 << 20, int64(len(contents)) - 10} {
		got := make([]byte, 10)
		if _, err := o.ReadAt(got, at); err != nil && err != io.EOF || !bytes.Equal(got, contents[at:at+10]) {
			return fmt.Errorf("read at %d: got %x, %v; want %x", at, got, err, contents[at:at+10])
		}
	}
	return nil
}

// compose joins objects with copies of parts.
func compose(ctx context.Context, client *minio.Client, bucket string, contents []byte) error {
	_, err := client.ComposeObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "joined"},
		minio.CopySrcOptions{Bucket: bucket, Object: "parts"}, minio.CopySrcOptions{Bucket: bucket, Object: "dir/a b+ü"})
	if err != nil {
		return fmt.Errorf("compose: %w", err)
	}
	return same(ctx, client, bucket, "joined", append(contents[:len(contents):len(contents)], "small"...))
}

// remove deletes everything that is listed.
func remove(ctx context.Context, client *minio.Client, bucket string, _ []byte) error {
	listed := client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Recursive: true, MaxKeys: 2})
	for failed := range client.RemoveObjects(ctx, bucket, listed, minio.RemoveObjectsOptions{}) {
		return fmt.Errorf("remove %s: %w", failed.ObjectName, failed.Err)
	}
	return nil
}
