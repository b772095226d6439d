package hostiletest

import (
	"bytes"
	"fmt"
	"strings"

	"emikit/bundle"
)

// sparseMaps are members of GNU's type S with maps that cannot be, of an image that
// holds two runs of data and is as long as the good one.
func sparseMaps() []Vector {
	runs := []Extent{{512, 512}, {2048, 1024}}
	data := bytes.Repeat([]byte("x"), 1536)
	mapped := func(runs ...Extent) inStream {
		return func([]byte) []byte { return archive(sparse(imageSize, data, runs)) }
	}
	entries := func(text string) inStream {
		return func([]byte) []byte { return archive(sparseMap(imageSize, 1536, []byte(text), data)) }
	}
	spoilt := func(at int, field string) inStream {
		return func([]byte) []byte {
			stream := archive(sparse(imageSize, data, runs))
			copy(stream[at:], field)
			putChecksum(stream)
			return stream
		}
	}
	broken := func(name string, item Item, says string, fault fault) Vector {
		return unpacked(name, item, bundle.ErrTar, says, fault)
	}
	const senseless = "its map of holes makes no sense"
	return []Vector{
		harmless("sparse map that is right", SparseCount, mapped(runs...)),
		harmless("sparse map with an empty run", SparseCount, mapped(runs[0], runs[1], Extent{imageSize, 0})),
		broken("sparse runs that overlap", SparseOverlap, senseless, mapped(runs[0], Extent{1000, 1024})),
		broken("sparse runs that are the same", SparseOverlap, senseless, mapped(runs[1], runs[1])),
		broken("sparse runs out of order", SparseUnsorted, senseless, mapped(runs[1], runs[0])),
		broken("sparse run past the end", SparseSize, senseless, mapped(runs[0], Extent{4096, 1024})),
		broken("sparse run that is huge", SparseSize, senseless, entries(octal(512)+octal(512)+octal(2048)+base256(1<<62))),
		broken("sparse run whose end overflows", SparseSize, senseless, entries(octal(512)+octal(512)+base256(1<<62)+base256(1<<62))),
		broken("sparse run of negative length", SparseNumber, senseless, entries(octal(512)+octal(512)+octal(2048)+base256(-1024))),
		broken("sparse run at a negative offset", SparseNumber, senseless, entries(octal(512)+octal(512)+base256(-2048)+octal(1024))),
		broken("sparse run that is no number", SparseNumber, senseless, entries(octal(512)+octal(512)+"not a number"+octal(1024))),
		unpacked("sparse size that is less", SparseSize, bundle.ErrUnbundledSize, "(expected size: 5000, actual: 4000)", spoilt(atRealSize, octal(4000))),
		unpacked("sparse size that is huge", SparseSize, bundle.ErrUnbundledSize, "actual: 1152921504606846976", spoilt(atRealSize, base256(1<<60))),
		broken("sparse size that is negative", SparseNumber, "size", spoilt(atRealSize, base256(-1))),
		broken("sparse data that is less", SparseSize, "its runs of data do not add up", spoilt(atSize, octal(1024))),
		broken("sparse member of another format", SparseNumber, "header", spoilt(atMagic, "tar\x00\x00\x00\x00\x00")),
	}
}

// sparseBombs claim memory, or disk, or time without end; or are less than they claim.
func sparseBombs() []Vector {
	return []Vector{
		unpacked("sparse data that ends", SparseSize, bundle.ErrTar, "unexpected EOF", inStream(func([]byte) []byte {
			return SparseStream(imageSize, Extent{512, 512}, Extent{2048, 1024})[:3*tarBlock]
		})),
		unpacked("sparse map that goes on past the stream", SparseBomb, bundle.ErrTar, "unexpected EOF", inStream(func([]byte) []byte {
			return endlessMap(1000)
		})),
		unpacked("sparse map without end", SparseBomb, bundle.ErrUnbundledSize, "it holds more than", inStream(func([]byte) []byte {
			return endlessMap(9 << 10)
		})),
		unpacked("sparse map of 200000 empty runs", SparseCount, bundle.ErrUnbundledSize, "it holds more than", inStream(func([]byte) []byte {
			return archive(sparseMap(imageSize, 0, bytes.Repeat([]byte(octal(512)+octal(0)), 200_000), nil))
		})),
	}
}

// endlessMap is a stream of blocks of a map, each of which says that another
// follows.
func endlessMap(blocks int) []byte {
	block := make([]byte, tarBlock)
	block[504] = 1
	stream := archive(sparseMap(imageSize, 0, nil, nil))[:tarBlock]
	stream[atMore] = 1
	putChecksum(stream)
	return append(stream, bytes.Repeat(block, blocks)...)
}

// sparsePAX are the same in PAX 1.0. What a map may take there is
// bounded by archive/tar (CVE-2025-58183).
func sparsePAX() []Vector {
	data := bytes.Repeat([]byte("x"), 512)
	// form10 has its map before the data.
	form10 := func(size, sparseMap string) inStream {
		return func([]byte) []byte {
			records := pax("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.name", "../evil", "GNU.sparse.realsize", size)
			return archive(records, file(append(fill([]byte(sparseMap), tarBlock), data...)))
		}
	}
	broken := func(name string, item Item, fault fault) Vector {
		return unpacked(name, item, bundle.ErrTar, "", fault)
	}
	many := fmt.Sprint(300_000, "\n", strings.Repeat("0\n0\n", 300_000))
	return []Vector{
		harmless("PAX 1.0 map that is right", SparseCount, form10("5000", "1\n512\n512\n")),
		broken("PAX 1.0 map of 2^62 runs", SparseBomb, form10("5000", "4611686018427387904\n512\n512\n")),
		broken("PAX 1.0 map of 300000 runs", SparseBomb, form10("5000", many)),
		broken("PAX 1.0 map of endless digits", SparseBomb, form10("5000", strings.Repeat("0", 3<<19)+"1\n512\n512\n")),
		broken("PAX 1.0 map of negative count", SparseCount, form10("5000", "-1\n512\n512\n")),
		broken("PAX 1.0 map that overlaps", SparseOverlap, form10("5000", "2\n512\n512\n600\n0\n")),
		broken("PAX 1.0 map out of order", SparseUnsorted, form10("5000", "2\n1024\n512\n0\n0\n")),
		broken("PAX 1.0 map past the size", SparseSize, form10("5000", "1\n4900\n512\n")),
		broken("PAX 1.0 map whose end overflows", SparseSize, form10("5000", "1\n9223372036854775807\n512\n")),
		broken("PAX 1.0 map that is no number", SparseNumber, form10("5000", "1\nnone\n512\n")),
		unpacked("PAX 1.0 size that is huge", SparseSize, bundle.ErrUnbundledSize, "actual: 4611686018427387904", form10("4611686018427387904", "1\n512\n512\n")),
	}
}

// sparseOlderPAX are those of the two forms that have their map in the records.
func sparseOlderPAX() []Vector {
	data := bytes.Repeat([]byte("x"), 512)
	form01 := func(count, sparseMap string) inStream {
		return func([]byte) []byte {
			return archive(pax("GNU.sparse.size", "5000", "GNU.sparse.numblocks", count, "GNU.sparse.map", sparseMap), file(data))
		}
	}
	form00 := func(count string, runs ...string) inStream {
		return func([]byte) []byte {
			records := []string{"GNU.sparse.size", "5000", "GNU.sparse.numblocks", count}
			return archive(pax(append(records, runs...)...), file(data))
		}
	}
	broken := func(name string, item Item, fault fault) Vector {
		return unpacked(name, item, bundle.ErrTar, "", fault)
	}
	return []Vector{
		harmless("PAX 0.1 map that is right", SparseCount, form01("1", "512,512")),
		broken("PAX 0.1 map of 2^62 runs", SparseBomb, form01("4611686018427387904", "512,512")),
		broken("PAX 0.1 map of 300000 runs", SparseBomb, form01("300000", strings.TrimSuffix(strings.Repeat("0,0,", 300_000), ","))),
		broken("PAX 0.1 map of another count", SparseCount, form01("2", "512,512")),
		broken("PAX 0.1 map that overlaps", SparseOverlap, form01("2", "512,512,600,0")),
		broken("PAX 0.0 map of another count", SparseCount, form00("2", "GNU.sparse.offset", "512", "GNU.sparse.numbytes", "512")),
		broken("PAX 0.0 map without offsets", SparseNumber, form00("1", "GNU.sparse.numbytes", "512", "GNU.sparse.numbytes", "512")),
	}
}
