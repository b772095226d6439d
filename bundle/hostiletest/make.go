package hostiletest

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"

	"emikit/manifest"
)

// The good bundle: an image of random bytes, in three parts.
const (
	ImageName = "disk.img"
	imageSize = 5000 // bytes
	partSize  = 2048
)

// Image is what the bundle holds that has no fault.
func Image() []byte {
	var image []byte
	for sum := sha256.Sum256([]byte(ImageName)); len(image) < imageSize; sum = sha256.Sum256(sum[:]) {
		image = append(image, sum[:]...)
	}
	return image[:imageSize]
}

// File is a part as it lies beside its manifest. Its name is what the manifest
// says, which may be anything.
type File struct {
	Name string
	Data []byte
}

// Bundle is what a stranger hands over.
type Bundle struct {
	Document []byte            // the manifest
	Files    []File            // the parts
	Fields   manifest.Manifest // what the document says
	Sizes    []int64           // of the parts in Fields, in bytes, as they were when those were noted
}

// A fault changes what one of the stages of making a bundle gives.
type fault interface{ put(*stages) }

// stages are the steps to a bundle that a fault can change.
type stages struct {
	stream    func(image []byte) []byte         // the tar stream
	zip       func(stream []byte) []byte        // gzip
	pad       func(zip []byte) []byte           // what is encrypted, a multiple of 16 bytes
	parts     func(*Bundle)                     // the files, and the fields that tell of them
	fields    func(*manifest.Manifest)          // all other fields
	document  func(text string) string          // the document, signed afterwards
	sign      func(text string) (digits string) // the signature's text
	delivered func(document []byte) []byte      // the document with its signature
}

// One kind of fault for each stage; each takes the place of what is right, or
// changes what is right.
type (
	inStream    func(image []byte) []byte
	inZip       func(stream []byte) []byte
	inPadding   func(zip []byte) []byte
	inParts     func(*Bundle)
	inFields    func(*manifest.Manifest)
	inDocument  func(text string) string
	inSignature func(text string) (digits string)
	inDelivery  func(document []byte) []byte
)

func (f inStream) put(s *stages)    { s.stream = f }
func (f inZip) put(s *stages)       { s.zip = f }
func (f inPadding) put(s *stages)   { s.pad = f }
func (f inParts) put(s *stages)     { s.parts = f }
func (f inFields) put(s *stages)    { s.fields = f }
func (f inDocument) put(s *stages)  { s.document = f }
func (f inSignature) put(s *stages) { s.sign = f }
func (f inDelivery) put(s *stages)  { s.delivered = f }

// Good returns the bundle without a fault.
func Good() *Bundle { return build(nil) }

// Bundle returns the vector's bundle.
func (v Vector) Bundle() *Bundle { return build(v.fault) }

func build(f fault) *Bundle {
	s := stages{
		stream: goodStream, zip: gzipped, pad: padded, sign: sign,
		parts: func(*Bundle) {}, fields: func(*manifest.Manifest) {},
		document:  func(text string) string { return text },
		delivered: func(document []byte) []byte { return document },
	}
	if f != nil {
		f.put(&s)
	}
	stream := s.stream(Image())
	b := &Bundle{Fields: manifest.Manifest{
		Arch: "x86_64", User: "123456789012", Kind: manifest.KindMachine,
		Name: ImageName, Size: imageSize, Digest: sha1.Sum(stream),
	}}
	sealKey(&b.Fields, UserKey, CloudKey)
	b.cut(ciphertext(s.pad(s.zip(stream))))
	s.parts(b)
	s.fields(&b.Fields)
	text := s.document(document(&b.Fields))
	b.Document = s.delivered(withSignature(text, s.sign(text)))
	return b
}

// clear takes all parts away.
func (b *Bundle) clear() {
	b.Files, b.Sizes, b.Fields.Parts, b.Fields.BundledSize = nil, nil, nil, 0
}

// cut cuts the ciphertext into parts and notes them.
func (b *Bundle) cut(body []byte) {
	for len(body) > 0 {
		n := min(partSize, len(body))
		b.add(manifest.PartName(ImageName, len(b.Files)), body[:n])
		body = body[n:]
	}
}

// add adds a part, as a file and to the fields.
func (b *Bundle) add(name string, data []byte) {
	b.Files = append(b.Files, File{name, data})
	b.Fields.Parts = append(b.Fields.Parts, manifest.Part{Index: len(b.Fields.Parts), Name: name, Digest: sha1.Sum(data)})
	b.Fields.BundledSize += int64(len(data))
	b.Sizes = append(b.Sizes, int64(len(data)))
}

func gzipped(stream []byte) []byte {
	var zip bytes.Buffer
	w, err := gzip.NewWriterLevel(&zip, gzip.BestSpeed)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(stream) // a bytes.Buffer takes everything
	_ = w.Close()
	return zip.Bytes()
}

// padded pads as PKCS #7 says.
func padded(zip []byte) []byte {
	n := aes.BlockSize - len(zip)%aes.BlockSize
	return append(bytes.Clone(zip), bytes.Repeat([]byte{byte(n)}, n)...)
}

func ciphertext(plain []byte) []byte { return encryptWith(BundlingKey(), plain) }

func encryptWith(key manifest.Key, plain []byte) []byte {
	c, err := aes.NewCipher(key.Key[:])
	if err != nil {
		panic(err)
	}
	body := make([]byte, len(plain))
	cipher.NewCBCEncrypter(c, key.IV[:]).CryptBlocks(body, plain)
	return body
}

// Secrets are the forms in which the bundling key, its IV and the user's private
// key could show.
func Secrets() []string {
	key := BundlingKey()
	secrets := []string{string(key.Key[:]), string(key.IV[:]), hex.EncodeToString(key.Key[:]), hex.EncodeToString(key.IV[:])}
	for line := range bytes.Lines(UserKeyPEM()) {
		if line = bytes.TrimSpace(line); !bytes.HasPrefix(line, []byte("-----")) && len(line) > 20 {
			secrets = append(secrets, string(line))
		}
	}
	return secrets
}
