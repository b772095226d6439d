package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"testing"

	"emikit/manifest"
)

// fillX puts a bundle of parts of some sizes under p in bkt, without a manifest.
func fillX(s3 *fakeS3, sizes ...int) (parts []manifest.Part) {
	s3.make("bkt")
	for i, size := range sizes {
		name := manifest.PartName("x", i)
		s3.replace("bkt", "p/"+name, bytes.Repeat([]byte{byte(i + 1)}, size))
		parts = append(parts, manifest.Part{Index: i, Name: name})
	}
	return parts
}

func readPart(src interface {
	Open(context.Context, manifest.Part) (io.ReadCloser, error)
}, part manifest.Part) (content []byte, err error) {
	r, err := src.Open(context.Background(), part)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// TestReadAhead: the parts come as they are, in any order, also those that are read
// at once or twice.
func TestReadAhead(t *testing.T) {
	s3 := newFakeS3(t, "")
	sizes := []int{5, 0, aheadBlock, aheadBlock + 1, 3 * aheadBlock, 7, 8, 9, 10, 11}
	parts := fillX(s3, sizes...)
	for _, order := range [][]int{{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {9, 0, 8, 1, 1, 9}} {
		ahead := s3.open(t).ReadAhead(t.Context(), Location{"bkt", "p"}, parts, nil)
		for _, i := range order {
			got, err := readPart(ahead, parts[i])
			if want := bytes.Repeat([]byte{byte(i + 1)}, sizes[i]); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d of %v: got %d bytes, %v, want %d", i, order, len(got), err, len(want))
			}
		}
		ahead.Close()
	}
	ahead := s3.open(t).ReadAhead(t.Context(), Location{"bkt", "p"}, parts, nil)
	defer ahead.Close()
	var group sync.WaitGroup
	for i, part := range parts {
		group.Go(func() {
			if got, err := readPart(ahead, part); err != nil || len(got) != sizes[i] {
				t.Errorf("%d at once with others: got %d bytes, %v, want %d", i, len(got), err, sizes[i])
			}
		})
	}
	group.Wait()
}

// TestReadAheadBegins: when a part is opened, the next ones have been asked for, as
// many as there are jobs, and no more.
func TestReadAheadBegins(t *testing.T) {
	s3 := newFakeS3(t, "")
	parts := fillX(s3, 5, 5, 5, 5, 5, 5, 5)
	var group sync.WaitGroup
	group.Add(3)
	s3.fault = func(_ http.ResponseWriter, r *http.Request) bool {
		group.Done() // panics when there is a fourth
		return false
	}
	ahead := s3.open(t, func(c *Config) { c.Jobs = 3 }).ReadAhead(t.Context(), Location{"bkt", "p"}, parts, nil)
	defer ahead.Close()
	r, err := ahead.Open(t.Context(), parts[0])
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	group.Wait()
}

// TestReadAheadOneAtATime: a store that serves one request at a time serves them in
// the order in which they are read, however large they are.
func TestReadAheadOneAtATime(t *testing.T) {
	s3 := newFakeS3(t, "")
	const size = (aheadBlocks + 8) * aheadBlock
	parts := fillX(s3, size, size, size, size)
	var serving sync.Mutex
	s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
		serving.Lock()
		defer serving.Unlock()
		o, _ := s3.object("bkt", strings.TrimPrefix(r.URL.Path, "/bkt/"))
		w.Write(o.body)
		return true
	}
	ahead := s3.open(t).ReadAhead(t.Context(), Location{"bkt", "p"}, parts, nil)
	defer ahead.Close()
	for _, part := range parts {
		if got, err := readPart(ahead, part); err != nil || len(got) != size {
			t.Errorf("%s: got %d bytes, %v, want %d", part.Name, len(got), err, size)
		}
	}
}

func TestReadAheadMissing(t *testing.T) {
	s3 := newFakeS3(t, "")
	parts := fillX(s3, 5, 5, 5)
	s3.replace("bkt", "p/x.part.01", nil)
	ahead := s3.open(t).ReadAhead(t.Context(), Location{"bkt", "p"}, parts, nil)
	defer ahead.Close()
	for i, part := range append(parts, manifest.Part{Name: "other"}) {
		_, err := ahead.Open(t.Context(), part)
		if want := i == 1 || i == 3; errors.Is(err, fs.ErrNotExist) != want {
			t.Errorf("part %d: got %v, want it not to exist: %t", i, err, want)
		}
	}
}

// TestReadAheadCancelled: a download that goes on ends with the operation, and says
// the operation's reason. What is not read keeps nothing from ending.
func TestReadAheadCancelled(t *testing.T) {
	s3 := newFakeS3(t, "")
	parts := fillX(s3, (aheadBlocks+4)*aheadBlock, (aheadBlocks+4)*aheadBlock)
	gone := errors.New("the user went away")
	ctx, cancel := context.WithCancelCause(t.Context())
	ahead := s3.open(t).ReadAhead(ctx, Location{"bkt", "p"}, parts, nil)
	r, err := ahead.Open(t.Context(), parts[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, r, 10); err != nil {
		t.Fatal(err)
	}
	cancel(gone)
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
	r.Close()
	ahead.Close()
}

// TestSourceResumes: where the connection is lost the rest is asked for, whether the
// store knows ranges or not. It is given up where nothing more comes.
func TestSourceResumes(t *testing.T) {
	content := bytes.Repeat([]byte("0123456789"), 100)
	for _, tt := range []struct {
		name   string
		breaks int // requests that end after 300 bytes
		ranges bool
		want   int
	}{
		{"never", 0, true, 1000},
		{"twice", 2, true, 1000},
		{"at each, which goes on all the same", 99, true, 1000},
		{"without ranges", 1, false, 1000},
		{"without ranges, at each", 99, false, 300},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s3 := newFakeS3(t, "")
			s3.make("bkt")
			s3.replace("bkt", "p/x.part.00", content)
			requests := 0
			s3.fault = func(w http.ResponseWriter, r *http.Request) bool {
				rest := content
				if first := 0; tt.ranges && r.Header.Get("Range") != "" {
					fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &first)
					rest = content[first:]
					w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-999/1000", first))
				}
				w.Header().Set("Content-Length", fmt.Sprint(len(rest)))
				if tt.ranges && len(rest) < 1000 {
					w.WriteHeader(http.StatusPartialContent)
				}
				if requests++; requests <= tt.breaks {
					rest = rest[:min(300, len(rest))]
				}
				w.Write(rest)
				return true
			}
			got, err := readPart(s3.open(t).Source(Location{"bkt", "p"}), manifest.Part{Name: "x.part.00"})
			if !bytes.Equal(got, content[:tt.want]) || (err == nil) != (tt.want == 1000) {
				t.Fatalf("got %d bytes, %v, want %d, after %d requests", len(got), err, tt.want, requests)
			}
			if text := "download bkt/p/x.part.00: ended before it was complete: 300 of 1000 bytes: "; err != nil && (!errors.Is(err, ErrTruncated) || !strings.HasPrefix(err.Error(), text)) {
				t.Errorf("got %v, want %q", err, text)
			}
		})
	}
}

// TestDownloadParts: the parts come joined, and what is wrong with one of them is
// told.
func TestDownloadParts(t *testing.T) {
	const key = "p/disk.img.part.01"
	for _, tt := range []struct {
		name  string
		spoil func(s3 *fakeS3)
		is    error
		text  string
	}{
		{"good", func(*fakeS3) {}, nil, ""},
		{"missing", func(s3 *fakeS3) { s3.replace("bkt", key, nil) }, fs.ErrNotExist, "download bkt/p/disk.img.part.01: NoSuchKey: The specified key does not exist."},
		{"altered", func(s3 *fakeS3) { s3.replace("bkt", key, make([]byte, 3000)) }, ErrPartDigest, "download bkt/p/disk.img.part.01: part does not match its digest"},
		{"short", func(s3 *fakeS3) { s3.replace("bkt", key, make([]byte, 3)) }, ErrPartDigest, "download bkt/p/disk.img.part.01: part does not match"},
		{"endless", func(s3 *fakeS3) { s3.replace("bkt", key, make([]byte, 20<<20)) }, ErrBundledSize, "parts do not add up to the bundled size"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s3 := newFakeS3(t, "")
			from := Location{"bkt", "p"}
			if _, err := s3.open(t).UploadBundle(t.Context(), UploadRequest{Manifest: writeBundle(t, 4), To: from}); err != nil {
				t.Fatal(err)
			}
			tt.spoil(s3)
			var got bytes.Buffer
			err := s3.open(t).DownloadParts(t.Context(), DownloadRequest{From: from, ManifestName: "disk.img.manifest.xml"}, &got)
			if !errors.Is(err, tt.is) || err != nil && !strings.HasPrefix(err.Error(), tt.text) {
				t.Errorf("got %v, want %q", err, tt.text)
			}
			if tt.is == nil && got.Len() != 9000 {
				t.Errorf("got %d bytes, want 9000", got.Len())
			}
		})
	}
}
