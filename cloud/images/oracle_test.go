package images

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/sha1"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"emikit/bundle"
	"emikit/bundle/hostiletest"
	"emikit/cloud/caller"
	"emikit/manifest"
)

// sealedLocation is where every bundle of the tests below lies: its name is in
// answers and in the log.
const sealedLocation = "alice/disk.img.manifest.xml"

// spoils are bundles that fail in ways that depend on the decrypted key, made of
// a good one.
func spoils() map[string]func(w *world) {
	redo := func(index int, alter func([]byte)) func(w *world) { // replaces a part and notes its new digest
		return func(w *world) {
			body := w.objects.get(part(sealedLocation, index))
			alter(body)
			w.objects.put(part(sealedLocation, index), body)
			w.resign(sealedLocation, alice, func(m *manifest.Manifest) { m.Parts[index].Digest = sha1.Sum(body) })
		}
	}
	all := map[string]func(w *world){
		"another cloud's certificate": func(w *world) { w.upload(alice, "disk.img", foreignCloud) },
		"first block":                 redo(0, func(b []byte) { b[0] ^= 1 }),
		"middle block":                redo(1, func(b []byte) { b[99] ^= 1 }),
		"last block":                  redo(2, func(b []byte) { b[len(b)-1] ^= 1 }),
		"image digest":                alter(func(m *manifest.Manifest) { m.Digest[0] ^= 1 }),
		"image size":                  alter(func(m *manifest.Manifest) { m.Size++ }),
	}
	for name, envelope := range badEnvelopes(&pairs()["cloud"].key.PublicKey) {
		all["key: "+name] = alter(func(m *manifest.Manifest) { m.CloudKey = envelope })
		all["iv: "+name] = alter(func(m *manifest.Manifest) { m.CloudIV = envelope })
	}
	return all
}

func alter(change func(*manifest.Manifest)) func(w *world) {
	return func(w *world) { w.resign(sealedLocation, alice, change) }
}

// badEnvelopes are RSA ciphertexts of every form that Bleichenbacher's attack
// tells apart, and of those that only we do.
func badEnvelopes(to *rsa.PublicKey) map[string][]byte {
	k := to.Size()
	block := func(kind byte, zero int, text string) []byte { // 0, kind, padding, 0 at an index, padding, text
		b := bytes.Repeat([]byte{0xa5}, k)
		b[0], b[1] = 0, kind
		if zero > 0 {
			b[zero] = 0
		}
		copy(b[k-len(text):], text)
		return b
	}
	const digits = "00112233445566778899aabbccddeeff"
	raw := map[string][]byte{
		"zeros":                  make([]byte, k),
		"one":                    append(make([]byte, k-1), 1),
		"block of type 1":        block(1, k-33, digits),
		"block of type 0":        block(0, k-33, digits),
		"no separator":           block(2, 0, ""),
		"short padding":          block(2, 9, digits),
		"padding of 8 bytes":     block(2, 10, digits),
		"text of 31":             block(2, k-32, digits[1:]),
		"text of 33":             block(2, k-34, digits+"0"),
		"text of 34":             block(2, k-35, digits+"00"),
		"no text":                block(2, k-1, ""),
		"raw key":                block(2, k-17, digits[:16]),
		"one character no digit": block(2, k-33, digits[:31]+"g"),
		"signs and blanks":       block(2, k-33, "0x 1+2-3_4.5 6/7:8@9Ag`GZz{}~\x00\xff\t"),
		"other digits":           block(2, k-33, "ffeeddccbbaa99887766554433221100"),
	}
	sealed := map[string][]byte{"beyond the modulus": bytes.Repeat([]byte{0xff}, k)}
	for name, block := range raw {
		c := new(big.Int).Exp(new(big.Int).SetBytes(block), big.NewInt(int64(to.E)), to.N)
		sealed[name] = c.FillBytes(make([]byte, k))
	}
	return sealed
}

// evidence is all that a registration leaves for anyone to see.
type evidence struct {
	Answers  []string // the errors, with their conditions
	Took     []time.Duration
	Image    string // what its owner is told of an image that was pending
	Launch   string // and when launching it
	Verdicts []string
	Reads    map[string]bool // how often each part was opened, and its bytes read
	Wait     time.Duration   // until the failures are forgotten
	Log      string
}

// collect registers the bundle at sealedLocation: as it is; again, which finds
// the verdict; and with its parts written anew, without waiting for the check.
func collect(w *world, log *strings.Builder) (e evidence) {
	w.t.Helper()
	for range 2 {
		start := time.Now()
		_, err := w.Register(w.t.Context(), alice, Request{Location: sealedLocation})
		e.Answers = append(e.Answers, fmt.Sprintf("%#v, %v", err, errorsUnder(err)))
		e.Took = append(e.Took, time.Since(start))
	}
	e.Reads = w.reads()
	w.rewriteParts()
	w.Service.config.Budget = time.Nanosecond
	img := w.register(alice, sealedLocation)
	w.checked()
	e.Image = fmt.Sprintf("%s then %s: %s", img.State, w.image(alice, img.ID).State, w.image(alice, img.ID).Reason)
	_, err := w.Choose(w.t.Context(), alice, img.ID, "", "")
	e.Launch = fmt.Sprint(err)
	e.Verdicts = w.verdicts()
	e.Wait = time.Until(w.checks.failures.forgotten[alice.Account])
	e.Log = log.String()
	ids := regexp.MustCompile(`emi-[0-9A-F]{8}`)
	e.Launch, e.Log = ids.ReplaceAllString(e.Launch, "EMI"), ids.ReplaceAllString(e.Log, "EMI")
	return e
}

// errorsUnder are the texts of all errors that an error wraps.
func errorsUnder(err error) (texts []string) {
	for err != nil {
		texts = append(texts, err.Error())
		inner, ok := err.(interface{ Unwrap() error })
		if !ok {
			break
		}
		err = inner.Unwrap()
	}
	return texts
}

// reads tells how often the parts of alice's bundle were opened and read to
// their end.
func (w *world) reads() map[string]bool {
	w.objects.mu.Lock()
	defer w.objects.mu.Unlock()
	all := map[string]bool{}
	for name, o := range w.objects.objects {
		if strings.Contains(name, ".part.") {
			times := float64(w.objects.read[name]) / float64(max(1, len(o.data)))
			all[fmt.Sprintf("opened %d times, read %v times", w.objects.opened[name], times)] = true
		}
	}
	return all
}

func (w *world) rewriteParts() {
	for name := range w.objects.objects {
		if strings.Contains(name, ".part.") {
			w.objects.put(name, w.objects.get(name))
		}
	}
}

func (w *world) verdicts() (all []string) {
	w.t.Helper()
	err := w.db.View(w.t.Context(), func(tx *sql.Tx) error {
		rows, err := tx.Query(`SELECT outcome || ' ' || reason FROM image_checks`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one string
			if err := rows.Scan(&one); err != nil {
				return err
			}
			all = append(all, one)
		}
		return rows.Err()
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// wantEvidence is what every failure that depends on the key comes to.
func wantEvidence() evidence {
	const refused = "Image registration failed: " + unrecoverable
	answer := fmt.Sprintf("%#v, %v", refuse(ErrUnrecoverable, refused), []string{refused, ErrUnrecoverable.Error()})
	const later = "time=2000-01-01T00:00:01.000Z level=INFO "
	const about = " location=" + sealedLocation
	return evidence{
		Answers:  []string{answer, answer},
		Took:     []time.Duration{failureQuantum, 0},
		Image:    "pending then failed: " + unrecoverable,
		Launch:   "Image EMI cannot be run: " + unrecoverable,
		Verdicts: []string{"failed " + unrecoverable, "failed " + unrecoverable},
		Reads:    map[string]bool{"opened 2 times, read 2 times": true},
		Wait:     2*failurePause - failureQuantum,
		Log: later + `msg="image check failed"` + about + ` cause="` + unrecoverable + "\"\n" +
			strings.Repeat(later+`msg="image not registered"`+about+" account=000000000002 cause=\""+refused+"\"\n", 2) +
			later + `msg="image registered"` + about + " account=000000000002 image=EMI state=pending unverified=false\n" +
			strings.Replace(later, "01.000", "02.000", 1) + `msg="image check failed"` + about + ` cause="` + unrecoverable + "\"\n",
	}
}

// TestKeyDependentFailuresLookAlike: neither the answers, nor their times, nor
// what is recorded or logged may tell apart what goes wrong after decryption, or
// registration answers questions about keys.
func TestKeyDependentFailuresLookAlike(t *testing.T) {
	alike := func(t *testing.T, config func(*Config), prepare func(w *world)) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var log strings.Builder
			w := newWorld(t, config, func(c *Config) {
				c.Log, c.quantum = slog.New(slog.NewTextHandler(&log, nil)), failureQuantum
			})
			prepare(w)
			if diff := cmp.Diff(wantEvidence(), collect(w, &log)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for name, spoil := range spoils() {
		t.Run(name, func(t *testing.T) {
			alike(t, func(*Config) {}, func(w *world) {
				w.upload(alice, "disk.img")
				spoil(w)
			})
		})
	}
	for _, v := range sealedVectors() {
		t.Run(v.Name, func(t *testing.T) { alike(t, hostileCloud, func(w *world) { w.store(v.Bundle()) }) })
	}
}

// sealedVectors are the hostile bundles that fail in this way, one of each kind:
// TestHostile has the texts of them all.
func sealedVectors() (some []hostiletest.Vector) {
	seen := map[hostiletest.Item]bool{}
	for _, v := range hostiletest.Vectors() {
		if v.Registration == hostiletest.Sealed && !seen[v.Item] {
			seen[v.Item] = true
			some = append(some, v)
		}
	}
	return some
}

// hostileCloud has the keys of the hostile bundles.
func hostileCloud(c *Config) {
	c.Trust = goldenKeys{fakeTrust{identityPair{hostiletest.CloudKey(), hostiletest.CloudCertificate()}}, hostiletest.UserCertificate()}
}

// store puts a bundle into alice's bucket.
func (w *world) store(b *hostiletest.Bundle) {
	w.objects.owners["alice"] = alice.Account
	w.objects.put(sealedLocation, b.Document)
	for _, f := range b.Files {
		w.objects.put("alice/"+f.Name, f.Data)
	}
}

// largeParts is how many parts a bundle has that is much larger than what is
// read ahead.
const largeParts = 10

// uploadLarge makes such a bundle for alice.
func (w *world) uploadLarge(change func(*bundle.Options)) {
	w.t.Helper()
	w.uploadSize = largeParts<<20 - 1<<19
	w.upload(alice, "disk.img", change, func(o *bundle.Options) { o.PartSize = 1 << 20 })
}

// TestFailedRecoveryReadsEverything: a bundle that is much larger than what is
// read ahead takes the same time, and the same reading, whether its recovery
// fails at the first byte or the last. Opening a part takes a while here.
func TestFailedRecoveryReadsEverything(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // reading ahead grows with it
	const parts, slow = largeParts, 300 * time.Millisecond
	register := func(t *testing.T, want error, change func(*bundle.Options), spoil func(*manifest.Manifest)) (took time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.quantum, c.Budget = failureQuantum, time.Hour })
			w.uploadLarge(change)
			w.resign(sealedLocation, alice, spoil)
			w.objects.hook(func(_ context.Context, name string) error {
				if strings.Contains(name, ".part.") {
					time.Sleep(slow)
				}
				return nil
			})
			start := time.Now()
			_, err := w.Register(t.Context(), alice, Request{Location: sealedLocation})
			took = time.Since(start)
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
			if diff := cmp.Diff(map[string]bool{"opened 2 times, read 2 times": true}, w.reads()); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
		return took
	}
	nothing := func(*bundle.Options) {}
	early := register(t, ErrUnrecoverable, foreignCloud, func(*manifest.Manifest) {})
	late := register(t, ErrUnrecoverable, nothing, func(m *manifest.Manifest) { m.Digest[0] ^= 1 })
	if early != late || early < parts*slow {
		t.Errorf("failed at the first byte: after %v, at the last: after %v; want the same, at least %v", early, late, parts*slow)
	}
	if passed := register(t, nil, nothing, func(*manifest.Manifest) {}); passed > late {
		t.Errorf("passed after %v, failed after %v: want a failure to read no less", passed, late)
	}
}

func TestRoundUp(t *testing.T) {
	for _, c := range []struct{ took, want time.Duration }{
		{-1, 1000}, {0, 1000}, {1, 999}, {999, 1}, {1000, 0}, {1001, 999},
	} {
		if got := roundUp(c.took, 1000); got != c.want {
			t.Errorf("roundUp(%d, 1000): got %d, want %d", c.took, got, c.want)
		}
	}
}

// TestStorageFaultIsSeenByAll: a part that goes away is no less noticed when the
// recovery has failed before it.
func TestStorageFaultIsSeenByAll(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // reading ahead grows with it
	for name, change := range map[string]func(*bundle.Options){"good": func(*bundle.Options) {}, "sealed to others": foreignCloud} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.uploadLarge(change)
			last := part(sealedLocation, largeParts-1)
			w.objects.hook(func(_ context.Context, opened string) error {
				if opened == last && w.objects.opens(last) > 0 {
					w.objects.remove(last)
				}
				return nil
			})
			_, err := w.Register(t.Context(), alice, Request{Location: sealedLocation})
			if !errors.Is(err, ErrBundle) || !strings.Contains(err.Error(), "the parts were changed") {
				t.Errorf("got %v, want %v: the parts were changed", err, ErrBundle)
			}
			if wait := w.checks.failures.forgotten; len(wait) > 0 {
				t.Errorf("counted as a failure that depends on the key: %v", wait)
			}
		})
	}
}

// TestFailuresSlowAnAccountDown: ten guesses at once, then ten a minute, for
// administrators too. Nobody else is slowed down, and what is known already is
// answered still.
func TestFailuresSlowAnAccountDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		guess := func(who caller.Caller) error {
			location := w.upload(who, "guess.img", foreignCloud)
			_, err := w.Register(t.Context(), who, Request{Location: location})
			return err
		}
		for _, who := range []caller.Caller{alice, admin} {
			for n := range failureBurst {
				if err := guess(who); !errors.Is(err, ErrUnrecoverable) {
					t.Fatalf("%s, guess %d: got %v, want %v", who.Name, n+1, err, ErrUnrecoverable)
				}
			}
			err := guess(who)
			want := "Image registration failed: too many bundles of your account could not be recovered lately; wait 6 seconds before the next."
			if !errors.Is(err, ErrTooManyFailures) || err.Error() != want {
				t.Errorf("%s, a guess too many: got %v, want %s", who.Name, err, want)
			}
		}
		if err := guess(mallory); !errors.Is(err, ErrUnrecoverable) {
			t.Errorf("another account: got %v, want %v", err, ErrUnrecoverable)
		}
		time.Sleep(failurePause)
		for n, want := range []error{ErrUnrecoverable, ErrTooManyFailures} {
			if err := guess(alice); !errors.Is(err, want) {
				t.Errorf("guess %d after a pause: got %v, want %v", n+1, err, want)
			}
		}
		time.Sleep(failureBurst * failurePause)
		if img := w.register(alice, w.upload(alice, "good.img")); img.State != StateAvailable {
			t.Errorf("later: got %s, want available", img.State)
		}
	})
}

// TestKnownVerdictIsNoGuess: asking again for what is recorded costs nothing.
func TestKnownVerdictIsNoGuess(t *testing.T) {
	w := newWorld(t)
	location := w.upload(alice, "disk.img", foreignCloud)
	for n := range 2 * failureBurst {
		if _, err := w.Register(t.Context(), alice, Request{Location: location}); !errors.Is(err, ErrUnrecoverable) {
			t.Fatalf("attempt %d: got %v, want %v", n+1, err, ErrUnrecoverable)
		}
	}
}

func TestFailures(t *testing.T) {
	f, now := newFailures(), time.Unix(1, 0)
	for range failureBurst + 5 { // five were in line already
		f.add("a", now)
	}
	if got := f.wait("a", now); got != 6*failurePause {
		t.Errorf("beyond the burst: got %v to wait, want %v", got, 6*failurePause)
	}
	if got := f.wait("b", now); got != 0 {
		t.Errorf("an account without failures: got %v to wait", got)
	}
	f.add("b", now.Add(time.Hour))
	if len(f.forgotten) != 1 {
		t.Errorf("an hour later: got %v, want only what is new", f.forgotten)
	}
}
