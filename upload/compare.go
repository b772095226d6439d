package upload

import (
	"encoding/base64"
	"sync/atomic"

	"emikit/manifest"
)

// comparing says whether a store compares a body with the SHA-1 that comes with it. Who
// does says so in the answer (Amazon S3, "Checking object integrity"). The digest that
// the manifest has of a part, which is known when the part is made, then protects it on
// its way, and no other checksum needs to be taken. It may be used from several
// goroutines at once.
type comparing struct{ state atomic.Int32 }

const (
	unknown  = iota
	compares // the store has said so
	insists  // on what protected bodies until then, though
)

// learn remembers what the store made of a body that it has taken.
func (c *comparing) learn(sent sums, compared string) {
	if sent.keep != "" && compared == sent.keep {
		c.state.CompareAndSwap(unknown, compares)
	}
}

func (c *comparing) sufficient() bool { return c.state.Load() == compares }

// insist is called when a body was refused that had nothing else to protect it.
func (c *comparing) insist() { c.state.Store(insists) }

// kept is the form in which a store compares and keeps a digest.
func kept(d manifest.Digest) string { return base64.StdEncoding.EncodeToString(d[:]) }
