package hostiletest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"

	"emikit/bundle"
	"emikit/manifest"
)

// gzips are streams that are not what gzip makes of the image, or more than that.
func gzips() []Vector {
	then := func(alter func(zip []byte) []byte) inZip {
		return func(stream []byte) []byte { return alter(gzipped(stream)) }
	}
	broken := func(name string, item Item, fault fault) Vector {
		return unpacked(name, item, bundle.ErrGzip, "decrypted data is not valid gzip", fault)
	}
	bomb := func(size int) inZip {
		return func(stream []byte) []byte { return gzipped(append(bytes.Clone(stream), make([]byte, size)...)) }
	}
	members := func(size int) inZip {
		return func(stream []byte) (zip []byte) {
			for piece := range slices.Chunk(stream, size) {
				zip = append(zip, gzipped(piece)...)
			}
			return zip
		}
	}
	return []Vector{
		unpacked("gzip bomb", GzipBomb, bundle.ErrUnbundledSize, "it holds more than", bomb(5<<20)),
		unpacked("gzip bomb of many members", GzipBomb, bundle.ErrUnbundledSize, "it holds more than", inZip(func(stream []byte) []byte {
			return append(gzipped(stream), bytes.Repeat(gzipped(make([]byte, 1<<20)), 20)...)
		})),
		harmless("several gzip members", GzipMembers, members(777)),
		harmless("gzip member of nothing", GzipMembers, then(func(zip []byte) []byte { return append(zip, gzipped(nil)...) })),
		harmless("thousands of gzip members of nothing", GzipMembers, then(func(zip []byte) []byte { return append(zip, bytes.Repeat(gzipped(nil), 5000)...) })),
		broken("garbage behind gzip", GzipTrailing, then(func(zip []byte) []byte { return append(zip, "garbage"...) })),
		broken("zeros behind gzip", GzipTrailing, then(func(zip []byte) []byte { return append(zip, make([]byte, tarBlock)...) })),
		broken("half a member behind gzip", GzipTrailing, then(func(zip []byte) []byte { return append(zip, zip[:12]...) })),
		broken("gzip with a wrong checksum", GzipDamage, then(func(zip []byte) []byte { zip[len(zip)-8] ^= 1; return zip })),
		broken("gzip with a wrong length", GzipDamage, then(func(zip []byte) []byte { zip[len(zip)-4] ^= 1; return zip })),
		broken("gzip with damaged blocks", GzipDamage, then(func(zip []byte) []byte { zip[10] = 7; return zip })), // a block of the reserved type
		broken("gzip cut by a byte", GzipDamage, then(func(zip []byte) []byte { return zip[:len(zip)-1] })),
		broken("gzip cut in half", GzipDamage, then(func(zip []byte) []byte { return zip[:len(zip)/2] })),
		broken("gzip cut in its header", GzipDamage, then(func(zip []byte) []byte { return zip[:5] })),
		broken("no gzip at all", GzipDamage, then(func([]byte) []byte { return nil })),
	}
}

// gzipHeaders are headers with optional fields, and such as cannot be.
func gzipHeaders() []Vector {
	then := func(alter func(zip []byte) []byte) inZip {
		return func(stream []byte) []byte { return alter(gzipped(stream)) }
	}
	broken := func(name string, item Item, fault fault) Vector {
		return unpacked(name, item, bundle.ErrGzip, "decrypted data is not valid gzip", fault)
	}
	const flagHeaderCRC, flagExtra, flagName, flagComment, flagReserved = 2, 4, 8, 16, 32
	fields := func(flags byte, fields string) inZip {
		return then(func(zip []byte) []byte { return withFields(zip, flags, fields) })
	}
	return []Vector{
		harmless("gzip with a name that climbs", GzipHeader, fields(flagName, "../../evil\x00")),
		harmless("gzip with a comment", GzipHeader, fields(flagComment, "evil\x00")),
		harmless("gzip with an extra field", GzipHeader, fields(flagExtra, "\xff\xff"+string(make([]byte, 0xffff)))),
		harmless("gzip with a header checksum", GzipHeader, fields(flagHeaderCRC, headerCRC(0))),
		broken("gzip with a wrong header checksum", GzipHeader, fields(flagHeaderCRC, headerCRC(1))),
		broken("gzip with an endless name", GzipHeader, fields(flagName, strings.Repeat("n", 64<<10))),
		broken("gzip with an extra field past its end", GzipHeader, then(func(zip []byte) []byte { return withFields(zip, flagExtra, "\xff\xff")[:20] })),
		broken("gzip of another method", GzipHeader, then(func(zip []byte) []byte { zip[2] = 7; return zip })),
		broken("gzip of another magic", GzipHeader, then(func([]byte) []byte { return []byte("PK\x03\x04, which is zip") })),
	}
}

// withFields puts optional fields into a gzip header (RFC 1952, 2.3).
func withFields(zip []byte, flags byte, fields string) []byte {
	const header = 10 // bytes
	zip = slices.Concat(zip[:header], []byte(fields), zip[header:])
	zip[3] |= flags
	return zip
}

// headerCRC is the checksum of the header that gzipped writes, off by some bits.
func headerCRC(off uint16) string {
	header := bytes.Clone(gzipped(nil)[:10])
	header[3] = 2
	return string(binary.LittleEndian.AppendUint16(nil, uint16(crc32.ChecksumIEEE(header))^off))
}

// paddings are ends that PKCS #7 does not know.
func paddings() []Vector {
	ending := func(n int, end ...byte) inPadding {
		return func(zip []byte) []byte {
			zip = fill(zip, 16)
			copy(zip[len(zip)-n:], bytes.Repeat([]byte{end[0]}, n))
			copy(zip[len(zip)-len(end):], end)
			return zip
		}
	}
	broken := func(name string, end inPadding) Vector {
		return unpacked(name, Padding, bundle.ErrPadding, "bad padding after decryption", end)
	}
	return []Vector{
		broken("padding of 0", ending(1, 0)),
		broken("padding of 17", ending(16, 17)),
		broken("padding of 255", ending(16, 255)),
		broken("padding that is not all the same", ending(16, 16, 15, 16)),
		broken("padding that is not there", func(zip []byte) []byte { return bytes.Repeat([]byte{0x1f}, len(zip)/16*16) }),
		unpacked("padding alone", Padding, bundle.ErrGzip, "decrypted data is not valid gzip", inPadding(func([]byte) []byte { return padded(nil) })),
		unpacked("padding of a block too many", Padding, bundle.ErrGzip, "decrypted data is not valid gzip", inPadding(func(zip []byte) []byte { return padded(padded(zip)) })),
	}
}

// parts are parts that are not what the manifest says.
func parts() []Vector {
	wrong := func(name string, item Item, err error, says string, alter func(b *Bundle)) Vector {
		return Vector{Name: name, Item: item, Err: err, Says: says, Registration: BadParts, Node: BadParts, fault: inParts(alter)}
	}
	mismatch := func(name string, item Item, part string, alter func(b *Bundle)) Vector {
		return wrong(name, item, bundle.ErrPartDigest, part+": part does not match its digest (expected SHA-1: ", alter)
	}
	const first, second, third = "disk.img.part.00", "disk.img.part.01", "disk.img.part.02"
	return []Vector{
		wrong("first part missing", PartMissing, bundle.ErrMissingPart, first+": part is missing", func(b *Bundle) { b.Files = b.Files[1:] }),
		wrong("last part missing", PartMissing, bundle.ErrMissingPart, third+": part is missing", func(b *Bundle) { b.Files = b.Files[:2] }),
		wrong("all parts missing", PartMissing, bundle.ErrMissingPart, first+": part is missing", func(b *Bundle) { b.Files = nil }),
		mismatch("part truncated", PartTruncated, second, func(b *Bundle) { b.Files[1].Data = b.Files[1].Data[:99] }),
		mismatch("last part truncated by a block", PartTruncated, third, func(b *Bundle) {
			b.Files[2].Data = b.Files[2].Data[:len(b.Files[2].Data)-16]
		}),
		mismatch("part emptied", PartEmpty, second, func(b *Bundle) { b.Files[1].Data = nil }),
		mismatch("bit altered in the first part", PartBit, first, func(b *Bundle) { b.Files[0].Data = flipped(b.Files[0].Data) }),
		mismatch("bit altered in the last part", PartBit, third, func(b *Bundle) { b.Files[2].Data = flipped(b.Files[2].Data) }),
		mismatch("parts swapped", PartSwapped, first, func(b *Bundle) {
			b.Files[0].Data, b.Files[1].Data = b.Files[1].Data, b.Files[0].Data
		}),
		wrong("part that goes on", PartExtra, bundle.ErrBundledSize, "disk.img.part.02: parts do not add up to the bundled size: it goes on past", func(b *Bundle) { b.Files[2].Data = append(bytes.Clone(b.Files[2].Data), make([]byte, 1<<20)...) }),
	}
}

// otherParts are parts of which the manifest tells, but others than it should.
func otherParts() []Vector {
	return []Vector{
		unpacked("parts swapped in the manifest too", PartSwapped, bundle.ErrGzip, "decrypted data is not valid gzip", inParts(func(b *Bundle) {
			old := b.Files
			b.clear()
			for i, from := range []int{1, 0, 2} {
				b.add(manifest.PartName(ImageName, i), old[from].Data)
			}
		})),
		unpacked("extra part in the manifest too", PartExtra, bundle.ErrPadding, "bad padding after decryption", inParts(func(b *Bundle) {
			b.add(manifest.PartName(ImageName, 3), bytes.Repeat([]byte("evil"), 4))
		})),
		unpacked("last part left out of the manifest too", PartMissing, bundle.ErrPadding, "bad padding after decryption", inParts(func(b *Bundle) {
			b.Fields.BundledSize -= int64(len(b.Files[2].Data))
			b.Files, b.Sizes, b.Fields.Parts = b.Files[:2], b.Sizes[:2], b.Fields.Parts[:2]
		})),
		harmless("extra part beside the bundle", PartExtra, inParts(func(b *Bundle) {
			b.Files = append(b.Files, File{manifest.PartName(ImageName, 3), []byte("evil")})
		})),
		harmless("empty part at the end", PartEmpty, inParts(func(b *Bundle) { b.add(manifest.PartName(ImageName, 3), nil) })), // euca2ools adds one
	}
}

func flipped(data []byte) []byte {
	data = bytes.Clone(data)
	data[17] ^= 1
	return data
}
