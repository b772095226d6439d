package identity

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

func TestPasswords(t *testing.T) {
	s, _ := newService(t)
	ctx := t.Context()
	alice := newAccount(t, s, "alice")
	if _, err := s.CheckPassword(ctx, "alice", ""); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("without a password: got %v, want %v", err, ErrWrongPassword)
	}
	for _, password := range []string{"correct horse", "pässwörter ☃"} { // the second in the place of the first
		if err := s.SetPassword(ctx, alice.ID, password); err != nil {
			t.Fatal(err)
		}
		if who, err := s.CheckPassword(ctx, "alice", password); who != alice.caller() || err != nil {
			t.Errorf("%q: got %+v, %v; want %+v", password, who, err, alice.caller())
		}
	}
	for name, password := range map[string]string{
		"alice": "correct horse", "Alice": "pässwörter ☃", "bob": "pässwörter ☃", "admin": "", SystemName: "", alice.ID: "pässwörter ☃",
	} {
		if who, err := s.CheckPassword(ctx, name, password); !errors.Is(err, ErrWrongPassword) || who.Account != "" || who.System {
			t.Errorf("%s with %q: got %+v, %v; want %v", name, password, who, err, ErrWrongPassword)
		}
	}
	var stored string
	if err := scanOne(t, s, &stored, "SELECT password FROM accounts WHERE name = 'alice'"); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(stored, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(stored, "horse") {
		t.Errorf("stored as %s", stored)
	}
	if a, err := s.Account(ctx, alice.ID); !a.HasPassword || err != nil {
		t.Errorf("got %+v, %v; want it to have a password", a, err)
	}
}

func TestSetPasswordRefuses(t *testing.T) {
	s, _ := newService(t)
	alice := newAccount(t, s, "alice")
	for password, want := range map[string]string{
		"":                        "fewer than 8 characters",
		"1234567":                 "fewer than 8 characters",
		"ööööööö":                 "fewer than 8 characters", // 14 bytes
		"xxALICExx":               "contains the account's name",
		"line\nbreak":             "cannot be typed",
		"not\xffutf8":             "cannot be typed",
		strings.Repeat("x", 1025): "more than 1024 bytes",
	} {
		err := s.SetPassword(t.Context(), alice.ID, password)
		if !errors.Is(err, ErrBadPassword) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %v with %q", password, err, ErrBadPassword, want)
		}
		if err != nil && len(password) > 1 && strings.Contains(err.Error(), password) {
			t.Errorf("%.20q: the error shows the password: %v", password, err)
		}
	}
}

// The vector was made with the reference implementation's command:
//
//	printf 'correct horse' | argon2 somesalt -id -t 2 -k 19456 -p 1 -l 32 -e
func TestForeignHash(t *testing.T) {
	const stored = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$YcJRdAHXGYvVS9oxrmGE2PWNls1pxO2wCxHyCPxEXAY"
	for password, want := range map[string]bool{"correct horse": true, "correct horsf": false, "": false} {
		if got, err := newHasher().matches(t.Context(), stored, password); got != want || err != nil {
			t.Errorf("%q: got %v, %v; want %v", password, got, err, want)
		}
	}
}

func TestBadStoredHashes(t *testing.T) {
	good := phc{passwordCost(), make([]byte, 16), make([]byte, 32)}.String()
	if _, err := parsePHC(good); err != nil {
		t.Fatalf("%s: %v", good, err)
	}
	for _, change := range [][2]string{
		{"argon2id", "argon2i"}, {"v=19", "v=16"}, {"m=19456", "m=1048577"}, {"m=19456", "m=-1"}, {"m=19456", "m=019456"},
		{"t=2", "t=0"}, {"t=2", "t=65"}, {"p=1", "p=0"}, {"p=1", "p=65"}, {"p=1", "p=1,x=1"}, {"$AAAA", "$!!!!"},
		{"AAAAAAAAAAAAAAAAAAAAAA$", "AAAA$"}, {"$argon2id", "argon2id"}, {"AA$AA", "AA$AA$AA"},
		{good, ""}, {good, "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" + strings.Repeat("A", 88)},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Fatalf("%q is not in %s", change[0], good)
		}
		if _, err := parsePHC(bad); !errors.Is(err, errBadPHC) {
			t.Errorf("%s: got %v, want %v", bad, err, errBadPHC)
		}
	}
}

// What a check costs tells nothing: every one takes one derivation of the same
// cost, whether there is such an account or not.
func TestEveryCheckCostsTheSame(t *testing.T) {
	s, _ := newService(t)
	if err := s.SetPassword(t.Context(), newAccount(t, s, "alice").ID, "correct horse"); err != nil {
		t.Fatal(err)
	}
	newAccount(t, s, "without")
	derive := s.hasher.derive
	for name, password := range map[string]string{
		"alice": "wrong", "nobody": "correct horse", "without": "correct horse", SystemName: "x", "": "", "admin": strings.Repeat("x", 1<<20),
	} {
		var costs []string
		s.hasher.derive = func(p, salt []byte, passes, memory uint32, threads uint8, length uint32) []byte {
			costs = append(costs, fmt.Sprint(passes, memory, threads, length, len(salt), len(p) <= maxPassword))
			return derive(p, salt, passes, memory, threads, length)
		}
		if _, err := s.CheckPassword(t.Context(), name, password); !errors.Is(err, ErrWrongPassword) {
			t.Errorf("%q: got %v, want %v", name, err, ErrWrongPassword)
		}
		if got, want := fmt.Sprint(costs), "[2 19456 1 32 16 true]"; got != want {
			t.Errorf("%q: derived %s, want %s", name, got, want)
		}
	}
}

// No more than hashesAtOnce take their memory at a time; who waits gives up when
// its context ends.
func TestHashesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var (
			mu            sync.Mutex
			running, most int
		)
		h := newHasher()
		let := make(chan struct{})
		h.derive = func(_, _ []byte, _, _ uint32, _ uint8, length uint32) []byte {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			<-let
			mu.Lock()
			running--
			mu.Unlock()
			return make([]byte, length)
		}
		var all sync.WaitGroup
		for range 3 * hashesAtOnce {
			all.Go(func() {
				if _, err := h.matches(context.Background(), "", "x"); err != nil {
					t.Errorf("got %v", err)
				}
			})
		}
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := h.matches(ctx, "", "x"); !errors.Is(err, context.Canceled) {
			t.Errorf("with a context that ended: got %v, want %v", err, context.Canceled)
		}
		close(let)
		all.Wait()
		if most != hashesAtOnce {
			t.Errorf("%d at once, want %d", most, hashesAtOnce)
		}
	})
}
