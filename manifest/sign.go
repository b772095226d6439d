package manifest

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Sign returns the document of m, signed with key; a nil key leaves it
// UNSIGNED. It writes version 2007-10-10 in the form that every reader takes:
// single quotes, because ec2-ami-tools verify their own rendering of the
// document, which has single quotes; no spaces; the order of ec2-ami-tools; and
// size, bundled_size and architecture always, because Eucalyptus 3 and later
// refuse a manifest without them.
//
// m itself does not change: its Version and Signature are ignored. An empty
// Bundler becomes emikit's, an empty Kind KindMachine, Mappings are sorted by
// virtual name (of two with the same name the last counts), and dashes are
// taken out of User.
func Sign(m *Manifest, key *rsa.PrivateKey) ([]byte, error) {
	n := normalize(m)
	if err := checkFields(n); err != nil {
		return nil, err
	}
	configuration, image := configurationXML(n), imageXML(n)
	signature, err := signature(slices.Concat(configuration, image), key)
	if err != nil {
		return nil, err
	}
	w := new(writer)
	w.WriteString("<?xml version='1.0'?><manifest>")
	w.leaf("version", Version)
	w.open("bundler")
	w.leaf("name", n.Bundler.Name)
	w.leaf("version", n.Bundler.Version)
	w.leaf("release", n.Bundler.Release)
	w.close("bundler")
	w.Write(configuration)
	w.Write(image)
	w.leaf(signatureElement, signature)
	w.close("manifest")
	if w.Len() > MaxSize {
		return nil, fmt.Errorf("%w: %d bytes for %d parts", ErrTooLarge, w.Len(), len(m.Parts))
	}
	return w.Bytes(), nil
}

// VerifySignature checks the signature over the bytes that were parsed. It
// returns ErrUnsigned when there is no signature, and ErrBadSignature when it is not
// of pub's owner.
func (m *Manifest) VerifySignature(pub *rsa.PublicKey) error {
	if len(m.Signature) == 0 {
		return ErrUnsigned
	}
	sum := sha1.Sum(m.signed)
	if err := rsa.VerifyPKCS1v15(pub, crypto.SHA1, sum[:], m.Signature); err != nil {
		return ErrBadSignature // package rsa knows no more
	}
	return nil
}

// signature returns the text of the signature element.
func signature(signed []byte, key *rsa.PrivateKey) (string, error) {
	if key == nil {
		return "UNSIGNED", nil
	}
	sum := sha1.Sum(signed)
	s, err := rsa.SignPKCS1v15(nil, key, crypto.SHA1, sum[:])
	if err != nil {
		return "", fmt.Errorf("sign manifest: %w", err)
	}
	return hex.EncodeToString(s), nil
}

// normalize returns a copy of m with the defaults that Sign promises.
func normalize(m *Manifest) *Manifest {
	n := *m
	if n.Bundler.Name == "" {
		n.Bundler = Bundler{Name: "emikit", Version: "1", Release: "0"}
	}
	if n.Kind == "" {
		n.Kind = KindMachine
	}
	n.User = strings.ReplaceAll(n.User, "-", "")
	n.Mappings = sortMappings(m.Mappings)
	return &n
}

func sortMappings(mappings []Mapping) []Mapping {
	sorted := slices.Clone(mappings)
	slices.Reverse(sorted) // of equals, CompactFunc keeps the first
	slices.SortStableFunc(sorted, func(a, b Mapping) int { return cmp.Compare(a.Virtual, b.Virtual) })
	return slices.CompactFunc(sorted, func(a, b Mapping) bool { return a.Virtual == b.Virtual })
}

// checkFields refuses to write what Parse or Eucalyptus would not read.
func checkFields(m *Manifest) error {
	if m.Arch == "" {
		return fmt.Errorf("architecture: %w", ErrField)
	}
	switch m.Kind {
	case KindMachine, KindKernel, KindRamdisk:
	default:
		return fmt.Errorf("image/type: %w: %q", ErrField, string(m.Kind))
	}
	if m.Size < 0 || m.BundledSize < 0 {
		return fmt.Errorf("image/size: %w: negative", ErrField)
	}
	if err := CheckFileName(m.Name); err != nil {
		return fmt.Errorf("image/name: %w", err)
	}
	for _, p := range m.Parts {
		if err := CheckFileName(p.Name); err != nil {
			return fmt.Errorf("part/filename: %w", err)
		}
	}
	if err := checkParts(m.Parts); err != nil {
		return err
	}
	return checkTexts(m)
}

func checkTexts(m *Manifest) error {
	texts := []string{m.Bundler.Name, m.Bundler.Version, m.Bundler.Release,
		m.Arch, m.KernelID, m.RamdiskID, m.User, m.KernelName}
	texts = slices.Concat(texts, m.ProductCodes, m.Ancestors)
	for _, d := range m.Mappings {
		texts = append(texts, d.Virtual, d.Device)
	}
	for _, s := range texts {
		if err := checkText(s); err != nil {
			return fmt.Errorf("%.60q: %w", s, err)
		}
	}
	return nil
}

func configurationXML(m *Manifest) []byte {
	w := new(writer)
	w.open(configurationElement)
	w.leaf("architecture", m.Arch)
	if len(m.Mappings) > 0 {
		w.open("block_device_mapping")
		for _, d := range m.Mappings {
			w.open("mapping")
			w.leaf("virtual", d.Virtual)
			w.leaf("device", d.Device)
			w.close("mapping")
		}
		w.close("block_device_mapping")
	}
	w.optional("kernel_id", m.KernelID)
	w.optional("ramdisk_id", m.RamdiskID)
	w.list("product_codes", "product_code", m.ProductCodes)
	w.close(configurationElement)
	return w.Bytes()
}

func imageXML(m *Manifest) []byte {
	w := new(writer)
	w.open(imageElement)
	w.leaf("name", m.Name)
	w.leaf("user", m.User)
	w.leaf("type", string(m.Kind))
	w.optional("kernel_name", m.KernelName)
	w.list("ancestry", "ancestor_ami_id", m.Ancestors)
	w.digest(m.Digest)
	w.leaf("size", strconv.FormatInt(m.Size, 10))
	w.leaf("bundled_size", strconv.FormatInt(m.BundledSize, 10))
	w.envelope("ec2_encrypted_key", " algorithm='AES-128-CBC'", m.CloudKey)
	w.envelope("user_encrypted_key", " algorithm='AES-128-CBC'", m.UserKey)
	w.envelope("ec2_encrypted_iv", "", m.CloudIV)
	w.envelope("user_encrypted_iv", "", m.UserIV)
	fmt.Fprintf(w, "<parts count='%d'>", len(m.Parts))
	for _, p := range m.Parts {
		fmt.Fprintf(w, "<part index='%d'>", p.Index)
		w.leaf("filename", p.Name)
		w.digest(p.Digest)
		w.close("part")
	}
	w.close("parts")
	w.close(imageElement)
	return w.Bytes()
}

// escaper escapes text as the real tools do; quotes stand as they are.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// writer writes elements.
type writer struct{ bytes.Buffer }

func (w *writer) open(name string)  { w.WriteString("<" + name + ">") }
func (w *writer) close(name string) { w.WriteString("</" + name + ">") }

// leaf writes an element that holds text. Without text it is a single tag, because
// that is how ec2-ami-tools render it before they verify.
func (w *writer) leaf(name, text string) {
	if text == "" {
		w.WriteString("<" + name + "/>")
		return
	}
	w.open(name)
	escaper.WriteString(w, text)
	w.close(name)
}

// optional writes nothing for an empty text.
func (w *writer) optional(name, text string) {
	if text != "" {
		w.leaf(name, text)
	}
}

func (w *writer) list(name, item string, texts []string) {
	if len(texts) == 0 {
		return
	}
	w.open(name)
	for _, s := range texts {
		w.leaf(item, s)
	}
	w.close(name)
}

func (w *writer) digest(d Digest) { fmt.Fprintf(w, "<digest algorithm='SHA1'>%s</digest>", d) }

// envelope writes an empty element for an absent envelope, as euca2ools do
// when there is no user certificate.
func (w *writer) envelope(name, attribute string, envelope []byte) {
	if len(envelope) == 0 {
		fmt.Fprintf(w, "<%s%s/>", name, attribute)
		return
	}
	fmt.Fprintf(w, "<%s%s>%x</%s>", name, attribute, envelope, name)
}
