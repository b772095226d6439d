package transfer

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestText is how much of a foreign text is shown, in bytes. Those of a manifest are
// shorter.
const longestText = 2000

// escaped makes a foreign text safe to show: what is not printed, such as characters
// that turn the direction of the line, is written out.
func escaped(s string) string {
	rest := ""
	if len(s) > longestText {
		s, rest = s[:longestText], "..."
	}
	var b strings.Builder
	for len(s) > 0 {
		c, n := utf8.DecodeRuneInString(s)
		switch {
		case c == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unicode.IsPrint(c):
			b.WriteRune(c)
		case c < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
		s = s[n:]
	}
	return b.String() + rest
}
