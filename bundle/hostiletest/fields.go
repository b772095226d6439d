package hostiletest

import (
	"crypto/sha1"
	"math"
	"strings"

	"emikit/bundle"
	"emikit/manifest"
)

// unreadable is a document that cannot be read: nothing of it comes to a node.
func unreadable(name string, item Item, err error, says string, fault fault) Vector {
	return Vector{Name: name, Item: item, Err: err, Says: says, Registration: BadManifest, Node: Unsent, fault: fault}
}

// numbers are indexes and counts.
func numbers() []Vector {
	indexed := func(i int) inFields { return func(f *manifest.Manifest) { f.Parts[1].Index = i } }
	const count = "count='3'"
	return []Vector{
		unreadable("duplicate index", IndexTwice, manifest.ErrParts, "not numbered 0 to n-1", indexed(0)),
		unreadable("index with a gap", IndexMissing, manifest.ErrParts, "index 2 where 1 belongs", indexed(7)),
		unreadable("index of 2^31", IndexHuge, manifest.ErrParts, "index 2147483648", indexed(1<<31)),
		unreadable("index beyond 64 bits", IndexHuge, manifest.ErrField, "part/index", change("index='1'", "index='99999999999999999999'")),
		unreadable("negative index", IndexNegative, manifest.ErrField, `"-1" is not a number`, indexed(-1)),
		unreadable("index not decimal", IndexMissing, manifest.ErrField, "part/index", change("index='1'", "index='0x1'")),
		unreadable("count too small", CountWrong, manifest.ErrParts, "count is 2, 3 are listed", change(count, "count='2'")),
		unreadable("count too large", CountWrong, manifest.ErrParts, "count is 4, 3 are listed", change(count, "count='4'")),
		unreadable("count of 2^62", CountHuge, manifest.ErrParts, "count is 4611686018427387904", change(count, "count='4611686018427387904'")),
		unreadable("negative count", CountNegative, manifest.ErrField, "parts/count", change(count, "count='-3'")),
		{Name: "no count", Item: CountMissing, Registration: Taken, Node: Taken, fault: change(" "+count, "")},
	}
}

// sizes are those of the image, and of all parts together.
func sizes() []Vector {
	sized := func(size, bundled int64) inFields {
		return func(f *manifest.Manifest) { f.Size, f.BundledSize = f.Size+size, f.BundledSize+bundled }
	}
	const size = "<size>5000<"
	return []Vector{
		unreadable("size given twice", SizeTwice, manifest.ErrDuplicate, "image/size: element given more than once", change(size, "<size>5000</size>"+size)),
		unreadable("size of 2^63", SizeHuge, manifest.ErrField, "image/size", change(size, "<size>9223372036854775808<")),
		{Name: "size of 2^62", Item: SizeHuge, Err: bundle.ErrImpossibleSize, Says: "image cannot be that large: 4611686018427387904 bytes",
			Registration: BadManifest, Node: BadSpec, fault: sized(1<<62-imageSize, 0)},
		{Name: "size of 2 TiB", Item: GzipRatio, Err: bundle.ErrImpossibleSize, Says: "image cannot be that large: 2199023255552 bytes from",
			Registration: BadManifest, Node: BadSpec, fault: sized(2<<40-imageSize, 0)},
		{Name: "negative size", Item: SizeNegative, Err: manifest.ErrField, Says: `image/size: missing or malformed: "-1" is not a number`,
			Registration: BadManifest, Node: BadSpec, fault: sized(-imageSize-1, 0)},
		{Name: "size one less", Item: ImageSize, Err: bundle.ErrUnbundledSize, Says: "(expected size: 4999, actual: 5000)",
			Registration: Sealed, Node: Sealed, fault: sized(-1, 0)},
		{Name: "size one more", Item: ImageSize, Err: bundle.ErrUnbundledSize, Says: "(expected size: 5001, actual: 5000)",
			Registration: Sealed, Node: Sealed, fault: sized(1, 0)},
		{Name: "size zero", Item: ImageSize, Err: bundle.ErrUnbundledSize, Says: "(expected size: 0, actual: 5000)",
			Registration: BadManifest, Node: Sealed, fault: sized(-imageSize, 0)},
		{Name: "bundled size of a block less", Item: BundledWrong, Err: bundle.ErrBundledSize, Says: "parts do not add up to the bundled size",
			Registration: BadParts, Node: BadSpec, fault: sized(0, -16)},
		{Name: "bundled size of a block more", Item: BundledWrong, Err: bundle.ErrBundledSize, Says: "disk.img: parts do not add up to the bundled size",
			Registration: BadParts, Node: BadSpec, fault: sized(0, 16)},
		{Name: "bundled size of no blocks", Item: BundledWrong, Err: bundle.ErrBundledSize, Says: "is not the length of AES-CBC ciphertext",
			Registration: BadParts, Node: BadSpec, fault: sized(0, 1)},
		{Name: "bundled size of 2^62", Item: BundledHuge, Err: bundle.ErrBundledSize, Says: "parts do not add up to the bundled size",
			Registration: BadParts, Node: BadSpec, fault: inFields(func(f *manifest.Manifest) { f.BundledSize = 1 << 62 })},
		unreadable("bundled size of 2^64", BundledHuge, manifest.ErrField, "image/bundled_size", change("<bundled_size>", "<bundled_size>1844674407370955")),
		{Name: "negative bundled size", Item: BundledLess, Err: manifest.ErrField, Says: "image/bundled_size",
			Registration: BadManifest, Node: BadSpec, fault: inFields(func(f *manifest.Manifest) { f.BundledSize = math.MinInt64 })},
	}
}

// missing are elements that are not there.
func missing() []Vector {
	without := func(element string) inDocument {
		return func(text string) string {
			start, end := strings.Index(text, "<"+element+">"), strings.Index(text, "</"+element+">")
			return text[:start] + text[end+len("</"+element+">"):]
		}
	}
	return []Vector{
		unreadable("no index", IndexMissing, manifest.ErrField, "part/index", change(" index='1'", "")),
		unreadable("no size", SizeMissing, manifest.ErrField, "image/size", without("size")),
		unreadable("no bundled size", BundledMissing, manifest.ErrField, "image/bundled_size", without("bundled_size")),
		unreadable("no image name", NameLength, manifest.ErrName, "image/name", change("<name>"+ImageName+"</name>", "")),
		unreadable("no image", HiddenSection, manifest.ErrField, "image", without("image")),
		unreadable("no machine_configuration", HiddenSection, manifest.ErrField, "machine_configuration", without("machine_configuration")),
		unreadable("no parts", PartMissing, manifest.ErrParts, "there are none", inFields(func(f *manifest.Manifest) { f.Parts = nil })),
	}
}

// digests are ways to write one, and wrong ones. The real tools write and compare
// 40 digits; of those that begin with zeros some once lost them (euca2ools before
// 3.2, TOOLS-594).
func digests() []Vector {
	upper := func(text string) string {
		for _, part := range strings.Split(text, "algorithm='SHA1'>")[1:] {
			digits := part[:2*sha1.Size]
			text = mustReplace(text, digits, strings.ToUpper(digits))
		}
		return text
	}
	zeros := manifest.Digest{}.String()
	last := len(Good().Fields.Parts) - 1
	part := Good().Fields.Parts[last].Digest.String()
	return []Vector{
		{Name: "digests in upper case", Item: DigestCase, Registration: Taken, Node: Taken, fault: inDocument(upper)},
		{Name: "digest of a part begins with zeros", Item: DigestZeros, Registration: Taken, Node: Taken, fault: inParts(zeroDigest)},
		unreadable("digest with stripped zeros", DigestZeros, manifest.ErrField, "40 hex digits wanted, got 39", inDocument(func(text string) string {
			return mustReplace(text, part, strings.Replace(zeros, "0", "", 1))
		})),
		unreadable("digest with 0x", DigestForm, manifest.ErrField, "40 hex digits wanted, got 42", change(part, "0x"+part)),
		unreadable("digest of other characters", DigestForm, manifest.ErrField, "digest missing or malformed", change(part, "g"+part[1:])),
		unreadable("digest empty", DigestForm, manifest.ErrField, "40 hex digits wanted, got 0", change(part, "")),
		unreadable("digest of another hash", DigestForm, manifest.ErrField, `algorithm "SHA256"`, change("'SHA1'", "'SHA256'")),
		{Name: "digest of another image", Item: ImageDigest, Err: bundle.ErrImageDigest, Says: "image does not match its digest (expected SHA-1: ",
			Registration: Sealed, Node: Sealed, fault: inFields(func(f *manifest.Manifest) { f.Digest[3] ^= 1 })},
		{Name: "digest of another part", Item: PartBit, Err: bundle.ErrPartDigest, Says: "disk.img.part.01: part does not match its digest (expected SHA-1: ",
			Registration: BadParts, Node: BadParts, fault: inFields(func(f *manifest.Manifest) { f.Parts[1].Digest[3] ^= 1 })},
	}
}

// zeroDigest cuts the parts so that the first one's digest begins with a zero, as
// one of sixteen does.
func zeroDigest(b *Bundle) {
	var body []byte
	for _, f := range b.Files {
		body = append(body, f.Data...)
	}
	n := 1
	for sum := sha1.Sum(body[:n]); sum[0] >= 0x10; sum = sha1.Sum(body[:n]) {
		n++
	}
	b.clear()
	b.add(manifest.PartName(ImageName, 0), body[:n])
	b.add(manifest.PartName(ImageName, 1), body[n:])
}
