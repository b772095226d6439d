package objects

import (
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"
)

// Algorithm is one of the checksums that S3 keeps with an object, by the name
// that it has in the header x-amz-checksum-NAME. Empty: none.
type Algorithm string

// The algorithms.
const (
	CRC32     Algorithm = "crc32"
	CRC32C    Algorithm = "crc32c"
	CRC64NVME Algorithm = "crc64nvme"
	SHA1      Algorithm = "sha1"
	SHA256    Algorithm = "sha256"
)

// Checksum is one that is kept with bytes. The zero value is none.
type Checksum struct {
	Algorithm Algorithm
	// Value is in base64. A composite one is that of the parts' checksums, and
	// is followed by "-" and the number of the parts.
	Value string
}

// Composite reports whether the checksum is one of parts' checksums, and not of
// the bytes.
func (c Checksum) Composite() bool { return strings.Contains(c.Value, "-") } // base64 has no dash

// is compares the checksum with what a client states, which may leave out the number
// of the parts, as minio-go does.
func (c Checksum) is(stated string) bool {
	sum, _, _ := strings.Cut(c.Value, "-")
	return stated == c.Value || stated == sum
}

// crc64NVME is the polynomial of the NVM Express specification, bits reversed.
const crc64NVME = 0x9a6c9329ac4bc9b5

// hash makes the hash of an algorithm; nil for none.
func (a Algorithm) hash() (hash.Hash, error) {
	switch a {
	case "":
		return nil, nil
	case CRC32:
		return crc32.NewIEEE(), nil
	case CRC32C:
		return crc32.New(crc32.MakeTable(crc32.Castagnoli)), nil
	case CRC64NVME:
		return crc64.New(crc64.MakeTable(crc64NVME)), nil
	case SHA1:
		return sha1.New(), nil
	case SHA256:
		return sha256.New(), nil
	}
	return nil, fmt.Errorf("checksum %.20q: %w", string(a), ErrBadChecksum)
}

// Of is the checksum of bytes in memory; the zero value for none.
func (a Algorithm) Of(b []byte) (Checksum, error) {
	h, err := a.hash()
	if h == nil || err != nil {
		return Checksum{}, err
	}
	h.Write(b)
	return Checksum{a, base64.StdEncoding.EncodeToString(h.Sum(nil))}, nil
}

// check refuses an algorithm that is not known.
func (a Algorithm) check() error {
	_, err := a.hash()
	return err
}

// checkParts refuses what S3 does not offer for an object of parts: CRC64NVME
// is always of all bytes, and SHA-1 and SHA-256 never are, as they cannot be
// computed from those of the parts.
func (a Algorithm) checkParts(full bool) error {
	if a == CRC64NVME && !full || (a == SHA1 || a == SHA256 || a == "") && full {
		return fmt.Errorf("checksum %.20q: %w", string(a), ErrChecksumType)
	}
	return a.check()
}

// joinedChecksum is that of an object of parts. All parts have checksums of the
// algorithm.
func joinedChecksum(a Algorithm, full bool, parts []Part) (Checksum, error) {
	sums := make([][]byte, len(parts))
	for i, p := range parts {
		sum, err := base64.StdEncoding.DecodeString(p.Checksum.Value)
		if err != nil {
			return Checksum{}, fmt.Errorf("recorded checksum of part %d: %w", p.Number, err)
		}
		sums[i] = sum
	}
	if full {
		return Checksum{a, base64.StdEncoding.EncodeToString(joinCRC(a, sums, parts))}, nil
	}
	h, err := a.hash()
	if err != nil {
		return Checksum{}, err
	}
	for _, sum := range sums {
		h.Write(sum)
	}
	return Checksum{a, fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(h.Sum(nil)), len(parts))}, nil
}

// joinCRC is the CRC of all bytes of parts, in the byte order of its algorithm's
// hash.
func joinCRC(a Algorithm, sums [][]byte, parts []Part) []byte {
	f := field{crc32.IEEE, 32}
	switch a {
	case CRC32C:
		f.polynomial = crc32.Castagnoli
	case CRC64NVME:
		f = field{crc64NVME, 64}
	}
	all := uint64(0)
	for i, sum := range sums {
		all = f.join(all, bigEndian(sum), uint64(parts[i].Size))
	}
	joined := make([]byte, f.bits/8)
	for i := range joined {
		joined[i] = byte(all >> (f.bits - 8*(i+1)))
	}
	return joined
}

func bigEndian(sum []byte) (n uint64) {
	for _, b := range sum {
		n = n<<8 | uint64(b)
	}
	return n
}

// field is the arithmetic of a CRC: polynomials over GF(2) modulo one of degree
// bits. They are written as package hash/crc32 writes them: the coefficient of
// x^0 is the highest bit.
type field struct {
	polynomial uint64
	bits       int
}

// join is the CRC of what has the CRC first with, behind it, size bytes that
// have the CRC second: first times x^(8*size), plus second. It is true for CRCs
// that begin and end by inverting all bits, as these do.
func (f field) join(first, second, size uint64) uint64 {
	one := uint64(1) << (f.bits - 1)
	shift := one
	for power := one >> 8; size > 0; size >>= 1 { // x^8, x^16, x^32, …
		if size&1 != 0 {
			shift = f.times(shift, power)
		}
		power = f.times(power, power)
	}
	return f.times(shift, first) ^ second
}

// times multiplies two polynomials.
func (f field) times(a, b uint64) (product uint64) {
	for bit := uint64(1) << (f.bits - 1); bit > 0; bit >>= 1 {
		if a&bit != 0 {
			product ^= b
		}
		carry := b & 1
		b >>= 1
		if carry != 0 {
			b ^= f.polynomial
		}
	}
	return product
}
