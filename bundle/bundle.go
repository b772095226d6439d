package bundle

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"io"

	"emikit/manifest"
)

// DefaultPartSize is the size of a part in bytes, the one that ec2-ami-tools
// and euca2ools use.
const DefaultPartSize = 10 << 20

// MaxPartSize is the largest part that Create makes, in bytes. Two parts are
// held in memory at a time, unless Options say more.
const MaxPartSize = 1 << 30

// Sink takes the parts of a bundle. Put is called from one goroutine at a time,
// in the order of the parts. body is the sink's to read until it calls done, once, from
// any goroutine, in Put or later; if it fails it need not.
type Sink interface {
	Put(ctx context.Context, part manifest.Part, body []byte, done func()) error
}

// Source gives the parts of a bundle. Open may be called from several
// goroutines at once; the caller closes what it returns. A part that is not
// there is an error for which errors.Is(err, fs.ErrNotExist) or errors.Is(err,
// ErrMissingPart) holds.
type Source interface {
	Open(ctx context.Context, part manifest.Part) (io.ReadCloser, error)
}

// HoleReader is an image that knows where runs of zero bytes lie. Create does not
// read what SkipHole can skip.
type HoleReader interface {
	io.Reader
	// Hole returns the number of zero bytes known to come next without reading
	// them, 0 if data comes next.
	Hole() (int64, error)
	// SkipHole moves on by n bytes, at most what Hole returned.
	SkipHole(n int64) error
}

// Options say how Create makes a bundle.
type Options struct {
	// Manifest holds what is known beforehand: Name, Arch, User, Kind, KernelID,
	// RamdiskID, Mappings, ProductCodes, Ancestors, Bundler. Create fills in the
	// rest on a copy.
	Manifest manifest.Manifest
	// PartSize in bytes; 0 means DefaultPartSize.
	PartSize int64
	// Key is the bundling key and IV; nil means a fresh random one.
	Key *manifest.Key
	// UserCert and CloudCert are whom the bundling key is sealed to. UserCert may
	// be nil: then only the cloud can unbundle.
	UserCert, CloudCert *x509.Certificate
	// Signer signs the manifest; nil leaves it UNSIGNED.
	Signer *rsa.PrivateKey
	// Name, if not nil, gives the parts other names when all of them are in the sink,
	// and before the manifest is signed. It sees to the sink itself.
	Name func(parts []manifest.Part) error
	// Held is how many parts the sink has at once before it is done with the first; 0
	// means 1. One more is in memory, which is being made.
	Held int
	// Workers is the number of blocks compressed at once; 0 means GOMAXPROCS.
	Workers int
	// Compression is how hard to compress; empty means CompressionDefault.
	Compression Compression
}
