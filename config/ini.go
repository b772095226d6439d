package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/ini.v1"
)

// maxFile bounds a configuration file, in bytes; maxBits the namespaces in a
// section's name; maxUse how many sections may refer to each other.
const (
	maxFile = 1 << 20
	maxBits = 6
	maxUse  = 10
)

// sections holds the options of the ini sections of one kind by their name.
type sections map[string]map[string]Value

// iniFiles is what euca2ools' files say together; a later file wins.
type iniFiles struct {
	paths          []string
	global         map[string]Value
	regions, users sections
}

// iniPatterns name the ini files to read, in the order in which they count.
func (c *Config) iniPatterns() []string {
	patterns := []string{
		filepath.Join(c.o.SystemDir, "euca2ools.ini"),
		filepath.Join(c.o.SystemDir, "conf.d", "*.ini"),
	}
	if c.o.Home != "" {
		patterns = append(patterns, filepath.Join(c.o.Home, ".euca", "*.ini"))
	}
	if own := c.o.Getenv("EUCA_CONFIG_PATH"); own != "" {
		patterns = strings.Split(own, ":")
	}
	return patterns
}

// iniPaths are the files that the patterns match.
func (c *Config) iniPaths() []string {
	var paths []string
	for _, pattern := range c.iniPatterns() {
		found, _ := filepath.Glob(c.path(pattern)) // a malformed pattern matches nothing
		paths = append(paths, found...)            // Glob sorts
	}
	return paths
}

func loadINI(paths []string) (*iniFiles, error) {
	all := &iniFiles{global: map[string]Value{}, regions: sections{}, users: sections{}}
	for _, path := range paths {
		file, err := readINI(path, false)
		if err != nil {
			return nil, err
		}
		for name, options := range file {
			if err := all.add(name, options); err != nil {
				return nil, fmt.Errorf("%s: section [%s]: %w", path, name, err)
			}
		}
		if len(file) > 0 {
			all.paths = append(all.paths, path)
		}
	}
	return all, nil
}

// add merges a section; those of kinds we do not know are for other programs.
func (f *iniFiles) add(name string, options map[string]Value) error {
	words := strings.Fields(name)
	if len(words) == 1 && words[0] == "global" {
		maps.Copy(f.global, options)
		return nil
	}
	if len(words) < 2 {
		return nil
	}
	switch words[0] {
	case "region":
		return f.regions.add(words[1], options)
	case "user":
		return f.users.add(words[1], options)
	}
	return nil
}

func (s sections) add(name string, options map[string]Value) error {
	bits := strings.Split(name, ":")
	if slices.Contains(bits, "") {
		return errors.New("empty namespace")
	}
	if len(bits) > maxBits {
		return fmt.Errorf("more than %d namespaces", maxBits)
	}
	if strings.Contains(name, "@") {
		return errors.New("a name may not hold @")
	}
	if s[name] == nil {
		s[name] = map[string]Value{}
	}
	maps.Copy(s[name], options)
	return nil
}

// lookup returns the option of the section called name. If that has none, the
// sections count whose name has a * instead of one of the words between the
// colons, and then the only section whose name ends in :name.
func (s sections) lookup(name, option string) (Value, error) {
	return s.follow(name, option, maxUse)
}

// has reports whether lookup has a section to look into.
func (s sections) has(name string) bool {
	for _, pattern := range wildcards(name) {
		if s[pattern] != nil {
			return true
		}
	}
	longer, err := s.longer(name)
	return longer != "" || err != nil // ambiguous names are told when they are looked up
}

// follow is lookup through at most left references: an option "use SECTION" or
// "use SECTION OPTION" stands for another one.
func (s sections) follow(name, option string, left int) (Value, error) {
	if left == 0 {
		return Value{}, fmt.Errorf("option %s of %q: sections use each other in a circle", option, name)
	}
	for _, pattern := range wildcards(name) {
		v, ok := s[pattern][option]
		if !ok {
			continue
		}
		words := strings.Fields(v.Text)
		if len(words) < 2 || words[0] != "use" {
			return v, nil
		}
		if len(words) > 2 {
			option = words[2]
		}
		return s.follow(words[1], option, left-1)
	}
	longer, err := s.longer(name)
	if err != nil || longer == "" {
		return Value{}, err
	}
	return s.follow(longer, option, left-1)
}

// wildcards returns name and its variants with * for some of its words; those
// that keep more of its beginning come first.
func wildcards(name string) []string {
	words := strings.Split(name, ":")
	if len(words) > maxBits {
		return []string{name}
	}
	variants := make([]string, 0, 1<<len(words))
	for mask := range 1 << len(words) {
		variant := slices.Clone(words)
		for i := range words {
			if mask>>(len(words)-1-i)&1 == 1 {
				variant[i] = "*"
			}
		}
		variants = append(variants, strings.Join(variant, ":"))
	}
	return variants
}

// longer returns the section whose name is name with namespaces before it, with
// as few of them as possible; "" if there is none.
func (s sections) longer(name string) (string, error) {
	byLength := map[int][]string{}
	for _, section := range slices.Sorted(maps.Keys(s)) {
		if strings.HasSuffix(section, ":"+name) {
			n := strings.Count(section, ":")
			byLength[n] = append(byLength[n], section)
		}
	}
	if len(byLength) == 0 {
		return "", nil
	}
	found := byLength[slices.Min(slices.Collect(maps.Keys(byLength)))]
	if len(found) > 1 {
		return "", fmt.Errorf("%q is ambiguous: it may be %s", name, strings.Join(found, " or "))
	}
	return found[0], nil
}

// readINI reads one file into its sections. A missing file has none. With skip,
// lines that are not understood are passed over.
func readINI(path string, skip bool) (map[string]map[string]Value, error) {
	data, err := readFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("configuration %w", err)
	}
	return parseINI(data, path, skip)
}

// parseINI reads what Python's ConfigParser reads: values as they stand, with
// comments only on lines of their own or after " ;".
func parseINI(data []byte, path string, skip bool) (map[string]map[string]Value, error) {
	file, err := ini.LoadSources(ini.LoadOptions{
		InsensitiveKeys:          true,
		IgnoreContinuation:       true,
		SpaceBeforeInlineComment: true,
		PreserveSurroundedQuote:  true,
		SkipUnrecognizableLines:  skip,
	}, data)
	if err != nil {
		return nil, fmt.Errorf("configuration %s: %s", path, iniReason(err, data))
	}
	found := map[string]map[string]Value{}
	for _, section := range file.Sections() {
		options := map[string]Value{}
		for _, key := range section.Keys() {
			options[key.Name()] = Value{strings.TrimSpace(key.Value()), path}
		}
		found[section.Name()] = options
	}
	return found, nil
}

// iniReason says in one line why a file cannot be understood. It names the line
// rather than show it, as the library does: a secret may stand there.
func iniReason(err error, data []byte) string {
	if delimiter, ok := errors.AsType[ini.ErrDelimiterNotFound](err); ok {
		return fmt.Sprintf("line %d is neither [SECTION] nor NAME = VALUE", lineNumber(delimiter.Line, data))
	}
	reason, line, shown := strings.Cut(strings.TrimSpace(err.Error()), ": ")
	reason, _, _ = strings.Cut(reason, " from ") // of quotes that are not closed, where it shows two lines
	if number := lineNumber(line, data); shown && number > 0 {
		return fmt.Sprintf("line %d: %s", number, reason)
	}
	return reason
}

// lineNumber finds a line, which may have lost its spaces; 0 if there is none.
func lineNumber(line string, data []byte) int {
	number := 0
	for l := range strings.Lines(string(data)) {
		number++
		if strings.TrimSpace(l) == strings.TrimSpace(line) {
			return number
		}
	}
	return 0
}

// readFile reads a file of at most maxFile bytes.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = fmt.Errorf("%s: larger than %d bytes", path, maxFile)
	}
	return data, err
}
