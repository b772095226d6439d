package transfer

import (
	"strings"
	"testing"

	"emikit/upload"
)

// TestInOrder: parts end in any order, and are shown in theirs.
func TestInOrder(t *testing.T) {
	shown := ""
	o := newInOrder(func(e upload.Event) string {
		switch e.Kind {
		case upload.PartBegin, upload.PartDone:
			return string(e.Kind)[len("part "):] + string(rune('0'+e.Index)) + " "
		case upload.ManifestBegin:
			return "manifest "
		}
		return "skip" + string(rune('0'+e.Index)) + " "
	})
	for _, step := range []struct {
		kind  upload.EventKind
		index int
		want  string // shown so far
	}{
		{upload.PartSkipped, 0, "skip0 "},
		{upload.PartBegin, 2, "skip0 "},
		{upload.PartBegin, 1, "skip0 begin1 "},
		{upload.PartDone, 2, "skip0 begin1 "},
		{upload.PartBegin, 3, "skip0 begin1 "},
		{upload.PartDone, 1, "skip0 begin1 done1 begin2 done2 begin3 "},
		{upload.PartDone, 3, "skip0 begin1 done1 begin2 done2 begin3 done3 "},
		{upload.ManifestBegin, 0, "skip0 begin1 done1 begin2 done2 begin3 done3 manifest "},
	} {
		shown += o.event(upload.Event{Kind: step.kind, Index: step.index})
		if shown != step.want {
			t.Fatalf("%s %d: got %q, want %q", step.kind, step.index, shown, step.want)
		}
	}
}

// TestRefusalCause: what ec2-ami-tools say of an answer.
func TestRefusalCause(t *testing.T) {
	for want, e := range map[string]*upload.Error{
		"Server.SlowDown(503): Please slow down":                        {Code: "SlowDown", Message: "Please slow down", Status: 503},
		"Server.Error(500): Internal Server Error":                      {Code: "Internal Server Error", Status: 500},
		"Redirected (307) to new endpoint: mybucket.s3-x.amazonaws.com": {Code: "TemporaryRedirect", Status: 307, Endpoint: "mybucket.s3-x.amazonaws.com"},
		"Server.PermanentRedirect(301): Use another address.":           {Code: "PermanentRedirect", Message: "Use another address.", Status: 301},
	} {
		if got := refusalCause(e); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	e := &upload.Error{Op: "upload", Object: "bkt/p/x.part.00", Code: "AccessDenied", Status: 403, Message: "no"}
	n := names(func(e *upload.Error) string { return "dir" + e.Object[strings.LastIndex(e.Object, "/"):] })
	if got, want := n.failureLine(e), `Failed to upload "dir/x.part.00": Server.AccessDenied(403): no`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	e.Op, e.Object = "remove", "bkt/p/x.part.00"
	if got, want := names(byKey).failureLine(e), `Failed to delete "p/x.part.00": Server.AccessDenied(403): no`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	e.Op, e.Object = "look up bucket", "bkt"
	if got := names(byKey).failureLine(e); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}
