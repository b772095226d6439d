package hostiletest

import (
	"crypto/rsa"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"emikit/manifest"
)

// documents are documents that are not what they should be as a whole.
func documents() []Vector {
	bomb := "<!ENTITY a 'ha'>"
	for c := 'b'; c <= 'k'; c++ { // billions of laughs
		bomb += fmt.Sprintf("<!ENTITY %c '%s'>", c, strings.Repeat(fmt.Sprintf("&%c;", c-1), 10))
	}
	declared := func(name string, item Item, declaration, content string) Vector {
		return unreadable(name, item, manifest.ErrForbidden, "DOCTYPE not allowed", inDocument(func(text string) string {
			return mustReplace(mustReplace(text, "<manifest>", "<!DOCTYPE manifest ["+declaration+"]><manifest>"), ">disk.img<", ">"+content+"<")
		}))
	}
	return []Vector{
		unreadable("DOCTYPE", Doctype, manifest.ErrForbidden, "DOCTYPE not allowed", change("<manifest>", "<!DOCTYPE manifest><manifest>")),
		unreadable("DOCTYPE elsewhere", Doctype, manifest.ErrForbidden, "DOCTYPE not allowed",
			change("<manifest>", "<!DOCTYPE manifest SYSTEM 'http://127.0.0.1:1/manifest.dtd'><manifest>")),
		declared("entity bomb", EntityBomb, bomb, "&k;"),
		declared("parameter entity bomb", EntityBomb, "<!ENTITY % a '%b;%b;'><!ENTITY % b '%a;%a;'>%a;", "disk.img"),
		declared("entity from a file", ExternalEntity, "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "&x;"),
		declared("entity from the network", ExternalEntity, "<!ENTITY x SYSTEM 'http://127.0.0.1:1/x'>", "&x;"),
		unreadable("entity that nobody declared", EntityBomb, manifest.ErrSyntax, "not well-formed XML", change(">disk.img<", ">&k;<")),
		unreadable("deep nesting", DeepNesting, manifest.ErrForbidden, "nested elements not allowed",
			change("<size>", strings.Repeat("<a>", 10_000)+strings.Repeat("</a>", 10_000)+"<size>")),
		unreadable("too many elements", ManyElements, manifest.ErrForbidden, "elements not allowed", change("<size>", strings.Repeat("<a/>", 132_000)+"<size>")),
		unreadable("too many attributes", ManyElements, manifest.ErrForbidden, "attributes not allowed", change("<size>", "<size"+attributes(20_000)+">")),
		unreadable("document of more than 5 MiB", HugeDocument, manifest.ErrTooLarge, "manifest is too large", inDelivery(func(document []byte) []byte {
			return append(document, strings.Repeat(" ", manifest.MaxSize)...)
		})),
	}
}

// others are documents of another kind, or another form.
func others() []Vector {
	other := func(name string, err error, says, document string) Vector {
		return unreadable(name, OtherDocument, err, says, inDelivery(func([]byte) []byte { return []byte(document) }))
	}
	return []Vector{
		other("empty document", manifest.ErrSyntax, "not well-formed XML: no <manifest> element", ""),
		other("gzip for a document", manifest.ErrSyntax, "not well-formed XML", string(gzipped([]byte("<manifest/>")))),
		other("other root", manifest.ErrSyntax, "no <manifest> element", "<html><body>503 Service Unavailable</body></html>"),
		unreadable("truncated document", OtherDocument, manifest.ErrSyntax, "not well-formed XML", inDelivery(func(document []byte) []byte {
			return document[:len(document)-len("</manifest>")]
		})),
		unreadable("second document", OtherDocument, manifest.ErrSyntax, "a second root element", inDelivery(func(document []byte) []byte {
			return append(document, "<manifest></manifest>"...)
		})),
		unreadable("other version", OtherDocument, manifest.ErrVersion, "unknown manifest version", change("<version>2007-10-10", "<version>2009-01-01")),
		unreadable("other encoding", OtherDocument, manifest.ErrForbidden, "encoding", change("<?xml version='1.0'?>", "<?xml version='1.0' encoding='utf-7'?>")),
	}
}

// encrypted are manifests in the form of before version 3, which only the user can
// read: the cloud refuses even those that are right.
func encrypted() []Vector {
	key := manifest.Key{Key: [16]byte([]byte("key of manifests")), IV: [16]byte([]byte("iv of manifests."))}
	secret := append(key.Key[:], key.IV[:]...)
	with := func(secret []byte, to *rsa.PrivateKey, alter func(form []byte) []byte) inDelivery {
		return func(document []byte) []byte {
			form := append([]byte{2}, binary.BigEndian.AppendUint16(nil, uint16(to.Size()))...)
			return alter(slices.Concat(form, seal(secret, &to.PublicKey), encryptWith(key, padded(document))))
		}
	}
	altered := func(name string, err error, says string, alter func(form []byte) []byte) Vector {
		return unreadable(name, Encrypted, err, says, with(secret, UserKey(), alter))
	}
	as := func(form []byte) []byte { return form }
	return []Vector{
		{Name: "encrypted manifest", Item: Encrypted, Registration: BadManifest, Node: Unsent, fault: with(secret, UserKey(), as)},
		unreadable("encrypted manifest for another key", Encrypted, manifest.ErrWrongKey, "another RSA key", with(secret, OtherKey(), as)),
		unreadable("encrypted manifest with half a key", Encrypted, manifest.ErrWrongKey, "another RSA key", with(secret[:16], UserKey(), as)),
		altered("encrypted manifest of scheme 1", manifest.ErrScheme, "scheme 1", func(form []byte) []byte { form[0] = 1; return form }),
		altered("encrypted manifest whose key is longer than all", manifest.ErrCiphertext, "a key of 65280 bytes", func(form []byte) []byte { form[1] = 0xff; return form }),
		altered("encrypted manifest without its last byte", manifest.ErrCiphertext, "no whole number of AES blocks", func(form []byte) []byte { return form[:len(form)-1] }),
		altered("encrypted manifest without its last block", manifest.ErrCiphertext, "bad padding", func(form []byte) []byte { return form[:len(form)-16] }),
		altered("encrypted manifest with a bit altered", manifest.ErrSyntax, "not well-formed XML", func(form []byte) []byte {
			form[len(form)-100] ^= 0x80
			return form
		}),
		altered("encrypted manifest that is too large", manifest.ErrTooLarge, "too large", func(form []byte) []byte { return append(form, make([]byte, manifest.MaxSize)...) }),
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=''", i)
	}
	return b.String()
}

// sections are ways to show one reader another image than the one that was signed.
func sections() []Vector {
	const image, configuration = "<image><name>evil.img</name></image>", "<machine_configuration><architecture>evil</architecture></machine_configuration>"
	two := func(name string, item Item, says, at, second string) Vector {
		return unreadable(name, item, manifest.ErrDuplicate, says+": element given more than once", change(at, second))
	}
	hidden := func(name string, err error, says, at, text string) Vector {
		return unreadable(name, HiddenSection, err, says, change(at, text))
	}
	return []Vector{
		two("second image before", TwoImages, "image", "<image>", image+"<image>"),
		two("second image behind", TwoImages, "image", "</image>", "</image>"+image),
		two("image in the image", TwoImages, "image", "<parts ", image+"<parts "),
		two("image in the machine_configuration", TwoImages, "image", "</machine_configuration>", image+"</machine_configuration>"),
		two("image in the bundler", TwoImages, "image", "</bundler>", image+"</bundler>"),
		two("second machine_configuration before", TwoConfigurations, "machine_configuration", "<machine_configuration>", configuration+"<machine_configuration>"),
		two("second machine_configuration behind", TwoConfigurations, "machine_configuration", "</image>", "</image>"+configuration),
		two("second signature", TwoImages, "signature", noSignature, noSignature+"<signature>00</signature>"),
		hidden("image in a comment", manifest.ErrForbidden, "comment not allowed", "<image>", "<!--"+image+"--><image>"),
		hidden("image in CDATA", manifest.ErrForbidden, "CDATA not allowed", "<image>", "<![CDATA["+image+"]]><image>"),
		hidden("image in a processing instruction", manifest.ErrForbidden, "processing instruction", "<image>", "<?x "+image+"?><image>"),
		hidden("image in an attribute", manifest.ErrSyntax, "not well-formed XML", "<bundler>", "<bundler a='"+image+"'>"),
		hidden("image of another namespace", manifest.ErrForbidden, "namespace not allowed", "<image>", "<image xmlns='urn:x'>"),
		hidden("image with a prefix", manifest.ErrForbidden, "namespace not allowed", "<image>", "<x:image></x:image><image>"),
		hidden("image with a space in its tag", manifest.ErrForbidden, "tag with spaces or attributes not allowed", "<image>", "<image >"),
		unreadable("image nested in another element", HiddenSection, manifest.ErrForbidden, "image: nested not allowed", inDocument(func(text string) string {
			return mustReplace(mustReplace(text, "<image>", "<wrap><image>"), "</image>", "</image></wrap>")
		})),
	}
}

// signatures are about who signed the manifest. A local reader who asks for no
// verification takes what is not signed well; he is warned.
func signatures() []Vector {
	signed := func(name string, item Item, err error, fault fault) Vector {
		return Vector{Name: name, Item: item, Signature: err, Registration: BadSignature, Node: Unsent, fault: fault}
	}
	as := func(digits string) inSignature { return func(string) string { return digits } }
	good := sign(document(&Good().Fields))
	altered := func(name, old, new string) Vector {
		return signed(name, Altered, manifest.ErrBadSignature, inDelivery(func(document []byte) []byte {
			return []byte(mustReplace(string(document), old, new))
		}))
	}
	return []Vector{
		signed("UNSIGNED", Unsigned, manifest.ErrUnsigned, as("UNSIGNED")),
		signed("no signature", Unsigned, manifest.ErrUnsigned, change(noSignature, "")),
		signed("empty signature", EmptySignature, manifest.ErrUnsigned, as("")),
		signed("signature of another key", ForeignSignature, manifest.ErrBadSignature, inSignature(func(text string) string { return signWith(text, OtherKey()) })),
		signed("signature of another manifest", ForeignSignature, manifest.ErrBadSignature, inSignature(func(text string) string {
			return sign(mustReplace(text, "x86_64", "i386"))
		})),
		signed("signature of one section", ForeignSignature, manifest.ErrBadSignature, inSignature(func(text string) string {
			return sign(mustReplace(text, "machine_configuration>", "configuration>"))
		})),
		signed("signature of zeros", SignatureForm, manifest.ErrBadSignature, as(strings.Repeat("0", len(good)))),
		signed("truncated signature", SignatureForm, manifest.ErrBadSignature, as(good[:len(good)-2])),
		signed("signature of one byte", SignatureForm, manifest.ErrBadSignature, as("00")),
		signed("longer signature", SignatureForm, manifest.ErrBadSignature, as("00"+good)),
		unreadable("signature of other characters", SignatureForm, manifest.ErrField, "signature: missing or malformed", as("not hexadecimal!")),
		unreadable("signature of odd length", SignatureForm, manifest.ErrField, "signature: missing or malformed", as(good[1:])),
		unreadable("huge signature", SignatureForm, manifest.ErrField, "signature: missing or malformed", as(strings.Repeat("0", 64<<10))),
		altered("architecture altered after signing", "x86_64", "i386"),
		altered("user altered after signing", "<user>123456789012", "<user>210987654321"),
		altered("kernel added after signing", "</architecture>", "</architecture><kernel_id>eki-00000000</kernel_id>"),
	}
}
