package completion

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"emikit/cmd/cli"
)

// harness is what bash does when its user wants a word finished: it looks for the
// function of the command's name, and calls it with the words.
const harness = `
source "$1"
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
compopt() { :; }
shift
function=$(complete -p "$1" | sed 's/.* -F \([^ ]*\) .*/\1/')
COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMP_TYPE=9; COMPREPLY=()
"$function" && printf '%s\n' "${COMPREPLY[@]}"
`

// TestInBash: bash finishes words of the program and of a link to it, by asking the one
// that was typed.
func TestInBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash, of which it is a test")
	}
	dir := t.TempDir()
	text, err := Script(root(cli.New("test")), "bash", []string{"euca-deregister"})
	if err != nil {
		t.Fatal(err)
	}
	program := "#!/bin/sh\necho \"${0##*/}-asked-for-$*\"\necho :4\n"
	for name, text := range map[string]string{"script": string(text), "emikit": program, "euca-deregister": program} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range []string{"emikit deregister emikit", "euca-deregister euca"} {
		words := strings.Fields(line)
		cmd := exec.Command(bash, append([]string{"-c", harness, "bash", filepath.Join(dir, "script")}, words...)...)
		cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		want := words[0] + "-asked-for-__complete " + strings.Join(words[1:], " ")
		if got := strings.ReplaceAll(strings.TrimSpace(string(out)), `\`, ""); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", line, got, err, want)
		}
	}
}
