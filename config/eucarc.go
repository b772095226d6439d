package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// eucarcPaths are the files that euca2ools 1 and 2 sourced by themselves: the first
// that is there.
func (c *Config) eucarcPaths() []string {
	paths := []string{filepath.Join(c.o.SystemDir, "eucarc")}
	if c.o.Home == "" {
		return paths
	}
	own := filepath.Join(c.o.Home, ".eucarc")
	return append([]string{filepath.Join(own, "eucarc"), own}, paths...) // it may be a folder
}

// loadEucarc reads the first eucarc file. It has variables as the environment has
// them, which it stands behind. It is not read where there are ini files, which later
// euca2ools have in its place, nor for a region that somebody asks for: it is of one
// cloud.
func (c *Config) loadEucarc() error {
	if region := c.askedRegion(); !c.o.Eucarc || len(c.ini.paths) > 0 || region != "" && region != eucalyptusRegion {
		return nil
	}
	for _, path := range c.eucarcPaths() {
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		data, err := readFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		c.eucarc, c.eucarcPath = c.parseEucarc(data, filepath.Dir(path)), path
		return nil
	}
	return nil
}

// parseEucarc reads the assignments of a shell's file without running any of it: plain
// values, quoted ones, and variables in them. EUCA_KEY_DIR, which these files compute,
// is the folder that the file is in; what else would have to be computed is passed over.
func (c *Config) parseEucarc(data []byte, dir string) map[string]string {
	const keyDir = "EUCA_KEY_DIR"
	found := map[string]string{keyDir: dir}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "export "))
		name, text, ok := strings.Cut(line, "=")
		if !ok || name == keyDir || !isVariable(name) || len(text) > maxValue {
			continue
		}
		value, ok := shellWord(text, func(name string) string {
			if value, ok := found[name]; ok {
				return value
			}
			return c.o.Getenv(name)
		})
		if ok && len(value) <= maxValue { // a value may have itself in it, twice
			found[name] = value
		}
	}
	return found
}

// maxValue bounds the value of a variable, in bytes.
const maxValue = 4096

func isVariable(name string) bool {
	return name != "" && strings.Trim(strings.ToUpper(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"+digits+"_") == "" &&
		strings.Trim(name[:1], digits) != ""
}

// shellWord is the value of an assignment; ok is false if a shell would have to run
// something for it, or it has no end.
func shellWord(text string, lookup func(string) string) (value string, ok bool) {
	var word strings.Builder
	for text != "" {
		switch text[0] {
		case '\'':
			inner, rest, closed := strings.Cut(text[1:], "'")
			if !closed {
				return "", false
			}
			word.WriteString(inner)
			text = rest
		case '"':
			inner, rest, closed := strings.Cut(text[1:], `"`)
			if !closed || computed(inner) || strings.Contains(inner, `\`) {
				return "", false
			}
			word.WriteString(os.Expand(inner, lookup))
			text = rest
		case ' ', '\t', ';', '#':
			return word.String(), true
		default:
			end := strings.IndexAny(text, "'\" \t;#")
			if end < 0 {
				end = len(text)
			}
			if computed(text[:end]) || strings.Contains(text[:end], `\`) {
				return "", false
			}
			word.WriteString(os.Expand(text[:end], lookup))
			text = text[end:]
		}
	}
	return word.String(), true
}

// computed reports whether a shell would run a program for a text.
func computed(text string) bool { return strings.Contains(text, "$(") || strings.Contains(text, "`") }

// eucarcFileKeys reads the keys of the eucarc file, both from there.
func (c *Config) eucarcFileKeys() (Credentials, error) {
	for _, pair := range [][2]string{
		{"EC2_ACCESS_KEY", "EC2_SECRET_KEY"}, {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}, {"AWS_ACCESS_KEY", "AWS_SECRET_KEY"},
	} {
		keys := Credentials{AccessKey: c.eucarc[pair[0]], SecretKey: c.eucarc[pair[1]], From: c.eucarcPath}
		if keys.complete() {
			return keys, nil
		}
	}
	return Credentials{}, nil
}

// fromEucarc returns the first variable that the eucarc file sets.
func (c *Config) fromEucarc(names ...string) Value {
	for _, name := range names {
		if text := c.eucarc[name]; text != "" {
			return Value{text, c.eucarcPath}
		}
	}
	return Value{}
}
