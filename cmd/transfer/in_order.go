package transfer

import (
	"errors"
	"fmt"
	"strings"

	"emikit/upload"
)

// inOrder words events for tools that move one part after another: of parts that are
// transferred several at once, those lines wait whose turn has not come. It is used by
// one goroutine at a time.
type inOrder struct {
	line func(upload.Event) string
	next int // the index of the part whose turn it is
	held map[int]string
	done map[int]bool
}

func newInOrder(line func(upload.Event) string) *inOrder {
	return &inOrder{line: line, held: map[int]string{}, done: map[int]bool{}}
}

// event returns the lines that an event allows to be shown.
func (o *inOrder) event(e upload.Event) string {
	switch e.Kind {
	case upload.PartBegin:
	case upload.PartSkipped, upload.PartPresent, upload.PartDone, upload.Removed:
		o.done[e.Index] = true
	default:
		return o.line(e)
	}
	o.held[e.Index] += o.line(e)
	var ready strings.Builder
	for {
		ready.WriteString(o.held[o.next])
		delete(o.held, o.next)
		if !o.done[o.next] {
			return ready.String()
		}
		o.next++
	}
}

// names gives the objects of refusals the names that ec2-ami-tools use: the path of a
// file that is sent, the key of what is fetched or removed.
type names func(refusal *upload.Error) string

// byKey names an object by its key.
func byKey(refusal *upload.Error) string {
	_, key, _ := strings.Cut(refusal.Object, "/")
	return key
}

// failureLine is what ec2-ami-tools say of each try that fails; "" for what is not
// about an object.
func (n names) failureLine(refusal *upload.Error) string {
	verb := refusal.Op
	switch verb {
	case "upload", "download", "copy":
	case "remove":
		verb = "delete"
	default:
		return ""
	}
	if byKey(refusal) == "" { // a bucket
		return ""
	}
	return fmt.Sprintf("Failed to %s %q: %s", verb, n(refusal), refusalCause(refusal))
}

// failure is what they say of a try that fails, whatever it was about.
func (n names) failure(err error) string {
	refusal, ok := errors.AsType[*upload.Error](err)
	if !ok {
		return "Error talking to S3: " + err.Error()
	}
	if line := n.failureLine(refusal); line != "" {
		return line
	}
	return "Error talking to S3: " + refusalCause(refusal)
}

// refusalCause is a refusal as ec2-ami-tools show it.
func refusalCause(e *upload.Error) string {
	switch {
	case e.Status/100 == 3 && e.Endpoint != "":
		return fmt.Sprintf("Redirected (%d) to new endpoint: %s", e.Status, e.Endpoint)
	case e.Message == "" && strings.Contains(e.Code, " "): // the status in words
		return fmt.Sprintf("Server.Error(%d): %s", e.Status, e.Code)
	}
	return fmt.Sprintf("Server.%s(%d): %s", e.Code, e.Status, e.Message)
}
