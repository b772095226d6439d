package bundle

import "fmt"

// Compression says how much time Create may take to make the parts smaller.
type Compression string

// The compressions there are; the empty one is CompressionDefault. What each costs
// and saves is in docs/performance.md.
const (
	CompressionFast    Compression = "fast"
	CompressionDefault Compression = "default"
	CompressionBest    Compression = "best"
)

// Compressions lists the names that a Compression can have.
func Compressions() []Compression {
	return []Compression{CompressionFast, CompressionDefault, CompressionBest}
}

// level is the compressor's level. Each is the one that, in measurements of its
// time and its size over a mixed image, no other beats in both.
func (c Compression) level() (int, error) {
	switch c {
	case CompressionFast:
		return 2, nil
	case CompressionDefault, "":
		return 5, nil
	case CompressionBest:
		return 7, nil
	}
	return 0, fmt.Errorf("compression %.20q: not one of %v", string(c), Compressions())
}
