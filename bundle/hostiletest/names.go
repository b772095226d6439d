package hostiletest

import (
	"bytes"
	"crypto/rsa"
	"strings"

	"emikit/manifest"
)

// Siblings of the directories that a test works in: their names begin like those
// of the directories. Nothing may ever be read or written there.
const (
	// SourceLookalike begins like bundles, where the bundle lies.
	SourceLookalike = "bundlesevil"
	// DestinationLookalike begins like images, where the image goes.
	DestinationLookalike = "imagesevil"
)

// shell is a name that is plain, whatever a shell would make of it.
const shell = "a b;touch x`id`$(id)|&>'\"*?[!~.img"

// imageNames are names that an image may not have, and some that it may. The tar
// member keeps its own.
func imageNames() []Vector {
	refused := func(what string, item Item, name, says string) Vector {
		return Vector{
			Name: "image name " + what, Item: item, Err: manifest.ErrName, Says: says,
			Registration: BadManifest, Node: BadSpec,
			fault: inFields(func(f *manifest.Manifest) { f.Name = name }),
		}
	}
	unreadable := func(what, name string) Vector {
		return Vector{
			Name: "image name " + what, Item: ImageNUL, Err: manifest.ErrSyntax, Says: "not well-formed XML",
			Registration: BadManifest, Node: Unsent, fault: change("<name>disk.img", "<name>"+name),
		}
	}
	return []Vector{
		refused("with a slash", ImageSlash, "a/disk.img", `name: not a plain file name: "a/disk.img"`),
		refused("with a slash at the end", ImageSlash, "disk.img/", `not a plain file name: "disk.img/"`),
		refused("..", ImageDots, "..", `not a plain file name: ".."`),
		refused(".", ImageDots, ".", `not a plain file name: "."`),
		refused("that climbs", ImageDots, "../disk.img", `not a plain file name: "../disk.img"`),
		refused("that climbs in the middle", ImageDots, "a/../../disk.img", "not a plain file name"),
		refused("absolute", ImageAbsolute, "/tmp/disk.img", `not a plain file name: "/tmp/disk.img"`),
		refused("beside the destination", ImageLookalike, "../"+DestinationLookalike+"/disk.img", "not a plain file name"),
		refused("of a hidden file", ImageHidden, ".profile", `not a plain file name: ".profile"`),
		refused("with a newline", ImageNewline, "disk\n.img", `not a plain file name: "disk\n.img"`),
		refused("with an escape sequence", ImageNewline, "disk\u009b2J.img", `not a plain file name: "disk\u009b2J.img"`),
		refused("empty", NameLength, "", `not a plain file name: ""`),
		refused("too long", NameLength, strings.Repeat("n", 256), "not a plain file name"),
		unreadable("with NUL", "disk\x00"),
		unreadable("with NUL as a reference", "disk&#0;"),
		{Name: "image name with shell characters", Item: ImageShell, Registration: Taken, Node: Taken,
			fault: inFields(func(f *manifest.Manifest) { f.Name = shell })},
	}
}

// partNames are the same of parts. The second part lies where its name leads, so
// that a reader who follows it finds what he looks for.
func partNames() []Vector {
	renamed := func(name string) inParts {
		return func(b *Bundle) { b.Files[1].Name, b.Fields.Parts[1].Name = name, name }
	}
	refused := func(what string, item Item, name, says string) Vector {
		return Vector{
			Name: "part name " + what, Item: item, Err: manifest.ErrName, Says: says,
			Registration: BadManifest, Node: BadSpec, fault: renamed(name),
		}
	}
	unreadable := func(what, name string) Vector {
		return Vector{
			Name: "part name " + what, Item: PartNUL, Err: manifest.ErrSyntax, Says: "not well-formed XML",
			Registration: BadManifest, Node: Unsent, fault: change("<filename>disk.img", "<filename>"+name),
		}
	}
	return []Vector{
		refused("with a slash", PartSlash, "a/disk.img.part.01", `part/filename: not a plain file name: "a/disk.img.part.01"`),
		refused("..", PartDots, "..", `not a plain file name: ".."`),
		refused("that climbs", PartDots, "../disk.img.part.01", `not a plain file name: "../disk.img.part.01"`),
		refused("absolute", PartAbsolute, "/etc/passwd", `not a plain file name: "/etc/passwd"`),
		refused("beside the source", PartLookalike, "../"+SourceLookalike+"/disk.img.part.01", "not a plain file name"),
		refused("of a hidden file", PartHidden, ".profile", `not a plain file name: ".profile"`),
		refused("with a newline", PartNewline, "disk.img.part.01\nemikit: done", `"disk.img.part.01\nemikit: done"`),
		refused("empty", NameLength, "", `not a plain file name: ""`),
		refused("too long", NameLength, strings.Repeat("n", 256), "not a plain file name"),
		unreadable("with NUL", "disk\x00"),
		unreadable("with NUL as a reference", "disk&#0;"),
		{Name: "part name with shell characters", Item: PartShell, Registration: Taken, Node: Taken, fault: renamed(shell)},
		{Name: "two parts of one name", Item: NameTwice, Err: manifest.ErrParts, Says: `two are named "disk.img.part.00"`,
			Registration: BadManifest, Node: Taken, // which asks for them by URL
			fault: inParts(func(b *Bundle) {
				b.Files[1].Name, b.Fields.Parts[1].Name = b.Files[0].Name, b.Files[0].Name
			})},
	}
}

// envelopes are about whom the key is sealed to, and how.
func envelopes() []Vector {
	key := BundlingKey()
	both := func(envelope func(to *rsa.PrivateKey) []byte) inFields {
		return func(f *manifest.Manifest) { f.UserKey, f.CloudKey = envelope(UserKey()), envelope(CloudKey()) }
	}
	holding := func(text string) inFields {
		return both(func(to *rsa.PrivateKey) []byte { return seal([]byte(text), &to.PublicKey) })
	}
	refused := func(what string, item Item, fault fault) Vector {
		return Vector{
			Name: what, Item: item, Err: manifest.ErrWrongKey, Says: "the private key does not open the bundling key",
			Registration: Sealed, Node: Sealed, fault: fault,
		}
	}
	missing := func(what string, fault fault) Vector {
		v := refused(what, BadEnvelope, fault)
		v.Registration = BadManifest // its absence, or its length, anyone can see
		return v
	}
	return []Vector{
		refused("sealed to others", WrongKey, inFields(func(f *manifest.Manifest) { sealKey(f, OtherKey, OtherKey) })),
		{Name: "sealed to another user", Item: WrongKey, Err: manifest.ErrWrongKey, Says: "does not open the bundling key",
			Registration: Taken, Node: Taken, fault: inFields(func(f *manifest.Manifest) { sealKey(f, OtherKey, CloudKey) })},
		{Name: "sealed to another cloud", Item: WrongKey, Registration: Sealed, Node: Sealed,
			fault: inFields(func(f *manifest.Manifest) { sealKey(f, UserKey, OtherKey) })},
		refused("envelope with bad padding", BadEnvelope, both(func(to *rsa.PrivateKey) []byte {
			return encrypt(bytes.Repeat([]byte{1}, to.Size()), &to.PublicKey)
		})),
		refused("envelope beyond the modulus", BadEnvelope, both(func(to *rsa.PrivateKey) []byte { return bytes.Repeat([]byte{0xff}, to.Size()) })),
		refused("envelope of zeros", BadEnvelope, both(func(to *rsa.PrivateKey) []byte { return make([]byte, to.Size()) })),
		refused("envelope of raw bytes", BadEnvelope, holding(string(key.Key[:]))),
		refused("envelope of other characters", BadEnvelope, holding("00112233445566778899aabbccddeef ")),
		refused("envelope of nothing", BadEnvelope, holding("")),
		refused("envelope with more than digits", BadEnvelope, holding(strings.Repeat("0", 34))),
		missing("no envelopes", inFields(func(f *manifest.Manifest) { f.UserKey, f.UserIV, f.CloudKey, f.CloudIV = nil, nil, nil, nil })),
		missing("truncated envelope", both(func(to *rsa.PrivateKey) []byte { return sealed(key.Key, to)[:to.Size()-1] })),
		missing("envelope of one byte", both(func(*rsa.PrivateKey) []byte { return []byte{7} })),
	}
}
