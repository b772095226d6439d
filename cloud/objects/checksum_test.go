package objects_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"emikit/cloud/objects"
)

// says is what a client declares of a body.
func says(value string) func() string { return func() string { return value } }

// The values of the CRCs are those that catalogues give for the text "123456789";
// those of SHA-1 and SHA-256 are sha1sum's and sha256sum's.
func TestChecksumIsKept(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	const text = "123456789"
	for algorithm, want := range map[objects.Algorithm]string{
		objects.CRC32:     "y/Q5Jg==",     // cbf43926
		objects.CRC32C:    "4waSgw==",     // e3069283
		objects.CRC64NVME: "rosUhgp5mIg=", // ae8b14860a799888
		objects.SHA1:      "98O8HYCOBHMq32eZZczDTKeuNEE=",
		objects.SHA256:    "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
	} {
		put := func(body io.Reader, value func() string) (objects.Object, error) {
			return s.Put(t.Context(), alice, "bucket", string(algorithm), body, objects.PutOptions{Checksum: algorithm, Expect: value})
		}
		_, err := put(strings.NewReader(text+"0"), says(want))
		wantError(t, string(algorithm)+" of other bytes", err, objects.ErrWrongChecksum)
		for name, value := range map[string]func() string{"declared": says(want), "not declared": nil} {
			if _, err := put(strings.NewReader(text), value); err != nil {
				t.Errorf("%s, %s: %v", algorithm, name, err)
			}
			o, err := s.Stat(t.Context(), alice, "bucket", string(algorithm))
			if got := (objects.Checksum{Algorithm: algorithm, Value: want}); err != nil || o.Checksum != got || got.Composite() {
				t.Errorf("%s, %s: got %+v, %v, want %+v", algorithm, name, o.Checksum, err, got)
			}
		}
	}
	_, err := s.Put(t.Context(), alice, "bucket", "x", strings.NewReader(text), objects.PutOptions{Checksum: "md6"})
	wantError(t, "unknown checksum", err, objects.ErrBadChecksum)
	if got := s.files(t); len(got) != 5 {
		t.Errorf("got %d files, want 5", len(got))
	}
}

// A value that comes behind the body is asked for when the body has ended.
func TestChecksumBehindTheBody(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	value := ""
	body := io.MultiReader(strings.NewReader("123456789"), lastly(func() { value = "y/Q5Jg==" }))
	_, err := s.Put(t.Context(), alice, "bucket", "key", body, objects.PutOptions{
		Size: 9, Checksum: objects.CRC32, Expect: func() string { return value },
	})
	if err != nil {
		t.Error(err)
	}
}

func TestChecksumOfParts(t *testing.T) {
	bodies := [][]byte{pattern(1, objects.MinPart), pattern(2, objects.MinPart+3), pattern(3, 1)}
	whole := slices.Concat(bodies...)
	encode := base64.StdEncoding.EncodeToString
	crc := func(b []byte) []byte { return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(b)) }
	sha := func(b []byte) []byte { sum := sha256.Sum256(b); return sum[:] }
	for _, c := range []struct {
		algorithm objects.Algorithm
		full      bool
		sum       func([]byte) []byte
	}{{objects.CRC32, true, crc}, {objects.CRC32, false, crc}, {objects.SHA256, false, sha}} {
		name := fmt.Sprintf("%s, full %t", c.algorithm, c.full)
		s := newStore(t)
		s.bucket(t, alice, "bucket", "")
		u, err := s.CreateUpload(t.Context(), alice, "bucket", "key", objects.UploadOptions{Checksum: c.algorithm, Full: c.full})
		if err != nil {
			t.Fatal(err)
		}
		var names []objects.PartName
		var sums []byte
		for i, body := range bodies {
			names = append(names, s.part(t, u.UploadName, 3*i+1, body))
			names[i].Checksum = encode(c.sum(body))
			sums = append(sums, c.sum(body)...)
		}
		want := objects.Checksum{Algorithm: c.algorithm, Value: encode(c.sum(whole))}
		if !c.full {
			want.Value = fmt.Sprintf("%s-%d", encode(c.sum(sums)), len(bodies))
		}
		_, err = s.CompleteUpload(t.Context(), alice, u.UploadName, names, objects.CompleteOptions{Checksum: encode(sums[:4])})
		wantError(t, name+", wrong", err, objects.ErrWrongChecksum)
		_, err = s.CompleteUpload(t.Context(), alice, u.UploadName, names, objects.CompleteOptions{Size: 1})
		wantError(t, name+", wrong size", err, objects.ErrWrongSize)
		other := slices.Clone(names)
		other[1].Checksum = names[0].Checksum
		_, err = s.CompleteUpload(t.Context(), alice, u.UploadName, other, objects.CompleteOptions{})
		wantError(t, name+", wrong part", err, objects.ErrBadPart)
		_, err = s.CompleteUpload(t.Context(), alice, u.UploadName, names, objects.CompleteOptions{Checksum: want.Value + "-4"})
		wantError(t, name+", another number of parts", err, objects.ErrWrongChecksum)
		stated, _, _ := strings.Cut(want.Value, "-") // minio-go does not count the parts
		o, err := s.CompleteUpload(t.Context(), alice, u.UploadName, names, objects.CompleteOptions{Size: int64(len(whole)), Checksum: stated})
		if err != nil || o.Checksum != want || want.Composite() == c.full {
			t.Errorf("%s: got %+v, %v, want %+v", name, o.Checksum, err, want)
		}
		wantParts(t, s, name, names)
	}
}

// wantParts demands that the object bucket/key tells of these parts, page by page.
func wantParts(t *testing.T, s store, name string, want []objects.PartName) {
	t.Helper()
	var got []objects.PartName
	for after, more := 0, true; more; {
		var page []objects.Part
		var err error
		_, page, more, err = s.ObjectParts(t.Context(), alice, objects.Name{Bucket: "bucket", Key: "key"}, after, 2)
		if err != nil || len(page) == 0 {
			t.Fatalf("%s: parts: %v, %v", name, page, err)
		}
		for _, p := range page {
			got = append(got, objects.PartName{Number: p.Number, MD5: p.MD5, Checksum: p.Checksum.Value})
			after = p.Number
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: got parts %+v, want %+v", name, got, want)
	}
}

func TestChecksumsThatAreNotOffered(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	for _, c := range []struct {
		algorithm objects.Algorithm
		full      bool
		want      error
	}{
		{objects.CRC64NVME, true, nil}, {objects.CRC64NVME, false, objects.ErrChecksumType},
		{objects.CRC32C, true, nil}, {objects.SHA1, false, nil},
		{objects.SHA1, true, objects.ErrChecksumType}, {objects.SHA256, true, objects.ErrChecksumType},
		{"", true, objects.ErrChecksumType}, {"", false, nil}, {"md6", false, objects.ErrBadChecksum},
	} {
		_, err := s.CreateUpload(t.Context(), alice, "bucket", "key", objects.UploadOptions{Checksum: c.algorithm, Full: c.full})
		wantError(t, fmt.Sprintf("%q, full %t", c.algorithm, c.full), err, c.want)
	}
	u, err := s.CreateUpload(t.Context(), alice, "bucket", "key", objects.UploadOptions{Checksum: objects.SHA1})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.PutPart(t.Context(), alice, u.UploadName, 1, strings.NewReader("x"), objects.PartOptions{Checksum: objects.CRC32})
	wantError(t, "part with another checksum", err, objects.ErrOtherChecksum)
}

// A part may have a checksum that the upload does not ask for: it is checked and
// not kept.
func TestChecksumOfAPartAlone(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	u := s.begin(t, "key")
	put := func(value string) (objects.Part, error) {
		return s.PutPart(t.Context(), alice, u, 1, strings.NewReader("123456789"), objects.PartOptions{Checksum: objects.CRC32, Expect: says(value)})
	}
	_, err := put("AAAAAA==")
	wantError(t, "wrong", err, objects.ErrWrongChecksum)
	p, err := put("y/Q5Jg==")
	if err != nil || p.Checksum.Value != "y/Q5Jg==" {
		t.Fatalf("got %+v, %v", p, err)
	}
	o, err := s.CompleteUpload(t.Context(), alice, u, []objects.PartName{{Number: 1, MD5: p.MD5, Checksum: p.Checksum.Value}}, objects.CompleteOptions{})
	if err != nil || o.Checksum != (objects.Checksum{}) {
		t.Errorf("got %+v, %v, want no checksum", o.Checksum, err)
	}
	wantParts(t, s, "after", []objects.PartName{{Number: 1, MD5: p.MD5}})
}

func TestCopyKeepsTheKindOfChecksum(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	from, to := objects.Name{Bucket: "bucket", Key: "a"}, objects.Name{Bucket: "bucket", Key: "b"}
	_, err := s.Put(t.Context(), alice, "bucket", "a", bytes.NewReader([]byte("123456789")), objects.PutOptions{Checksum: objects.CRC32})
	if err != nil {
		t.Fatal(err)
	}
	for algorithm, want := range map[objects.Algorithm]objects.Checksum{
		"":             {Algorithm: objects.CRC32, Value: "y/Q5Jg=="},
		objects.CRC32C: {Algorithm: objects.CRC32C, Value: "4waSgw=="},
	} {
		o, err := s.Copy(t.Context(), alice, from, to, objects.CopyOptions{Checksum: algorithm})
		if err != nil || o.Checksum != want {
			t.Errorf("asked for %q: got %+v, %v, want %+v", algorithm, o.Checksum, err, want)
		}
	}
}

func TestWritesOnlyOverWhatIsKnown(t *testing.T) {
	s := newStore(t)
	s.bucket(t, alice, "bucket", "")
	put := func(match string, body io.Reader) error {
		_, err := s.Put(t.Context(), alice, "bucket", "key", body, objects.PutOptions{Match: match})
		return err
	}
	wantError(t, "no object", put("*", strings.NewReader("x")), objects.ErrNoSuchKey)
	first := s.put(t, alice, "bucket", "key", "first").ETag
	wantError(t, "another one", put(md5Hex("x"), strings.NewReader("x")), objects.ErrNoMatch)
	late := lastly(func() { s.put(t, alice, "bucket", "key", "second") })
	wantError(t, "replaced meanwhile", put(first, late), objects.ErrNoMatch)
	u := s.begin(t, "key")
	part := s.part(t, u, 1, []byte("third"))
	_, err := s.CompleteUpload(t.Context(), alice, u, []objects.PartName{part}, objects.CompleteOptions{Match: first})
	wantError(t, "upload over another one", err, objects.ErrNoMatch)
	_, err = s.Copy(t.Context(), alice, objects.Name{Bucket: "bucket", Key: "key"}, objects.Name{Bucket: "bucket", Key: "key"}, objects.CopyOptions{Match: first})
	wantError(t, "copy over another one", err, objects.ErrNoMatch)
	wantError(t, "the one", put(md5Hex("second"), strings.NewReader("third")), nil)
	wantError(t, "any", put("*", strings.NewReader("fourth")), nil)
	if got, err := s.read(t.Context(), alice, "bucket", "key"); got != "fourth" || err != nil {
		t.Errorf("got %q, %v; want fourth", got, err)
	}
	if got := s.files(t); len(got) != 2 {
		t.Errorf("got %d files, want those of the object and the part", len(got))
	}
}
