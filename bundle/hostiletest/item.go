package hostiletest

// Item is something to be hostile about.
type Item string

// The items, by where the fault lies.
const (
	ImageSlash, PartSlash       Item = "image name with a slash", "part name with a slash"
	ImageDots, PartDots         Item = "image name with ..", "part name with .."
	ImageAbsolute, PartAbsolute Item = "absolute image name", "absolute part name"
	ImageNUL, PartNUL           Item = "image name with NUL", "part name with NUL"
	ImageNewline, PartNewline   Item = "image name with a newline", "part name with a newline"
	ImageShell, PartShell       Item = "image name with shell characters", "part name with shell characters"
	ImageLookalike              Item = "image name that begins like the destination"
	PartLookalike               Item = "part name that begins like the source"
	ImageHidden, PartHidden     Item = "image name of a hidden file", "part name of a hidden file"
	NameLength                  Item = "name that is empty or too long"
	NameTwice                   Item = "two parts of one name"

	IndexTwice, IndexMissing, IndexHuge, IndexNegative     Item = "duplicate index", "missing index", "huge index", "negative index"
	CountWrong, CountMissing, CountHuge, CountNegative     Item = "wrong count", "missing count", "huge count", "negative count"
	SizeTwice, SizeMissing, SizeHuge, SizeNegative         Item = "duplicate size", "missing size", "huge size", "negative size"
	BundledWrong, BundledMissing, BundledHuge, BundledLess Item = "wrong bundled size", "missing bundled size", "huge bundled size", "negative bundled size"
	DigestCase, DigestZeros, DigestForm                    Item = "digest in upper case", "digest with stripped zeros", "malformed digest"

	Doctype, EntityBomb, ExternalEntity Item = "DOCTYPE", "entity bomb", "external entity"
	DeepNesting, ManyElements           Item = "deep nesting", "too many elements"
	HugeDocument                        Item = "manifest that is too large"
	TwoImages, TwoConfigurations        Item = "two image elements", "two machine_configuration elements"
	HiddenSection                       Item = "section that only some readers see"
	OtherDocument                       Item = "document that is no manifest"
	Encrypted                           Item = "encrypted manifest"

	Unsigned, EmptySignature, ForeignSignature Item = "unsigned", "empty signature", "foreign signature"
	Altered, SignatureForm                     Item = "altered after signing", "malformed signature"
	WrongKey, BadEnvelope                      Item = "wrong key", "bad envelope"

	MemberSymlink, MemberHardLink       Item = "tar member that is a symbolic link", "tar member that is a hard link"
	MemberDevice, MemberPipe            Item = "tar member that is a device", "tar member that is a pipe"
	MemberDirectory, DirectoryFirst     Item = "tar member that is a directory", "directory first"
	SeveralMembers, FirstMember         Item = "several members", "only the first member is right"
	NoMember, MemberType                Item = "no member", "member of another type"
	MemberAbsolute, MemberDots          Item = "absolute member name", "member name with .."
	MemberLookalike                     Item = "member name that begins like the destination"
	PAXPath, PAXSize                    Item = "PAX path override", "PAX size override"
	LongName, BinarySize                Item = "GNU long name", "size in base 256"
	HeaderSum, TarEnd                   Item = "bad header", "end of the tar stream"
	SparseBomb, SparseOverlap           Item = "sparse-map bomb", "overlapping sparse map"
	SparseUnsorted, SparseSize          Item = "unsorted sparse map", "sparse map past the size"
	SparseCount, SparseNumber           Item = "sparse map of huge count", "malformed sparse map"
	GzipBomb, GzipRatio                 Item = "gzip bomb", "impossible ratio"
	GzipMembers, GzipTrailing           Item = "gzip members", "data behind gzip"
	GzipHeader, GzipDamage              Item = "gzip header", "damaged gzip"
	Padding                             Item = "bad padding"
	PartMissing, PartEmpty, PartExtra   Item = "missing part", "empty part", "extra part"
	PartTruncated, PartSwapped, PartBit Item = "truncated part", "swapped parts", "altered part"
	ImageDigest, ImageSize              Item = "wrong image digest", "wrong image size"
)

// Items returns everything of which there must be a vector.
func Items() []Item {
	return []Item{
		ImageSlash, PartSlash, ImageDots, PartDots, ImageAbsolute, PartAbsolute, ImageNUL, PartNUL,
		ImageNewline, PartNewline, ImageShell, PartShell, ImageLookalike, PartLookalike, ImageHidden, PartHidden, NameLength, NameTwice,
		IndexTwice, IndexMissing, IndexHuge, IndexNegative, CountWrong, CountMissing, CountHuge, CountNegative,
		SizeTwice, SizeMissing, SizeHuge, SizeNegative, BundledWrong, BundledMissing, BundledHuge, BundledLess,
		DigestCase, DigestZeros, DigestForm,
		Doctype, EntityBomb, ExternalEntity, DeepNesting, ManyElements, HugeDocument, TwoImages, TwoConfigurations,
		HiddenSection, OtherDocument, Encrypted, Unsigned, EmptySignature, ForeignSignature, Altered, SignatureForm, WrongKey, BadEnvelope,
		MemberSymlink, MemberHardLink, MemberDevice, MemberPipe, MemberDirectory, DirectoryFirst, SeveralMembers, FirstMember,
		NoMember, MemberType, MemberAbsolute, MemberDots, MemberLookalike, PAXPath, PAXSize, LongName, BinarySize, HeaderSum, TarEnd,
		SparseBomb, SparseOverlap, SparseUnsorted, SparseSize, SparseCount, SparseNumber,
		GzipBomb, GzipRatio, GzipMembers, GzipTrailing, GzipHeader, GzipDamage, Padding,
		PartMissing, PartEmpty, PartExtra, PartTruncated, PartSwapped, PartBit, ImageDigest, ImageSize,
	}
}
