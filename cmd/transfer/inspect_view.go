package transfer

import (
	"fmt"
	"strconv"
	"strings"

	"emikit/cmd/cli"
	"emikit/manifest"
	"emikit/publish"
)

// field is something that a manifest says. Values of more than one place are columns of
// the text, and side by side in the table. note is for the table alone.
type field struct {
	name   string
	values []string
	note   string
}

// fields are those of one manifest.
type fields []field

// add adds a field, unless the manifest leaves it out.
func (l *fields) add(note, name string, values ...string) {
	if strings.Join(values, "") != "" {
		*l = append(*l, field{name, values, note})
	}
}

// describeManifest lists what a manifest says.
func describeManifest(info publish.ManifestInfo, parts bool) (list fields) {
	m := info.Manifest
	list.add("", "name", m.Name)
	list.add("", "kind", string(m.Kind))
	list.add("", "arch", m.Arch)
	list.add("", "account", m.User)
	list.add("", "version", m.Version)
	list.add("", "bundler", m.Bundler.Name, m.Bundler.Version, m.Bundler.Release)
	list.add(cli.Size(m.Size), "size", decimal(m.Size))
	list.add("of the tar stream", "digest", m.Digest.String())
	list.add(cli.Size(m.BundledSize), "bundled-size", decimal(m.BundledSize))
	list.add("", "part-count", strconv.Itoa(len(m.Parts)))
	list.add("", "encryption", encryption(info))
	list.add(sealed(m.UserKey), "user-envelope", envelope(m.UserKey, m.UserIV))
	list.add(sealed(m.CloudKey), "cloud-envelope", envelope(m.CloudKey, m.CloudIV))
	list.add("", "signature", signature(m))
	list.add("", "kernel", m.KernelID)
	list.add("", "ramdisk", m.RamdiskID)
	list.add("", "kernel-name", m.KernelName)
	list.addLists(m)
	if parts {
		for _, p := range m.Parts {
			list.add("", "part", strconv.Itoa(p.Index), p.Name, p.Digest.String())
		}
	}
	return list
}

// addLists adds what there may be any number of.
func (l *fields) addLists(m *manifest.Manifest) {
	for _, d := range m.Mappings {
		l.add("", "mapping", d.Virtual, d.Device)
	}
	for _, code := range m.ProductCodes {
		l.add("", "product-code", code)
	}
	for _, id := range m.Ancestors {
		l.add("", "ancestor", id)
	}
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// algorithm is what every bundle is encrypted with.
const algorithm = "AES-128-CBC"

func encryption(info publish.ManifestInfo) string {
	if info.Encrypted {
		return algorithm + ", the manifest too"
	}
	return algorithm
}

// envelope says whether the bundling key is sealed to somebody.
func envelope(key, iv []byte) string {
	switch {
	case len(key) > 0 && len(iv) > 0:
		return "present"
	case len(key) > 0:
		return "without an IV"
	case len(iv) > 0:
		return "without a key"
	}
	return "absent"
}

func sealed(key []byte) string {
	if len(key) == 0 {
		return ""
	}
	return fmt.Sprintf("RSA of %d bits", 8*len(key))
}

func signature(m *manifest.Manifest) string {
	if len(m.Signature) == 0 {
		return "absent"
	}
	return "present, not checked"
}

// addFields writes a record for each field.
func addFields(records *cli.Records, list fields) {
	for _, f := range list {
		record := []string{f.name}
		for _, value := range f.values {
			record = append(record, escaped(value))
		}
		records.Add(record...)
	}
}

// tableRows are the rows of the table.
func tableRows(list fields) (rows [][]string) {
	for _, f := range list {
		value := cli.Join("  ", f.values, escaped)
		if f.note != "" {
			value += " (" + f.note + ")"
		}
		rows = append(rows, []string{f.name, value})
	}
	return rows
}

// inspection is a manifest as --output json shows it. Sizes are in bytes. What the
// manifest leaves out is "" or an empty list.
type inspection struct {
	Manifest    string          `json:"manifest"` // where it was found
	Version     string          `json:"version"`
	Bundler     bundlerJSON     `json:"bundler"`
	Name        string          `json:"name"`
	Kind        manifest.Kind   `json:"kind"` // machine, kernel or ramdisk
	Arch        string          `json:"arch"`
	Account     string          `json:"account"`
	Kernel      string          `json:"kernel"`
	Ramdisk     string          `json:"ramdisk"`
	KernelName  string          `json:"kernelName"`
	Size        int64           `json:"size"`   // of the image
	Digest      manifest.Digest `json:"digest"` // SHA-1 of the tar stream
	BundledSize int64           `json:"bundledSize"`
	Encryption  encryptionJSON  `json:"encryption"`
	Signed      bool            `json:"signed"` // there is a signature; verify checks it
	Mappings    []mappingJSON   `json:"blockDeviceMappings"`
	Codes       []string        `json:"productCodes"`
	Ancestors   []string        `json:"ancestors"`
	PartCount   int             `json:"partCount"`
	Parts       []partJSON      `json:"parts"` // in their order
}

type bundlerJSON struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Release string `json:"release"`
}

type encryptionJSON struct {
	Algorithm string `json:"algorithm"`
	Manifest  bool   `json:"manifest"` // the document itself was encrypted
	User      bool   `json:"user"`     // the bundling key is sealed to the user
	Cloud     bool   `json:"cloud"`    // and to the cloud
}

type mappingJSON struct {
	Virtual string `json:"virtual"`
	Device  string `json:"device"`
}

type partJSON struct {
	Index  int             `json:"index"`
	Name   string          `json:"name"`
	Digest manifest.Digest `json:"digest"` // SHA-1
}

func manifestJSON(path string, info publish.ManifestInfo) inspection {
	m := info.Manifest
	i := inspection{
		Manifest: path, Version: m.Version, Bundler: bundlerJSON(m.Bundler),
		Name: m.Name, Kind: m.Kind, Arch: m.Arch, Account: m.User,
		Kernel: m.KernelID, Ramdisk: m.RamdiskID, KernelName: m.KernelName,
		Size: m.Size, Digest: m.Digest, BundledSize: m.BundledSize,
		Encryption: encryptionJSON{algorithm, info.Encrypted, envelope(m.UserKey, m.UserIV) == "present", envelope(m.CloudKey, m.CloudIV) == "present"},
		Signed:     len(m.Signature) > 0, Mappings: []mappingJSON{}, PartCount: len(m.Parts),
		Codes: append([]string{}, m.ProductCodes...), Ancestors: append([]string{}, m.Ancestors...),
	}
	for _, d := range m.Mappings {
		i.Mappings = append(i.Mappings, mappingJSON(d))
	}
	for _, p := range m.Parts {
		i.Parts = append(i.Parts, partJSON(p))
	}
	return i
}
