package images

import (
	"slices"
	"strings"

	"emikit/manifest"
)

// kindOf tells what a bundle is, by the rules that Eucalyptus has kept from
// 1.4 to 5.1: the bundle says so with --kernel true or --ramdisk true, or the
// manifest's file name does, or (since 4.x) the manifest's type does.
func kindOf(m *manifest.Manifest, manifestName string) manifest.Kind {
	switch {
	case isFlag(m.KernelID), strings.HasPrefix(manifestName, "vmlinuz"):
		return manifest.KindKernel
	case isFlag(m.RamdiskID), strings.HasPrefix(manifestName, "initrd"):
		return manifest.KindRamdisk
	case m.Kind == manifest.KindKernel, m.Kind == manifest.KindRamdisk:
		return m.Kind
	}
	return manifest.KindMachine
}

// isFlag reports whether what stands as a kernel or ramdisk id only says that
// the bundle itself is one.
func isFlag(id string) bool {
	return strings.EqualFold(id, "true") || strings.EqualFold(id, "yes")
}

// platformOf recognises Windows images as Eucalyptus 2.0 and later do.
func platformOf(m *manifest.Manifest, manifestName string) string {
	windows := strings.HasPrefix(strings.ToLower(manifestName), "windows") ||
		strings.EqualFold(m.KernelID, PlatformWindows)
	if windows {
		return PlatformWindows
	}
	return ""
}

// prefixOf is the first part of an image id.
func prefixOf(k manifest.Kind) string {
	switch k {
	case manifest.KindKernel:
		return "eki"
	case manifest.KindRamdisk:
		return "eri"
	}
	return "emi"
}

// canonicalID writes an image id as it was given out, so that one typed in
// lower case is found too.
func canonicalID(id string) string {
	prefix, hex, found := strings.Cut(id, "-")
	if !found {
		return id
	}
	return strings.ToLower(prefix) + "-" + strings.ToUpper(hex)
}

// defaultArch is the architecture of manifests that name none: version 3
// knew i386 only.
const defaultArch = "i386"

// architecture is the request's, else the manifest's.
func architecture(requested, bundled string) (string, error) {
	arch := first(requested, bundled, defaultArch)
	if known := manifest.Architectures(); !slices.Contains(known, arch) {
		return "", refuse(ErrParameter, "Image registration failed: %q is not an architecture (choose from %s).",
			shorten(arch), strings.Join(known, ", "))
	}
	return arch, nil
}

// shorten keeps a text that a client chose from filling an answer.
func shorten(text string) string {
	const most = 64 // bytes
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// first returns the first value that is not empty.
func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
