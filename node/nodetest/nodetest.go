package nodetest

import (
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"emikit/node"
)

// Node is what drives a node: *node.Node, or the client of one elsewhere.
type Node interface {
	Certificate(ctx context.Context) (*x509.Certificate, error)
	Run(ctx context.Context, s node.Spec) error
	Terminate(ctx context.Context, id string) error
	Reboot(ctx context.Context, id string) error
	Stop(ctx context.Context, id string) error
	Start(ctx context.Context, s node.Start) error
	Console(ctx context.Context, id string) (node.Console, error)
	Status(ctx context.Context, since uint64) (node.Status, error)
}

var _ Node = (*node.Node)(nil)

// Run runs the suite. open returns a fresh node whose hypervisor boots any
// image, with room for at least four instances of [Small], and closes it with
// the test.
func Run(t *testing.T, open func(t *testing.T) Node) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, fixture)
	}{
		{"RunAndTerminate", testRunAndTerminate},
		{"RunAgain", testRunAgain},
		{"RunBadSpec", testRunBadSpec},
		{"RunWithoutRoom", testRunWithoutRoom},
		{"Capacity", testCapacity},
		{"UnknownInstance", testUnknownInstance},
		{"TerminatePending", testTerminatePending},
		{"RebootNotRunning", testRebootNotRunning},
		{"StopAndStart", testStopAndStart},
		{"StopGivesBackRoom", testStopGivesBackRoom},
		{"TerminateStopped", testTerminateStopped},
		{"StopAndStartRefused", testStopAndStartRefused},
		{"StartWithAnotherKernel", testStartWithKernel},
		{"ConsoleOutlivesInstance", testConsole},
		{"StatusWaits", testStatusWaits},
		{"StatusEnds", testStatusEnds},
		{"ReasonsNameTheCause", testReasons},
		{"ReasonsHideKeys", testSealedReasons},
		{"ManyAtOnce", testManyAtOnce},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := open(t)
			cert, err := n.Certificate(t.Context())
			if err != nil {
				t.Fatalf("Certificate = %v", err)
			}
			tt.test(t, fixture{n, cert, NewStore(t)})
		})
	}
}

// fixture is what each test of the suite has.
type fixture struct {
	Node
	cert  *x509.Certificate
	store *Store
}

// spec makes an instance.
func (f fixture) spec(t *testing.T, id string) node.Spec {
	t.Helper()
	return f.store.Spec(t, f.cert, id)
}

// run runs an instance and waits until it runs.
func (f fixture) run(t *testing.T, id string) node.Spec {
	t.Helper()
	s := f.spec(t, id)
	mustRun(t, f, s)
	AwaitState(t, f, id, node.StateRunning)
	return s
}

func mustRun(t *testing.T, n Node, s node.Spec) {
	t.Helper()
	if err := n.Run(t.Context(), s); err != nil {
		t.Fatalf("Run(%s) = %v", s.InstanceID, err)
	}
}

func mustTerminate(t *testing.T, n Node, id string) {
	t.Helper()
	if err := n.Terminate(t.Context(), id); err != nil {
		t.Fatalf("Terminate(%s) = %v", id, err)
	}
}

// patience is how long the suite waits for what must come.
const patience = 30 * time.Second

// Await waits until a node's status fulfils a condition.
func Await(t *testing.T, n Node, what string, ok func(node.Status) bool) node.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var status node.Status
	for {
		next, err := n.Status(ctx, status.Revision)
		if err != nil {
			t.Fatalf("waiting until %s: %v; last status %+v", what, err, status)
		}
		if status = next; ok(status) {
			return status
		}
	}
}

// AwaitState waits until an instance is in a state. An instance that is
// terminated instead fails the test.
func AwaitState(t *testing.T, n Node, id string, want node.State) node.InstanceStatus {
	t.Helper()
	var got node.InstanceStatus
	Await(t, n, id+" is "+string(want), func(s node.Status) bool {
		for _, in := range s.Instances {
			if in.ID == id {
				got = in
			}
		}
		if got.State == node.StateTerminated && want != node.StateTerminated {
			t.Fatalf("%s is terminated (%s), want %s", id, got.Reason, want)
		}
		return got.State == want
	})
	return got
}

func testRunAndTerminate(t *testing.T, f fixture) {
	f.run(t, "i-00000001")
	if err := f.Reboot(t.Context(), "i-00000001"); err != nil {
		t.Errorf("Reboot = %v", err)
	}
	mustTerminate(t, f, "i-00000001")
	got := AwaitState(t, f, "i-00000001", node.StateTerminated)
	if got.Reason != node.ReasonUser || got.Changed.IsZero() {
		t.Errorf("terminated with %q at %v, want %q and a time", got.Reason, got.Changed, node.ReasonUser)
	}
	if err := f.Terminate(t.Context(), "i-00000001"); err != nil {
		t.Errorf("Terminate again = %v", err)
	}
}

func testRunAgain(t *testing.T, f fixture) {
	s := f.run(t, "i-00000001")
	mustRun(t, f, s)
	status, err := f.Status(t.Context(), 0)
	if err != nil || len(status.Instances) != 1 || status.Instances[0].State != node.StateRunning {
		t.Errorf("Status = %+v, %v, want the one instance, running", status, err)
	}
	mustTerminate(t, f, "i-00000001")
	AwaitState(t, f, "i-00000001", node.StateTerminated)
	mustRun(t, f, s) // an id names one instance, also when it has ended
	if got := AwaitState(t, f, "i-00000001", node.StateTerminated); got.Reason != node.ReasonUser {
		t.Errorf("run after its end: %+v, want what it was", got)
	}
}

func testRunBadSpec(t *testing.T, f fixture) {
	for name, spoil := range map[string]func(*node.Spec){
		"id that is a path":      func(s *node.Spec) { s.InstanceID = "i-../../x" },
		"no id":                  func(s *node.Spec) { s.InstanceID = "" },
		"no type":                func(s *node.Spec) { s.Type = node.VMType{} },
		"key that is a path":     func(s *node.Spec) { s.Machine.CacheKey = "../" + s.Machine.CacheKey[3:] },
		"no parts":               func(s *node.Spec) { s.Machine.Parts = nil },
		"negative size":          func(s *node.Spec) { s.Machine.Size = -1 },
		"kernel without parts":   func(s *node.Spec) { s.Kernel = &node.Artifact{CacheKey: s.Machine.CacheKey} },
		"image larger than disk": func(s *node.Spec) { s.Machine.Size = 2<<30 + 1 },
	} {
		s := f.spec(t, "i-00000001")
		spoil(&s)
		if err := f.Run(t.Context(), s); !errors.Is(err, node.ErrBadSpec) {
			t.Errorf("%s: Run = %v, want %v", name, err, node.ErrBadSpec)
		}
	}
	if status, err := f.Status(t.Context(), 0); err != nil || len(status.Instances) != 0 {
		t.Errorf("Status = %+v, %v, want no instances", status, err)
	}
}

func testRunWithoutRoom(t *testing.T, f fixture) {
	status, err := f.Status(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for want, ask := range map[node.Resource]node.VMType{
		node.Cores:  {Name: "big", CPUs: status.Free.Cores + 1, MemoryMB: 1, DiskGB: 1},
		node.Memory: {Name: "big", CPUs: 1, MemoryMB: status.Free.MemoryMB + 1, DiskGB: 1},
		node.Disk:   {Name: "big", CPUs: 1, MemoryMB: 1, DiskGB: status.Free.DiskGB + 1},
	} {
		s := f.spec(t, "i-00000001")
		s.Type = ask
		err := f.Run(t.Context(), s)
		if !errors.Is(err, node.ErrNoRoom) || !strings.Contains(err.Error(), string(want)) {
			t.Errorf("Run = %v, want %v naming %s", err, node.ErrNoRoom, want)
		}
	}
}

func testCapacity(t *testing.T, f fixture) {
	before, err := f.Status(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if before.Free != before.Total || before.Hypervisor == "" {
		t.Errorf("fresh node: free %+v of %+v, hypervisor %q, want all free, and a name", before.Free, before.Total, before.Hypervisor)
	}
	f.run(t, "i-00000001")
	during, err := f.Status(t.Context(), 0)
	small := Small()
	want := node.Capacity{
		Cores:    before.Free.Cores - small.CPUs,
		MemoryMB: before.Free.MemoryMB - small.MemoryMB,
		DiskGB:   before.Free.DiskGB - small.DiskGB,
	}
	if err != nil || during.Free != want || during.Total != before.Total {
		t.Errorf("with an instance: free %+v, %v, want %+v", during.Free, err, want)
	}
	mustTerminate(t, f, "i-00000001")
	AwaitState(t, f, "i-00000001", node.StateTerminated)
	if after, err := f.Status(t.Context(), 0); err != nil || after.Free != before.Free {
		t.Errorf("after its end: free %+v, %v, want %+v", after.Free, err, before.Free)
	}
}

func testUnknownInstance(t *testing.T, f fixture) {
	_, consoleErr := f.Console(t.Context(), "i-0BAD0BAD")
	for name, err := range map[string]error{
		"Terminate": f.Terminate(t.Context(), "i-0BAD0BAD"),
		"Reboot":    f.Reboot(t.Context(), "i-0BAD0BAD"),
		"Console":   consoleErr,
	} {
		if !errors.Is(err, node.ErrUnknownInstance) {
			t.Errorf("%s = %v, want %v", name, err, node.ErrUnknownInstance)
		}
	}
}

func testTerminatePending(t *testing.T, f fixture) {
	s := f.spec(t, "i-00000001")
	arrived := f.store.Hold(s.Machine.Parts[1].Name)
	mustRun(t, f, s)
	<-arrived // the fetch now waits for a part that never comes
	mustTerminate(t, f, s.InstanceID)
	if got := AwaitState(t, f, s.InstanceID, node.StateTerminated); got.Reason != node.ReasonUser {
		t.Errorf("reason = %q, want %q", got.Reason, node.ReasonUser)
	}
}

func testRebootNotRunning(t *testing.T, f fixture) {
	s := f.spec(t, "i-00000001")
	arrived := f.store.Hold(s.Machine.Parts[0].Name)
	mustRun(t, f, s)
	<-arrived
	if err := f.Reboot(t.Context(), s.InstanceID); !errors.Is(err, node.ErrNotRunning) {
		t.Errorf("Reboot of a pending instance = %v, want %v", err, node.ErrNotRunning)
	}
	mustTerminate(t, f, s.InstanceID)
	AwaitState(t, f, s.InstanceID, node.StateTerminated)
	if err := f.Reboot(t.Context(), s.InstanceID); !errors.Is(err, node.ErrNotRunning) {
		t.Errorf("Reboot of a terminated instance = %v, want %v", err, node.ErrNotRunning)
	}
}

func testConsole(t *testing.T, f fixture) {
	s := f.run(t, "i-00000001")
	during, err := f.Console(t.Context(), s.InstanceID)
	if err != nil || during.Time.IsZero() || len(during.Output) > 64<<10 {
		t.Errorf("Console = %d bytes at %v, %v, want at most 64 KiB, and a time", len(during.Output), during.Time, err)
	}
	mustTerminate(t, f, s.InstanceID)
	AwaitState(t, f, s.InstanceID, node.StateTerminated)
	after, err := f.Console(t.Context(), s.InstanceID)
	if err != nil || !strings.HasPrefix(string(after.Output), string(during.Output)) {
		t.Errorf("Console after the end = %q, %v, want %q and what came later", after.Output, err, during.Output)
	}
}

func testStatusWaits(t *testing.T, f fixture) {
	before, err := f.Status(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	s := f.spec(t, "i-00000001")
	waited := make(chan node.Status, 1)
	var group sync.WaitGroup
	defer group.Wait()
	group.Go(func() {
		status, err := f.Status(t.Context(), before.Revision)
		if err != nil {
			t.Errorf("Status = %v", err)
		}
		waited <- status
	})
	mustRun(t, f, s)
	if status := <-waited; status.Revision == before.Revision || len(status.Instances) != 1 {
		t.Errorf("Status = %+v, want another revision, with the instance", status)
	}
}

func testStatusEnds(t *testing.T, f fixture) {
	before, err := f.Status(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if status, err := f.Status(ctx, before.Revision); err == nil {
		t.Errorf("Status of a context that ended = %+v, want an error", status)
	}
	if status, err := f.Status(t.Context(), before.Revision+1000); err != nil || status.Revision != before.Revision {
		t.Errorf("Status since a revision of another run = %+v, %v, want the present one at once", status, err)
	}
}

func testManyAtOnce(t *testing.T, f fixture) {
	ids := []string{"i-00000001", "i-00000002", "i-00000003", "i-00000004"}
	var specs []node.Spec
	for _, id := range ids {
		specs = append(specs, f.spec(t, id))
	}
	var group sync.WaitGroup
	for i, s := range specs {
		group.Go(func() {
			if err := f.Run(t.Context(), s); err != nil {
				t.Errorf("Run(%s) = %v", s.InstanceID, err)
			}
			if i%2 == 0 {
				if err := f.Terminate(t.Context(), s.InstanceID); err != nil {
					t.Errorf("Terminate(%s) = %v", s.InstanceID, err)
				}
			}
		})
	}
	group.Wait()
	for i, id := range ids {
		AwaitState(t, f, id, []node.State{node.StateTerminated, node.StateRunning}[i%2])
	}
}
