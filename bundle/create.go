package bundle

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"io"
	"math"
	"runtime"

	"emikit/manifest"

	"golang.org/x/sync/errgroup"
)

// Create bundles image, which must be size bytes long, into sink and returns the
// manifest with its signed document. The parts are in the sink when it returns;
// the document is for the caller to store, last. If it fails, the sink may hold
// some of the parts.
//
// An image that is a [HoleReader] does not have its holes read. A Read of image
// that blocks delays the return after cancellation.
func Create(ctx context.Context, image io.Reader, size int64, o Options, sink Sink) (*manifest.Manifest, []byte, error) {
	m, key, err := prepare(size, &o)
	if err != nil {
		return nil, nil, err
	}
	workers := make([]*deflater, o.Workers)
	for i := range workers {
		if workers[i], err = newDeflater(o.Compression); err != nil {
			return nil, nil, err
		}
	}

	group, ctx := errgroup.WithContext(ctx)
	blocks, hollow := newPool(2*o.Workers+8, blockSize), newPool(hollowBlocks, 0)
	bodies := newPool(1+max(1, o.Held), bodyCapacity(size, o.PartSize))
	tarred, hashed, zipped, parts := queue(blocks, hollow), queue(blocks, hollow), queue(blocks, hollow), queue(bodies)
	split := &partWriter{ctx: ctx, bodies: bodies, size: int(o.PartSize), out: parts}

	group.Go(func() error { return frame(ctx, newImageReader(image, size), m.Name, blocks, hollow, tarred) })
	group.Go(func() error { return digest(ctx, &m.Digest, workers[0], tarred, hashed, zipped) })
	for _, worker := range workers[1:] {
		group.Go(func() error { return worker.run(ctx, hashed) })
	}
	group.Go(func() error { return encrypt(ctx, key, zipped, split) })
	group.Go(func() error { return deliver(ctx, parts, bodies, m, sink) })
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}

	if o.Name != nil {
		if err := o.Name(m.Parts); err != nil {
			return nil, nil, err
		}
	}
	document, err := manifest.Sign(m, o.Signer)
	if err != nil {
		return nil, nil, err
	}
	return m, document, nil
}

// prepare checks o, sets its defaults, and returns the manifest as far as it is
// known. What can be refused is refused here, before any work.
func prepare(size int64, o *Options) (*manifest.Manifest, manifest.Key, error) {
	if o.PartSize == 0 {
		o.PartSize = DefaultPartSize
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.PartSize < 0 || o.PartSize > MaxPartSize {
		return nil, manifest.Key{}, fmt.Errorf("part size %d: not between 1 and %d bytes", o.PartSize, MaxPartSize)
	}
	if size < 0 || size > math.MaxInt64/2 {
		return nil, manifest.Key{}, fmt.Errorf("image size %d: out of range", size)
	}
	key, err := bundlingKey(o.Key)
	if err != nil {
		return nil, manifest.Key{}, err
	}
	m := o.Manifest
	m.Size, m.BundledSize, m.Parts = size, 0, nil
	if err := seal(&m, key, o.UserCert, o.CloudCert); err != nil {
		return nil, manifest.Key{}, err
	}
	return &m, key, rehearse(m, o.Signer)
}

// rehearse signs m with one part, which has the longest name that any may get: what
// would be refused when all the work is done is refused now.
func rehearse(m manifest.Manifest, signer *rsa.PrivateKey) error {
	m.Parts = []manifest.Part{{Name: manifest.PartName(m.Name, maxParts(m.Name))}}
	_, err := manifest.Sign(&m, signer)
	return err
}

func bundlingKey(given *manifest.Key) (manifest.Key, error) {
	if given != nil {
		return *given, nil
	}
	return manifest.NewKey()
}

// seal puts the envelopes of key into m.
func seal(m *manifest.Manifest, key manifest.Key, user, cloud *x509.Certificate) (err error) {
	if cloud == nil {
		return fmt.Errorf("bundle %s: no cloud certificate", m.Name)
	}
	if m.CloudKey, m.CloudIV, err = sealTo(cloud, key); err != nil {
		return fmt.Errorf("cloud certificate: %w", err)
	}
	if user == nil {
		return nil
	}
	if m.UserKey, m.UserIV, err = sealTo(user, key); err != nil {
		return fmt.Errorf("user certificate: %w", err)
	}
	return nil
}

func sealTo(cert *x509.Certificate, key manifest.Key) (sealedKey, sealedIV []byte, err error) {
	to, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, nil, fmt.Errorf("%w: %s, not RSA", manifest.ErrKeyType, cert.PublicKeyAlgorithm)
	}
	if sealedKey, err = manifest.Seal(key.Key, to); err != nil {
		return nil, nil, err
	}
	sealedIV, err = manifest.Seal(key.IV, to)
	return sealedKey, sealedIV, err
}

// bodyCapacity returns how large a part can become: no larger than the whole
// bundle, which at worst (incompressible data is stored) is little larger than the
// image. A small image then does not take the memory of two full parts.
func bodyCapacity(size, partSize int64) int {
	return int(min(partSize, size+size/1000+64<<10))
}
