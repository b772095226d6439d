package hostiletest

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"

	"emikit/manifest"
)

const noSignature = "<signature></signature>"

// document writes fields as package manifest does, but whatever they hold, and with
// an empty signature.
func document(f *manifest.Manifest) string {
	var b strings.Builder
	b.WriteString("<?xml version='1.0'?><manifest><version>2007-10-10</version>" +
		"<bundler><name>emikit</name><version>1</version><release>0</release></bundler>")
	fmt.Fprintf(&b, "<machine_configuration><architecture>%s</architecture></machine_configuration>", escape(f.Arch))
	fmt.Fprintf(&b, "<image><name>%s</name><user>%s</user><type>%s</type>", escape(f.Name), f.User, f.Kind)
	fmt.Fprintf(&b, "<digest algorithm='SHA1'>%s</digest><size>%d</size><bundled_size>%d</bundled_size>", f.Digest, f.Size, f.BundledSize)
	fmt.Fprintf(&b, "<ec2_encrypted_key algorithm='AES-128-CBC'>%x</ec2_encrypted_key>", f.CloudKey)
	fmt.Fprintf(&b, "<user_encrypted_key algorithm='AES-128-CBC'>%x</user_encrypted_key>", f.UserKey)
	fmt.Fprintf(&b, "<ec2_encrypted_iv>%x</ec2_encrypted_iv><user_encrypted_iv>%x</user_encrypted_iv>", f.CloudIV, f.UserIV)
	fmt.Fprintf(&b, "<parts count='%d'>", len(f.Parts))
	for _, p := range f.Parts {
		fmt.Fprintf(&b, "<part index='%d'><filename>%s</filename><digest algorithm='SHA1'>%s</digest></part>", p.Index, escape(p.Name), p.Digest)
	}
	b.WriteString("</parts></image>" + noSignature + "</manifest>")
	return b.String()
}

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// sealKey seals the bundling key to the user and the cloud.
func sealKey(f *manifest.Manifest, user, cloud func() *rsa.PrivateKey) {
	key := BundlingKey()
	f.UserKey, f.UserIV = sealed(key.Key, user()), sealed(key.IV, user())
	f.CloudKey, f.CloudIV = sealed(key.Key, cloud()), sealed(key.IV, cloud())
}

func sealed(secret [16]byte, to *rsa.PrivateKey) []byte {
	return seal([]byte(hex.EncodeToString(secret[:])), &to.PublicKey)
}

// sign returns the user's signature of a document, in hexadecimal digits.
func sign(text string) string { return signWith(text, UserKey()) }

func signWith(text string, key *rsa.PrivateKey) string {
	sum := sha1.Sum(signedBytes(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA1, sum[:])
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(signature)
}

// signedBytes are what a signature covers: the first of each section that a search
// of the text finds.
func signedBytes(text string) []byte {
	return bytes.Join([][]byte{section(text, "machine_configuration"), section(text, "image")}, nil)
}

func section(text, name string) []byte {
	first, last := "<"+name+">", "</"+name+">"
	start := strings.Index(text, first)
	if start < 0 {
		return nil
	}
	end := strings.Index(text[start:], last)
	if end < 0 {
		return nil
	}
	return []byte(text[start : start+end+len(last)])
}

// withSignature puts the digits into the empty signature of a document, if it still
// has one.
func withSignature(text, digits string) []byte {
	return []byte(strings.Replace(text, noSignature, "<signature>"+digits+"</signature>", 1))
}

// change replaces the first old in a document, which must be there, by new.
func change(old, new string) inDocument {
	return func(text string) string { return mustReplace(text, old, new) }
}

func mustReplace(text, old, new string) string {
	if !strings.Contains(text, old) {
		panic(fmt.Sprintf("the document does not hold %q", old))
	}
	return strings.Replace(text, old, new, 1)
}
