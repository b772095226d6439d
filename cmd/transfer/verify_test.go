package transfer

import (
	"strings"
	"testing"
)

func TestEscaped(t *testing.T) {
	for in, want := range map[string]string{
		"disk.img": "disk.img", "": "", "ein Bär": "ein Bär", "a\tb\nc": `a\x09b\x0ac`, "\x1b[31m": `\x1b[31m`, "\x7f": `\x7f`,
		"a\u202egpj.exe": `a\u202egpj.exe`, "zero\u200bwidth": `zero\u200bwidth`, "\u009b31m": `\u009b31m`, "bad\xff": `bad\xff`, "\ufffd": "\ufffd",
	} {
		if got := escaped(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := escaped(strings.Repeat("x", 1<<20)); len(got) > longestText+10 || !strings.HasSuffix(got, "x...") {
		t.Errorf("a long text: got %d bytes, want %d and dots", len(got), longestText)
	}
}
