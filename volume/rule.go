package volume

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Action is what a rule does with what it matches.
type Action int

// The actions.
const (
	Include  Action = iota // it stays, whatever later rules say
	Exclude                // it stays away, and a directory with all that is in it
	Filter                 // it stays away, and is named in [Tree.Filtered]
	EmptyDir               // a directory stays, and what is in it does not
)

// A Rule is about some paths of a volume. Of several rules the first that matches
// decides.
type Rule struct {
	Action Action
	// Pattern is one of rsync's, as bundle-vol of both families has always taken
	// them: with a slash in front it begins at the volume, otherwise anywhere; with
	// one at its end it means directories; * and ? stop at a slash, ** does not.
	Pattern string
	// Exact takes Pattern for a path, without wildcards.
	Exact bool
}

// DefaultFilters are the patterns of files that bundle-vol leaves out of an image
// unless told otherwise: what editors leave behind, and keys. They are those of
// ec2-ami-tools 1.4 and 1.5.
func DefaultFilters() []string {
	return []string{
		"*/#*#", "*/.#*", "*.sw", "*.swo", "*.swp", "*~", "*.pem", "*.priv", "*id_rsa*", "*id_dsa*",
		"*.gpg", "*.jks", "*/.ssh/authorized_keys", "*/.bash_history",
	}
}

// rules are compiled ones.
type rules []matcher

type matcher struct {
	Rule
	dirs bool           // only directories match
	base bool           // the last name of a path is what matches
	text string         // it is equal to this,
	re   *regexp.Regexp // unless there are wildcards
	used bool           // it has matched
}

func compile(list []Rule) (rules, error) {
	var all rules
	for _, r := range list {
		m, err := r.compile()
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

func (r Rule) compile() (matcher, error) {
	if r.Exact {
		return matcher{Rule: r, text: strings.TrimPrefix(path.Clean("/"+r.Pattern), "/")}, nil
	}
	pattern, dirs := strings.CutSuffix(r.Pattern, "/")
	pattern, anchored := strings.CutPrefix(pattern, "/")
	m := matcher{Rule: r, dirs: dirs, base: !anchored && !strings.Contains(pattern, "/") && !strings.Contains(pattern, "**")}
	wild := strings.ContainsAny(pattern, "*?[")
	if !wild && (anchored || m.base) {
		m.text = pattern
		return m, nil
	}
	expr := latin(globExpr(pattern, wild))
	if anchored || m.base {
		expr = "^" + expr
	} else {
		expr = "(?:^|/)" + expr
	}
	re, err := regexp.Compile("(?s)" + expr + "$")
	if err != nil {
		return m, fmt.Errorf("pattern %s: not one of rsync's", r.Pattern)
	}
	m.re = re
	return m, nil
}

// globExpr is the regular expression of a pattern. A backslash takes away the meaning
// of what follows only if there are wildcards.
func globExpr(pattern string, wild bool) string {
	var b strings.Builder
	for rest := pattern; rest != ""; {
		switch {
		case rest == "/***":
			b.WriteString("(?:/.*)?")
			return b.String()
		case strings.HasPrefix(rest, "**"):
			b.WriteString(".*")
			rest = strings.TrimLeft(rest, "*")
		case rest[0] == '*':
			b.WriteString("[^/]*")
			rest = rest[1:]
		case rest[0] == '?':
			b.WriteString("[^/]")
			rest = rest[1:]
		case rest[0] == '[' && classEnd(rest) > 0:
			end := classEnd(rest)
			b.WriteString(classExpr(rest[1:end]))
			rest = rest[end+1:]
		case rest[0] == '\\' && wild && len(rest) > 1:
			b.WriteString(regexp.QuoteMeta(rest[1:2]))
			rest = rest[2:]
		default:
			b.WriteString(regexp.QuoteMeta(rest[:1]))
			rest = rest[1:]
		}
	}
	return b.String()
}

// classEnd is where a class of characters such as [!a-z] ends; -1 if it does not.
func classEnd(s string) int {
	from := 1
	if len(s) > from && (s[from] == '!' || s[from] == '^') {
		from++
	}
	if len(s) > from && s[from] == ']' {
		from++
	}
	if end := strings.IndexByte(s[min(from, len(s)):], ']'); end >= 0 {
		return from + end
	}
	return -1
}

func classExpr(class string) string {
	negated := ""
	if class != "" && (class[0] == '!' || class[0] == '^') {
		negated, class = "^/", class[1:]
	}
	class = strings.NewReplacer(`\`, `\\`, `[`, `\[`, `]`, `\]`, `^`, `\^`).Replace(class)
	return "[" + negated + class + "]"
}

// latin makes a character of each byte, for names that are not text: expressions are
// about characters.
func latin(s string) string {
	if isASCII(s) {
		return s
	}
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return string(r)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// match reports whether the rule is about a path of the volume, which has no slash in
// front.
func (m *matcher) match(p string, dir bool) bool {
	if m.dirs && !dir {
		return false
	}
	if m.base {
		p = path.Base(p)
	}
	if m.re == nil {
		return p == m.text
	}
	return m.re.MatchString(latin(p))
}

// of returns what is to be done with a path.
func (all rules) of(p string, dir bool) Action {
	for i := range all {
		m := &all[i]
		if m.Action == EmptyDir && !dir && !m.Exact {
			continue
		}
		if m.match(p, dir) {
			m.used = true
			return m.Action
		}
	}
	return Include
}

// unused are the patterns of rules to include or exclude that have matched nothing.
func (all rules) unused() []string {
	var patterns []string
	for _, m := range all {
		if !m.used && !m.Exact && m.Action != Filter {
			patterns = append(patterns, m.Pattern)
		}
	}
	return patterns
}
