// Package inflate decodes raw DEFLATE (RFC 1951) from memory to memory.
//
// Unbundling needs two things that readers made for streams do not give. It
// decodes straight into the buffer that goes on to the next stage, with no window
// of its own to copy from; and it says exactly how many bytes a stream took, so that
// pieces of one stream that refer to nothing outside themselves can be decoded at
// the same time.
//
//	src ─→ refill ─→ bit buffer ─→ table look-up ─┬─ literal ────────→ dst
//	                                              └─ length, distance → copy within dst
//
// decode.go has the states of a stream, fast.go the loop in which almost all time
// is spent, table.go the look-up tables of the prefix codes.
//
// The input may be hostile: nothing is read or written outside the slices given,
// and the work is bounded by the lengths of both.
package inflate
