package transfer

import (
	"fmt"
	"strconv"

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

// describeManifest lists what a manifest says, without what it leaves out.
func describeManifest(info publish.ManifestInfo, parts bool) []field {
	m := info.Manifest
	var list []field
	add := func(note, name string, values ...string) {
		if values[0] != "" {
			list = append(list, field{name, values, note})
		}
	}
	add("", "name", m.Name)
	add("", "kind", string(m.Kind))
	add("", "arch", m.Arch)
	add("", "account", m.User)
	add("", "version", m.Version)
	add("", "bundler", m.Bundler.Name, m.Bundler.Version, m.Bundler.Release)
	add(cli.Size(m.Size), "size", decimal(m.Size))
	add("of the tar stream", "digest", m.Digest.String())
	add(cli.Size(m.BundledSize), "bundled-size", decimal(m.BundledSize))
	add("", "part-count", strconv.Itoa(len(m.Parts)))
	add("", "encryption", encryption(info))
	add(sealed(m.UserKey), "user-envelope", envelope(m.UserKey, m.UserIV))
	add(sealed(m.CloudKey), "cloud-envelope", envelope(m.CloudKey, m.CloudIV))
	add("verify checks it", "signature", signature(m))
	add("", "kernel", m.KernelID)
	add("", "ramdisk", m.RamdiskID)
	add("", "kernel-name", m.KernelName)
	for _, d := range m.Mappings {
		add("", "mapping", d.Virtual, d.Device)
	}
	for _, code := range m.ProductCodes {
		add("", "product-code", code)
	}
	for _, id := range m.Ancestors {
		add("", "ancestor", id)
	}
	for _, p := range m.Parts {
		if parts {
			add("", "part", strconv.Itoa(p.Index), p.Name, p.Digest.String())
		}
	}
	return list
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
	return "present"
}

// addFields writes a record for each field.
func addFields(records *cli.Records, fields []field) {
	for _, f := range fields {
		record := []string{f.name}
		for _, value := range f.values {
			record = append(record, escaped(value))
		}
		records.Add(record...)
	}
}

// tableRows are the rows of the table.
func tableRows(fields []field) (rows [][]string) {
	for _, f := range fields {
		value := cli.Join("  ", f.values, escaped)
		if f.note != "" && !(f.name == "signature" && value == "absent") {
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
