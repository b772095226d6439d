package bundle

import (
	"errors"

	"emikit/lockfile"
)

// Errors that do not depend on the bundling key: anyone who holds the manifest
// and the parts can find them.
var (
	// ErrMissingPart: a part that the manifest names is not there.
	ErrMissingPart = errors.New("part is missing")
	// ErrPartDigest: a part's SHA-1 is not the one in the manifest; it was
	// truncated, altered or replaced.
	ErrPartDigest = errors.New("part does not match its digest")
	// ErrBundledSize: the parts together are not as long as the manifest says, or
	// cannot be AES-CBC ciphertext.
	ErrBundledSize = errors.New("parts do not add up to the bundled size")
	// ErrImpossibleSize: the manifest says that the image is larger than anything
	// that its parts can hold.
	ErrImpossibleSize = errors.New("image cannot be that large")
	// ErrImageSize: the image to be bundled is shorter or longer than was said.
	ErrImageSize = errors.New("image size does not match")
	// ErrLocked: another run is writing a bundle or an image of that name there.
	ErrLocked = lockfile.ErrLocked
	// ErrInput: what is to be written would replace a file that is being read.
	ErrInput = errors.New("would be replaced by what is made from it")
	// ErrTooManyParts: the manifest would grow past manifest.MaxSize.
	ErrTooManyParts = errors.New("too many parts")
)

// Errors that depend on what came out of decryption. Each of them also satisfies
// errors.Is(err, ErrKeyDependent). Whoever decrypts for others with a key that
// they do not hold (the cloud, at registration) must show them as one and the same
// error, or it answers questions about the key.
var (
	// ErrKeyDependent stands for all of them.
	ErrKeyDependent = errors.New("bundle does not decrypt to its image")
	// ErrPadding: the last block has no PKCS#7 padding; nearly always a wrong key.
	ErrPadding error = keyDependent("bad padding after decryption")
	// ErrGzip: what was decrypted is not one well-formed gzip stream.
	ErrGzip error = keyDependent("decrypted data is not valid gzip")
	// ErrTar: the tar stream does not hold exactly one regular file.
	ErrTar error = keyDependent("not a tar stream of one regular file")
	// ErrUnbundledSize: the image inside is not as long as the manifest says.
	ErrUnbundledSize error = keyDependent("image size is not the one in the manifest")
	// ErrImageDigest: the SHA-1 of the tar stream is not the one in the manifest.
	ErrImageDigest error = keyDependent("image does not match its digest")
)

// keyDependent is a sentinel of the second family.
type keyDependent string

func (e keyDependent) Error() string { return string(e) }

// Is puts every error of the family under ErrKeyDependent.
func (e keyDependent) Is(target error) bool { return target == ErrKeyDependent }

// hinted is an error with advice for the user.
type hinted struct {
	error
	hint string
}

// Hint returns the advice, one line.
func (h hinted) Hint() string { return h.hint }

func (h hinted) Unwrap() error { return h.error }
