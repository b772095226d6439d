package bundling

import (
	"bufio"
	"os"
	"path"
	"path/filepath"
	"strings"

	"emikit/cmd/cli"
	"emikit/volume"
)

// eucaFilters is where euca2ools 3 keep the list of what they leave out.
const eucaFilters = "/etc/euca2ools/bundle-vol/excludes"

// rules says what of the volume stays away. The first that matches decides: what is to
// be kept comes first, as in ec2-ami-tools.
func (b *volumeBundle) rules() []volume.Rule {
	var rules []volume.Rule
	for _, p := range b.f.patterns(b.app, b.f.includes) {
		rules = append(rules, volume.Rule{Action: volume.Include, Pattern: p})
	}
	rules = append(rules, b.foreign()...)
	for _, dir := range []string{"/dev", "/media", "/mnt", "/proc", "/sys"} {
		rules = append(rules, b.exclude(volume.Rule{Action: volume.EmptyDir, Pattern: dir, Exact: true}))
	}
	for _, p := range b.f.patterns(b.app, b.f.excludes) {
		rules = append(rules, b.exclude(volume.Rule{Action: exclusion(p), Pattern: p}))
	}
	rules = append(rules, b.own()...)
	if b.f.noFilter {
		return rules
	}
	for _, p := range b.filters() {
		rules = append(rules, volume.Rule{Action: volume.Filter, Pattern: p})
	}
	return rules
}

// exclude notes that a rule's pattern is to be shown.
func (b *volumeBundle) exclude(r volume.Rule) volume.Rule {
	b.excluded = append(b.excluded, r.Pattern)
	return r
}

// foreign are the places where something is mounted that is not the volume's. The
// directories stay, for the same to be mounted there.
func (b *volumeBundle) foreign() []volume.Rule {
	if b.f.all {
		return nil
	}
	var rules []volume.Rule
	for _, place := range b.volume.Foreign() {
		rules = append(rules, b.exclude(volume.Rule{Action: volume.EmptyDir, Pattern: place, Exact: true}))
	}
	return rules
}

// exclusion is what excluding a path means: directories for what passes stay, empty,
// since no system works without them.
func exclusion(pattern string) volume.Action {
	switch path.Clean("/" + pattern) {
	case "/tmp", "/var/tmp", "/run":
		return volume.EmptyDir
	}
	return volume.Exclude
}

// own are the files of this run, which must not be in the image: itself, the bundle,
// and the private key.
func (b *volumeBundle) own() []volume.Rule {
	var rules []volume.Rule
	image := filepath.Join(b.r.Destination, b.r.Prefix)
	if inside, ok := b.volume.Inside(image); ok {
		rules = append(rules, b.exclude(volume.Rule{Action: volume.Exclude, Pattern: inside, Exact: true}),
			volume.Rule{Action: volume.Exclude, Pattern: inside + ".manifest.xml", Exact: true},
			volume.Rule{Action: volume.Exclude, Pattern: literal(inside) + ".part.*"})
	}
	if inside, ok := b.volume.Inside(b.r.PrivateKey); ok && b.r.PrivateKey != "" {
		rules = append(rules, volume.Rule{Action: volume.Filter, Pattern: inside, Exact: true})
	}
	return rules
}

// literal makes a pattern of a path.
func literal(p string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(p)
}

// filters are the patterns of files that stay away unless told otherwise.
func (b *volumeBundle) filters() []string {
	if b.app.Family != cli.Euca {
		return volume.DefaultFilters()
	}
	f, err := os.Open(eucaFilters)
	if err != nil {
		return volume.DefaultFilters()
	}
	defer f.Close() // it was only read
	var patterns []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.ContainsAny(line[:1], "#;") {
			patterns = append(patterns, line)
		}
	}
	return patterns
}
