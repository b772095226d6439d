package completion

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Shells are those for which there is a [Script], and the files that they look for.
func Shells() map[string]string {
	return map[string]string{"bash": "emikit.bash", "zsh": "_emikit", "fish": "emikit.fish"}
}

// Script is what makes a shell finish the command lines of the program, and of the
// links to it with these names.
func Script(root *cobra.Command, shell string, links []string) ([]byte, error) {
	var text bytes.Buffer
	var err error
	switch shell {
	case "bash":
		err = root.GenBashCompletionV2(&text, true)
		bashLinks(&text, root.Name(), links)
	case "zsh":
		err = root.GenZshCompletion(&text)
		return zshLinks(text.Bytes(), root.Name(), links), err
	case "fish":
		err = root.GenFishCompletion(&text, true)
		fishLinks(&text, root.Name(), links)
	default:
		err = fmt.Errorf("%s: no such shell", shell)
	}
	return text.Bytes(), err
}

// bashLinks has the program's function for each link, too: it asks the program by the
// name that was typed.
func bashLinks(w io.Writer, program string, links []string) {
	fmt.Fprintf(w, `
# The links to %[1]s.
if [[ $(type -t compopt) = "builtin" ]]; then
    complete -o default -F __start_%[1]s %[2]s
else
    complete -o default -o nospace -F __start_%[1]s %[2]s
fi
`, program, strings.Join(links, " "))
}

// zshLinks names the links where the program is named.
func zshLinks(script []byte, program string, links []string) []byte {
	names := strings.Join(append([]string{program}, links...), " ")
	for _, line := range []string{"#compdef ", "compdef _" + program + " "} {
		script = bytes.Replace(script, []byte("\n"+line+program+"\n"), []byte("\n"+line+names+"\n"), 1)
		if after, found := bytes.CutPrefix(script, []byte(line+program+"\n")); found {
			script = append([]byte(line+names+"\n"), after...)
		}
	}
	return script
}

// fishLinks has the program's choices for each link, too.
func fishLinks(w io.Writer, program string, links []string) {
	fmt.Fprintf(w, `
# The links to %[1]s.
for link in %[2]s
    complete -c $link -e
    complete -c $link -n '__%[1]s_clear_perform_completion_once_result'
    complete -c $link -n 'not __%[1]s_requires_order_preservation && __%[1]s_prepare_completions' -f -a '$__%[1]s_comp_results'
    complete -k -c $link -n '__%[1]s_requires_order_preservation && __%[1]s_prepare_completions' -f -a '$__%[1]s_comp_results'
end
`, program, strings.Join(links, " "))
}
