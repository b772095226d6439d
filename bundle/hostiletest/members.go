package hostiletest

import (
	"bytes"
	"strings"

	"emikit/bundle"
)

// unpacked is a fault that only shows after decryption.
func unpacked(name string, item Item, err error, says string, fault fault) Vector {
	return Vector{Name: name, Item: item, Err: err, Says: says, Registration: Sealed, Node: Sealed, fault: fault}
}

// harmless only looks like a fault.
func harmless(name string, item Item, fault fault) Vector {
	return Vector{Name: name, Item: item, Registration: Taken, Node: Taken, fault: fault}
}

func evil(name string) member {
	return member{name: name, kind: '0', data: bytes.Repeat([]byte("evil "), 1000)}
}

// members are streams that hold another thing than one file. Where there is a
// second member, it or the first is the image, so that a reader who trusts the first
// or the last, or takes the one of the right name, gives himself away.
func members() []Vector {
	only := func(m member) inStream {
		m.name = ImageName
		return func([]byte) []byte { return archive(m) }
	}
	before := func(m member) inStream { return func(image []byte) []byte { return archive(m, file(image)) } }
	behind := func(m member) inStream { return func(image []byte) []byte { return archive(file(image), m) } }
	holds := func(name string, item Item, what string, fault fault) Vector {
		return unpacked(name, item, bundle.ErrTar, "it holds "+what, fault)
	}
	second := func(name string, item Item, m member) Vector {
		return unpacked(name, item, bundle.ErrTar, "a second member follows", behind(m))
	}
	symlink := member{name: ImageName, kind: '2', link: "../secret"}
	return []Vector{
		holds("symbolic link", MemberSymlink, "a symbolic link", only(symlink)),
		holds("symbolic link out of the destination", MemberSymlink, "a symbolic link", only(member{kind: '2', link: "/etc/passwd"})),
		holds("symbolic link before the image", MemberSymlink, "a symbolic link", before(symlink)),
		second("symbolic link behind the image", MemberSymlink, symlink),
		holds("hard link", MemberHardLink, "a hard link", only(member{kind: '1', link: "../secret"})),
		holds("hard link before the image", MemberHardLink, "a hard link", before(member{name: "x", kind: '1', link: "/etc/passwd"})),
		holds("character device", MemberDevice, "a device", only(member{kind: '3'})),
		holds("block device", MemberDevice, "a device", only(member{kind: '4'})),
		holds("named pipe", MemberPipe, "a named pipe", only(member{kind: '6'})),
		holds("directory", MemberDirectory, "a directory", only(member{kind: '5'})),
		holds("directory with content", MemberDirectory, "a directory", inStream(func(image []byte) []byte {
			return archive(member{name: ImageName + "/", kind: '5', data: image})
		})),
		holds("directory first", DirectoryFirst, "a directory", before(member{name: "dir/", kind: '5'})),
		second("second file", SeveralMembers, evil("evil.img")),
		second("second file of the same name", SeveralMembers, evil(ImageName)),
		second("second file that climbs", SeveralMembers, evil("../../evil")),
		second("second file that is absolute", SeveralMembers, evil("/tmp/evil")),
		unpacked("image second", FirstMember, bundle.ErrTar, "a second member follows", before(evil("evil.img"))),
		unpacked("image second, of a first of another size", FirstMember, bundle.ErrUnbundledSize, "(expected size: 5000, actual: 3)",
			before(member{name: "evil.img", kind: '0', data: []byte("abc")})),
	}
}

// memberKinds are members of types that have nothing to do with images.
func memberKinds() []Vector {
	holds := func(name string, kind string, members func(image []byte) []member) Vector {
		return unpacked(name, MemberType, bundle.ErrTar, "it holds a member of type '"+kind+"'", inStream(func(image []byte) []byte {
			return archive(members(image)...)
		}))
	}
	before := func(m member) func(image []byte) []member {
		return func(image []byte) []member { return []member{m, file(image)} }
	}
	only := func(m member) func(image []byte) []member { return func([]byte) []member { return []member{m} } }
	return []Vector{
		holds("volume label", "V", before(member{name: "label", kind: 'V'})),
		holds("rest of another volume", "M", only(member{name: ImageName, kind: 'M'})),
		holds("directory listing", "D", before(member{name: "dir", kind: 'D', data: []byte("Yx\x00\x00")})),
		holds("member of an unknown type", "Q", only(member{name: ImageName, kind: 'Q'})),
	}
}

// memberNames are names that the member of an image can have: readers take the
// manifest's.
func memberNames() []Vector {
	return []Vector{
		harmless("member name that is absolute", MemberAbsolute, renamed("/tmp/disk.img")),
		harmless("member name that climbs", MemberDots, renamed("../../disk.img")),
		harmless("member name beside the destination", MemberLookalike, renamed("../"+DestinationLookalike+"/disk.img")),
		harmless("member name that is empty", MemberDots, renamed("")),
	}
}

// renamed gives the member another name than the image. Readers take the manifest's.
func renamed(name string) inStream {
	return func(image []byte) []byte { return archive(member{name: name, kind: '0', data: image}) }
}

// overrides are attributes that take the place of a header's.
func overrides() []Vector {
	with := func(records ...string) inStream {
		return func(image []byte) []byte { return archive(pax(records...), file(image)) }
	}
	// hidden is a file whose own header says that it is empty.
	hidden := func(size string) inStream {
		return func(image []byte) []byte {
			m := file(image)
			m.size = octal(0)
			return archive(pax("size", size), m)
		}
	}
	broken := func(name string, item Item, says string, fault fault) Vector {
		return unpacked(name, item, bundle.ErrTar, says, fault)
	}
	return []Vector{
		harmless("PAX path that climbs", PAXPath, with("path", "../../evil")),
		harmless("PAX path that is absolute", PAXPath, with("path", "/tmp/evil")),
		harmless("PAX path beside the destination", PAXPath, with("path", "../"+DestinationLookalike+"/disk.img")),
		broken("PAX path with NUL", PAXPath, "header", with("path", "disk\x00.img")),
		broken("PAX record of a wrong length", PAXPath, "header", func() inStream {
			return func(image []byte) []byte {
				return archive(member{name: "pax", kind: 'x', data: []byte("99999 path=x\n")}, file(image))
			}
		}()),
		broken("PAX path of 1 MiB", PAXPath, "too long", with("path", strings.Repeat("n", 1<<20))),
		harmless("PAX attributes of all members", PAXPath, func() inStream {
			global := pax("path", "../evil", "comment", "evil")
			global.kind = 'g'
			return func(image []byte) []byte { return archive(global, file(image)) }
		}()),
		harmless("PAX size that is right", PAXSize, hidden("5000")),
		unpacked("PAX size that is less", PAXSize, bundle.ErrUnbundledSize, "(expected size: 5000, actual: 4999)", hidden("4999")),
		unpacked("PAX size that is huge", PAXSize, bundle.ErrUnbundledSize, "actual: 9223372036854775807", hidden("9223372036854775807")),
		broken("PAX size that is negative", PAXSize, "header", hidden("-5000")),
		broken("PAX size beyond 64 bits", PAXSize, "header", hidden("99999999999999999999")),
	}
}

// longNames are GNU's members that give the next one a longer name.
func longNames() []Vector {
	long := func(name string) inStream {
		return func(image []byte) []byte {
			return archive(member{name: "././@LongLink", kind: 'L', data: []byte(name)}, file(image))
		}
	}
	broken := func(name string, item Item, says string, fault fault) Vector {
		return unpacked(name, item, bundle.ErrTar, says, fault)
	}
	claimed := func(kind byte, size string) inStream {
		return func(image []byte) []byte {
			return archive(member{name: "././@LongLink", kind: kind, size: size, data: []byte("name\x00")}, file(image))
		}
	}
	return []Vector{
		harmless("GNU long name that climbs", LongName, long("../../"+strings.Repeat("n", 200)+"\x00")),
		harmless("GNU long name with NUL", LongName, long("disk.img\x00/../../evil\x00")),
		harmless("GNU long name of nothing", LongName, long("")),
		broken("GNU long name that ends the stream", LongName, "", claimed('L', octal(1<<30))),
		broken("GNU long link that ends the stream", LongName, "", claimed('K', base256(1<<62))),
		broken("GNU long name of negative length", LongName, "header", claimed('L', base256(-1))),
	}
}

// headers are headers that cannot be, and streams that end otherwise than they
// should.
func headers() []Vector {
	spoilt := func(spoil func(m *member)) inStream {
		return func(image []byte) []byte {
			m := file(image)
			spoil(&m)
			return archive(m)
		}
	}
	after := func(alter func(stream []byte) []byte) inStream {
		return func(image []byte) []byte { return alter(goodStream(image)) }
	}
	broken := func(name string, item Item, says string, fault fault) Vector {
		return unpacked(name, item, bundle.ErrTar, says, fault)
	}
	sized := func(field string) inStream { return spoilt(func(m *member) { m.size = field }) }
	return []Vector{
		harmless("size in base 256", BinarySize, sized(base256(imageSize))),
		broken("size in base 256 that is negative", BinarySize, "header", sized(base256(-1))),
		broken("size in base 256 that is negative by far", BinarySize, "header", sized(base256(-1<<63))),
		unpacked("size in base 256 of 2^62", BinarySize, bundle.ErrUnbundledSize, "actual: 4611686018427387904", sized(base256(1<<62))),
		broken("size in base 256 beyond 64 bits", BinarySize, "header", sized("\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00")),
		broken("size that is no number", HeaderSum, "header", sized("not a number")),
		broken("size with a sign", HeaderSum, "header", sized("-0000005000\x00")),
		broken("checksum", HeaderSum, "header", after(func(stream []byte) []byte { stream[atChecksum] ^= 1; return stream })),
		broken("noise for a stream", HeaderSum, "header", inStream(func(image []byte) []byte { return fill(image, tarBlock) })),
		broken("stream of 0xff", HeaderSum, "header", inStream(func([]byte) []byte { return bytes.Repeat([]byte{0xff}, tarRecord) })),
		broken("no member", NoMember, "it is empty", inStream(func([]byte) []byte { return archive() })),
		broken("no bytes", NoMember, "it is empty", inStream(func([]byte) []byte { return nil })),
		broken("stream that ends in the header", TarEnd, "", after(func(stream []byte) []byte { return stream[:300] })),
		broken("stream that ends behind the header", TarEnd, "unexpected EOF", after(func(stream []byte) []byte { return stream[:tarBlock] })),
		broken("stream that ends in the image", TarEnd, "unexpected EOF", after(func(stream []byte) []byte { return stream[:tarBlock+imageSize-1] })),
		harmless("stream that ends behind the image", TarEnd, after(func(stream []byte) []byte { return stream[:tarBlock+imageSize+120] })),
		harmless("stream with more zeros", TarEnd, after(func(stream []byte) []byte { return append(stream, make([]byte, 1<<20)...) })),
		broken("data behind the end", TarEnd, "data follows its end", after(func(stream []byte) []byte { return append(stream, "evil"...) })),
		broken("second stream behind the end", TarEnd, "data follows its end", after(func(stream []byte) []byte { return append(stream, stream...) })),
	}
}
