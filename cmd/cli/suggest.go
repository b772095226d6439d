package cli

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// suggestOption adds to a mistake in an option which one may have been meant.
func suggestOption(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok || unknown.GetSpecifiedShortnames() != "" {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(flag *pflag.Flag) {
		if !flag.Hidden {
			names = append(names, flag.Name)
		}
	})
	if near := Nearest(unknown.GetSpecifiedName(), names...); near != "" {
		return WithHint(err, "did you mean '--"+near+"'?")
	}
	return err
}

// suggestValue adds to a mistake in a value which of the choices may have been meant.
func suggestValue(err error, value string, choices ...string) error {
	if near := Nearest(value, choices...); near != "" {
		return WithHint(err, "did you mean '"+near+"'?")
	}
	return err
}

// Nearest returns the choice that a word was probably to be: the only one that begins
// with it, or the one that differs least, by two letters at most and by less than half
// of the word; "" if there is none.
func Nearest(word string, choices ...string) string {
	if len(word) > longestWord {
		return ""
	}
	begins, best, least := []string{}, "", min(2, (len(word)-1)/2)+1
	for _, choice := range choices {
		if word != "" && strings.HasPrefix(choice, word) {
			begins = append(begins, choice)
		}
		if d := distance(strings.ToLower(word), choice); d < least {
			best, least = choice, d
		}
	}
	if len(begins) == 1 {
		return begins[0]
	}
	return best
}

// longestWord bounds what distance is asked for, in bytes.
const longestWord = 64

// distance is the number of letters to insert, remove, replace, or exchange with their
// neighbour, to make one word of another.
func distance(a, b string) int {
	before, last, this := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		this[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			this[j] = min(last[j]+1, this[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				this[j] = min(this[j], before[j-2]+1)
			}
		}
		before, last, this = last, this, before
	}
	return last[len(b)]
}
