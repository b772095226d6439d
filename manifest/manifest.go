package manifest

import (
	"crypto/rsa"
	"crypto/sha1"
)

// Version is the manifest version that Sign writes.
const Version = "2007-10-10"

// MaxSize is the largest manifest that Parse accepts, in bytes. Eucalyptus
// 4.x and 5.x refuse larger ones too.
const MaxSize = 5 << 20

// Kind says what a bundle holds.
type Kind string

// The kinds of image.
const (
	KindMachine Kind = "machine"
	KindKernel  Kind = "kernel"
	KindRamdisk Kind = "ramdisk"
)

// Digest is a SHA-1 sum.
type Digest [sha1.Size]byte

// Part is one piece of a bundle.
type Part struct {
	Index  int
	Name   string
	Digest Digest
}

// Bundler names the program that wrote a manifest.
type Bundler struct{ Name, Version, Release string }

// Mapping gives a virtual device name its device.
type Mapping struct{ Virtual, Device string }

// Manifest describes a bundle.
type Manifest struct {
	Version string
	Bundler Bundler

	Arch         string
	Mappings     []Mapping
	ProductCodes []string
	KernelID     string
	RamdiskID    string

	Name       string
	User       string
	Kind       Kind
	KernelName string
	Ancestors  []string

	Digest            Digest
	Size, BundledSize int64

	CloudKey, CloudIV, UserKey, UserIV []byte

	Parts     []Part
	Signature []byte

	signed []byte
}

func (d Digest) String() string                               { panic("soon") }
func ParseDigest(s string) (Digest, error)                    { panic("soon") }
func Parse(data []byte) (*Manifest, error)                    { panic("soon") }
func (m *Manifest) VerifySignature(pub *rsa.PublicKey) error  { panic("soon") }
func Sign(m *Manifest, key *rsa.PrivateKey) ([]byte, error)   { panic("soon") }
func (m *Manifest) OpenKey(priv *rsa.PrivateKey) (Key, error) { panic("soon") }
func (m *Manifest) OpenCloudKey(priv *rsa.PrivateKey) Key     { panic("soon") }
func FileName(name string) string                             { return name + ".manifest.xml" }
func PartName(name string, index int) string                  { panic("soon") }
