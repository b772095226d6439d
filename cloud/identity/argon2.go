package identity

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// cost is what argon2id spends on a password.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// passwordCost is the first choice of OWASP's Password Storage Cheat Sheet for
// machines that do other things beside: 19 MiB, two passes.
func passwordCost() cost { return cost{memory: 19 << 10, passes: 2, threads: 1} }

const (
	saltBytes = 16
	hashBytes = 32
	// hashesAtOnce bounds the memory that passwords take, to 76 MiB; more wait.
	hashesAtOnce = 4
)

// phc is a hashed password with all it takes to check one against it. Its text is
// the form of the PHC string format, as the reference implementation of argon2
// prints it.
type phc struct {
	cost cost
	salt []byte
	hash []byte
}

// String is for the database.
func (p phc) String() string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		p.cost.memory, p.cost.passes, p.cost.threads, b64(p.salt), b64(p.hash))
}

var errBadPHC = errors.New("stored password is not one of argon2id, or costs more than it may")

// parsePHC reads what String wrote, also with other costs, up to bounds above
// which one password would hold up the cloud.
func parsePHC(text string) (p phc, err error) {
	const maxMemory, maxPasses, maxThreads, maxBytes = 1 << 20, 64, 64, 64
	fields := strings.Split(text, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, errBadPHC
	}
	c := &p.cost
	if n, err := fmt.Sscanf(fields[3], "m=%d,t=%d,p=%d", &c.memory, &c.passes, &c.threads); err != nil || n != 3 {
		return phc{}, errBadPHC
	}
	for _, part := range []struct {
		text string
		to   *[]byte
	}{{fields[4], &p.salt}, {fields[5], &p.hash}} {
		if *part.to, err = base64.RawStdEncoding.DecodeString(part.text); err != nil || len(*part.to) > maxBytes {
			return phc{}, errBadPHC
		}
	}
	if len(p.salt) < 8 || len(p.hash) < 16 || c.memory > maxMemory ||
		c.passes < 1 || c.passes > maxPasses || c.threads < 1 || c.threads > maxThreads || p.String() != text {
		return phc{}, errBadPHC
	}
	return p, nil
}

// hasher hashes passwords, some at a time. It is safe for concurrent use.
type hasher struct {
	slots chan struct{}
	// derive is argon2.IDKey.
	derive func(password, salt []byte, passes, memory uint32, threads uint8, length uint32) []byte
}

func newHasher() *hasher {
	return &hasher{slots: make(chan struct{}, hashesAtOnce), derive: argon2.IDKey}
}

// hash makes length bytes of a password, when its turn comes. The error is the
// cause of ctx, when that ended before.
func (h *hasher) hash(ctx context.Context, password string, c cost, salt []byte, length int) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() { <-h.slots }()
	return h.derive([]byte(password), salt, c.passes, c.memory, c.threads, uint32(length)), nil
}

// matches reports whether password is the one of which the database has stored.
// Without any, as for a password that is longer than one may be, it takes as long
// and says no.
func (h *hasher) matches(ctx context.Context, stored, password string) (bool, error) {
	possible := stored != "" && len(password) <= maxPassword
	want := phc{passwordCost(), make([]byte, saltBytes), make([]byte, hashBytes)}
	if possible {
		var err error
		if want, err = parsePHC(stored); err != nil {
			return false, err
		}
	}
	got, err := h.hash(ctx, password[:min(len(password), maxPassword)], want.cost, want.salt, len(want.hash))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want.hash) == 1 && possible, nil
}
