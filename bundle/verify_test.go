package bundle_test

import (
	"context"
	"errors"
	"testing"

	"emikit/bundle"
)

func TestVerify(t *testing.T) {
	m, store := create(t, noise(14, 300000), options(t, 65536))
	for _, o := range []bundle.VerifyOptions{{}, {Workers: 1}, {Key: new(fixedKey())}} {
		report, err := bundle.Verify(t.Context(), m, store, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Parts) != len(m.Parts) || report.Size != m.BundledSize || report.Decrypted != (o.Key != nil) {
			t.Errorf("got %d parts, %d bytes, decrypted %t; want %d, %d, %t", len(report.Parts),
				report.Size, report.Decrypted, len(m.Parts), m.BundledSize, o.Key != nil)
		}
		for i, p := range report.Parts {
			if p.Part != m.Parts[i] || p.Err != nil || p.Size != int64(len(store.parts[p.Part.Name])) {
				t.Errorf("part %d: got %+v, want %+v", i, p, m.Parts[i])
			}
		}
	}
}

// Without a key every part is looked at, and the first bad one is the error.
func TestVerifyReportsEveryPart(t *testing.T) {
	m, store := create(t, noise(15, 300000), options(t, 65536))
	delete(store.parts, "disk.img.part.03")
	store.parts["disk.img.part.01"][0]++
	report, err := bundle.Verify(t.Context(), m, store, bundle.VerifyOptions{})
	if !errors.Is(err, bundle.ErrPartDigest) {
		t.Errorf("got %v, want the error of part 1", err)
	}
	for i, want := range []error{nil, bundle.ErrPartDigest, nil, bundle.ErrMissingPart, nil} {
		if got := report.Parts[i].Err; !errors.Is(got, want) {
			t.Errorf("part %d: got %v, want %v", i, got, want)
		}
	}
}

// Parts alone are read to the limit, and no further.
func TestVerifyParts(t *testing.T) {
	m, store := create(t, noise(17, 300000), options(t, 65536))
	store.parts["disk.img.part.02"] = append(store.parts["disk.img.part.02"], 0)
	delete(store.parts, "disk.img.part.03")
	got := bundle.VerifyParts(t.Context(), store, m.Parts[1:], 65536, 2)
	for i, want := range []error{nil, bundle.ErrBundledSize, bundle.ErrMissingPart, nil} {
		if got[i].Part != m.Parts[i+1] || !errors.Is(got[i].Err, want) || got[i].Size > 65536+1 {
			t.Errorf("part %d: got %+v, want %v", i+1, got[i], want)
		}
	}
}

func TestVerifyCancelled(t *testing.T) {
	m, store := create(t, noise(16, 300000), options(t, 65536))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, o := range []bundle.VerifyOptions{{}, {Key: new(fixedKey())}} {
		if _, err := bundle.Verify(ctx, m, store, o); !errors.Is(err, context.Canceled) {
			t.Errorf("with key %t: got %v, want Canceled", o.Key != nil, err)
		}
	}
}
