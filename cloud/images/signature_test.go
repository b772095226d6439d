package images

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"emikit/bundle"
)

// TestWhoseSignatureCounts where signatures must be known.
func TestWhoseSignatureCounts(t *testing.T) {
	w := newWorld(t)
	for name, img := range map[string]Image{
		"any account's, for the administrator": w.register(admin, w.upload(alice, "of-alice")),
		"one's own":                            w.register(alice, w.upload(alice, "of-alice")),
		"the cloud's":                          w.register(alice, w.upload(alice, "of-cloud", signedBy("cloud"))),
	} {
		if img.Unverified {
			t.Errorf("%s: marked as unverified", name)
		}
	}
}

func signedBy(name string) func(*bundle.Options) {
	return func(o *bundle.Options) { o.Signer = pairs()[name].key }
}

// growingTrust is a fakeTrust to which certificates can be added.
type growingTrust struct {
	fakeTrust
	added *[]*x509.Certificate
}

func (g growingTrust) Certificates(ctx context.Context, account string) ([]*x509.Certificate, error) {
	certs, err := g.fakeTrust.Certificates(ctx, account)
	return append(certs, *g.added...), err
}

// TestAddedCertificateCounts from when it is added.
func TestAddedCertificateCounts(t *testing.T) {
	var added []*x509.Certificate
	w := newWorld(t, func(c *Config) { c.Trust = growingTrust{fakeTrust{pairs()["cloud"]}, &added} })
	location := w.upload(alice, "disk.img", signedBy("node"))
	if _, err := w.Register(t.Context(), alice, Request{Location: location}); !errors.Is(err, ErrSignature) {
		t.Errorf("before: got %v, want %v", err, ErrSignature)
	}
	added = append(added, pairs()["node"].cert)
	if img := w.register(alice, location); img.State != StateAvailable || img.Unverified {
		t.Errorf("after: got %+v, want available and verified", img)
	}
}

// TestAnySignature takes every manifest and marks those that nobody vouches for.
func TestAnySignature(t *testing.T) {
	none := func(*bundle.Options) {}
	for _, c := range []struct {
		name       string
		change     func(*bundle.Options)
		replace    [2]string
		unverified bool
	}{
		{"signed", none, [2]string{}, false},
		{"unsigned", unsigned, [2]string{}, true},
		{"signed by another account", signedBy("mallory"), [2]string{}, true},
		{"altered after signing", none, [2]string{"x86_64", "i386"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log strings.Builder
			w := newWorld(t, func(o *Config) {
				o.Signatures, o.Log = SignaturesAny, slog.New(slog.NewTextHandler(&log, nil))
			})
			location := w.upload(alice, "disk.img", c.change)
			w.objects.put(location, bytes.ReplaceAll(w.objects.get(location), []byte(c.replace[0]), []byte(c.replace[1])))
			registered := w.register(alice, location)
			described := w.image(alice, registered.ID)
			if registered.Unverified != c.unverified || described.Unverified != c.unverified {
				t.Errorf("got unverified %t, described %t; want %t", registered.Unverified, described.Unverified, c.unverified)
			}
			const warning = `level=WARN msg="nobody vouches for the manifest"`
			if got := strings.Contains(log.String(), warning); got != c.unverified {
				t.Errorf("log: got\n%s\nwant the warning: %t", log.String(), c.unverified)
			}
			if _, err := w.Choose(t.Context(), alice, registered.ID, "", ""); err != nil {
				t.Errorf("launch: %v", err)
			}
		})
	}
}

func TestUnknownPolicy(t *testing.T) {
	w := newWorld(t)
	config := w.config
	config.Signatures = "some"
	if _, err := New(t.Context(), config); err == nil || err.Error() != `image signatures "some": neither known nor any` {
		t.Errorf("got %v", err)
	}
}

// TestUserKernels: by default kernels and ramdisks are for administrators
// (TestKinds); a cloud may leave them to everyone.
func TestUserKernels(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.UserKernels = true })
	for name, prefix := range map[string]string{"vmlinuz-1": "eki-", "initrd-1": "eri-"} {
		if img := w.register(alice, w.upload(alice, name)); !strings.HasPrefix(img.ID, prefix) {
			t.Errorf("%s: got %s, want %s…", name, img.ID, prefix)
		}
	}
}
