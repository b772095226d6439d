package bundling

import (
	"fmt"
	"io"
	"strings"

	"emikit/cmd/cli"
	"emikit/manifest"
	"emikit/publish"
)

// Summary is a new bundle as --output json shows it. Bucket is that of one that was
// uploaded.
type Summary struct {
	Manifest    string          `json:"manifest"`
	Bucket      string          `json:"bucket,omitempty"`
	Name        string          `json:"name"`
	Kind        manifest.Kind   `json:"kind"`
	Digest      manifest.Digest `json:"digest"`
	Size        int64           `json:"size"`
	BundledSize int64           `json:"bundledSize"`
	Parts       []string        `json:"parts"`
}

// Summarize makes the summary of a result.
func Summarize(r publish.BundleResult) Summary {
	s := Summary{
		Manifest: r.ManifestPath, Name: r.Manifest.Name, Kind: r.Manifest.Kind, Digest: r.Manifest.Digest,
		Size: r.Manifest.Size, BundledSize: r.Manifest.BundledSize,
	}
	for _, p := range r.Manifest.Parts {
		s.Parts = append(s.Parts, p.Name)
	}
	return s
}

// showSteps prints the lines of ec2-bundle-image 1.4.0.7 that follow its first; 1.5 has
// one more. Those of ec2-bundle-vol also say what metadata there were none of.
func showSteps(app *cli.App, w io.Writer, r publish.BundleResult, command string, missing ...string) error {
	base := strings.TrimSuffix(r.ManifestPath, ".manifest.xml")
	fmt.Fprintf(w, "Splitting %s.tar.gz.enc...\n", base)
	for _, p := range r.Manifest.Parts {
		fmt.Fprintf(w, "Created %s\n", p.Name)
	}
	fmt.Fprintln(w, "Generating digests for each part...\nDigests generated.")
	for _, item := range missing {
		fmt.Fprintf(w, "Unable to read instance meta-data for %s\n", item)
	}
	if virtual := missingMapping(r.Manifest.Mappings); virtual != "" {
		fmt.Fprintf(w, "Block-device-mapping has no '%s' entry. A launch-time default will be used.\n", virtual)
	}
	fmt.Fprintln(w, "Creating bundle manifest...")
	if app.Era == cli.EC2v15 {
		fmt.Fprintf(w, "Bundle manifest is %s\n", r.ManifestPath)
	}
	_, err := fmt.Fprintf(w, "%s complete.\n", command)
	return err
}

// showOldSteps prints the lines of euca-bundle-image 2.
func showOldSteps(w io.Writer, r publish.BundleResult) error {
	fmt.Fprintln(w, "Checking image\nEncrypting image\nSplitting image...")
	showOldParts(w, r.Manifest)
	_, err := fmt.Fprintf(w, "Generating manifest %s\n", r.ManifestPath)
	return err
}

// showOldParts prints the parts as euca2ools 2 did.
func showOldParts(w io.Writer, m *manifest.Manifest) {
	for _, p := range m.Parts {
		fmt.Fprintf(w, "Part: %s\n", p.Name)
	}
}
