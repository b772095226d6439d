package doctor

import (
	"errors"
	"fmt"
	"strings"
)

// State is how a check came out.
type State string

// The states of checks.
const (
	OK         State = "ok"
	Warning    State = "warning" // it works, or may; a person should know
	Failed     State = "failed"
	NotChecked State = "not checked"
)

// Finding is what came of one check.
type Finding struct {
	// Check names it, such as "S3 clock".
	Check string `json:"check"`
	State State  `json:"state"`
	// Text is what was found, or why nothing was looked for. It is one line, but
	// servers have written parts of it: show it as foreign.
	Text string `json:"text"`
	// Hint is what to do about it; "" where nothing has to be done.
	Hint string `json:"hint,omitempty"`
}

// verdict is a Finding of a check that does not know its name.
type verdict struct {
	state      State
	text, hint string
}

func ok(format string, args ...any) verdict {
	return verdict{state: OK, text: fmt.Sprintf(format, args...)}
}

func skip(format string, args ...any) verdict {
	return verdict{state: NotChecked, text: fmt.Sprintf(format, args...)}
}

func warn(hint, format string, args ...any) verdict {
	return verdict{Warning, fmt.Sprintf(format, args...), hint}
}

func failed(hint, format string, args ...any) verdict {
	return verdict{Failed, fmt.Sprintf(format, args...), hint}
}

// fail is the verdict of an error, with the advice that it carries, or else with hint.
func fail(err error, hint string) verdict {
	if own := hintOf(err); own != "" {
		hint = own
	}
	return verdict{Failed, err.Error(), hint}
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// maxText bounds what a server's message may take of a line, in bytes.
const maxText = 400

// shorten keeps the beginning of a text, on one line.
func shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}
