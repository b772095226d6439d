//go:build unix

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"emikit/ec2"
	"emikit/sign"
)

// Options of TestKill; scripts/kill sets them.
const (
	killRunsVariable = "EMIKIT_KILL_RUNS" // how many kills
	killSeedVariable = "EMIKIT_KILL_SEED" // of all choices, as an earlier run has printed it
)

// TestKill kills a cloud (SIGKILL) at random moments while clients of all kinds use it,
// starts it again on the same data directory, and compares what it has then with what
// it had acknowledged. The moments, not what they hit, are the same for the same seed.
func TestKill(t *testing.T) {
	t.Parallel() // it mostly waits
	runs, seed := killNumber(t, killRunsVariable, 5), killNumber(t, killSeedVariable, time.Now().UnixNano())
	t.Logf("seed %d", seed)
	v := newVictim(t, seed)
	v.killFirst()
	v.start()
	v.prepare()
	moments := v.moments(int(runs))
	for n, m := range moments {
		t.Logf("kill %d: %s", n+1, m)
		v.live(m)
		v.start()
		v.check()
		if t.Failed() {
			t.Fatalf("kill %d (%s) of seed %d; log of the start:\n%s", n+1, m, seed, v.cloud.stderr.String())
		}
	}
	v.finish()
	t.Logf("%d kills; acknowledged: %v", len(moments), v.tally)
	t.Logf("found at the starts: %v", v.repairs)
}

// killNumber is an option.
func killNumber(t *testing.T, variable string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", variable, err)
	}
	return n
}

// moment is when the cloud is killed: so long after so many requests were sent or
// acknowledged.
type moment struct {
	starting  bool // before it is ready; the delay counts from the start of the process
	sent      int64
	acked     int64
	delay     time.Duration
	terminate bool          // SIGTERM first, and the kill in the middle of the orderly end
	grace     time.Duration // between the two
}

func (m moment) String() string {
	switch {
	case m.starting:
		return fmt.Sprintf("%v after the start", m.delay)
	case m.sent > 0:
		return fmt.Sprintf("%v after request %d", m.delay, m.sent)
	case m.terminate:
		return fmt.Sprintf("%v after SIGTERM, %v after answer %d", m.grace, m.delay, m.acked)
	}
	return fmt.Sprintf("%v after answer %d", m.delay, m.acked)
}

// moments chooses n of them, of each kind the same number.
func (v *victim) moments(n int) []moment {
	within := func(d time.Duration) time.Duration {
		return time.Duration(v.chance.Int64N(int64(d))).Round(time.Microsecond)
	}
	all := make([]moment, n)
	for i := range all {
		switch i % 5 {
		case 0: // while requests are under way
			all[i] = moment{sent: 1 + v.chance.Int64N(80), delay: within(20 * time.Millisecond)}
		case 1: // at once after an answer
			all[i] = moment{acked: 1 + v.chance.Int64N(80)}
		case 2:
			all[i] = moment{acked: 1, delay: within(time.Second)}
		case 3:
			all[i] = moment{acked: 1 + v.chance.Int64N(20), delay: within(200 * time.Millisecond), terminate: true, grace: within(150 * time.Millisecond)}
		case 4:
			all[i] = moment{starting: true, delay: within(300 * time.Millisecond)}
		}
	}
	v.chance.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// victim is the cloud, and what its clients know of it.
type victim struct {
	t      *testing.T
	dir    string // holds the data directory, which is called data
	chance *rand.Rand

	cloud  *program
	killed int // process id of the one before; 0: it ended in good order, or before it was ready
	ec2    *ec2.Client
	s3     *s3Client

	ledger
}

func newVictim(t *testing.T, seed int64) *victim {
	return &victim{t: t, dir: t.TempDir(), chance: rand.New(rand.NewPCG(uint64(seed), 0)), ledger: newLedger()}
}

// killFirst kills the very first start, which makes keys and accounts.
func (v *victim) killFirst() {
	v.spawn()
	<-time.After(time.Duration(v.chance.Int64N(int64(500 * time.Millisecond))))
	v.end(syscall.SIGKILL)
}

// start starts the cloud and waits until it is ready.
func (v *victim) start() {
	v.t.Helper()
	v.spawn()
	await(v.t, "a cloud that is ready", func() bool { return strings.Contains(v.cloud.stdout.String(), "ready: ") })
	text, err := os.ReadFile(filepath.Join(v.dir, "data/credentials/admin/eucarc"))
	if err != nil {
		v.t.Fatal(err)
	}
	set := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^export ([A-Z0-9_]+)='?([^'\n]*)'?$`).FindAllStringSubmatch(string(text), -1) {
		set[m[1]] = m[2]
	}
	keys := sign.Credentials{AccessKey: set["EC2_ACCESS_KEY"], SecretKey: set["EC2_SECRET_KEY"]}
	transport := &http.Transport{}
	v.t.Cleanup(transport.CloseIdleConnections)
	v.s3 = &s3Client{endpoint: set["S3_URL"], keys: keys, http: &http.Client{Transport: transport}}
	if v.ec2, err = ec2.NewClient(ec2.Config{Endpoint: set["EC2_URL"], Credentials: keys, Transport: transport}); err != nil {
		v.t.Fatal(err)
	}
	v.noteRepairs(v.cloud.stderr.String())
}

// noteRepairs counts what the start tells of in its log, where the kill must be.
func (v *victim) noteRepairs(log string) {
	v.t.Helper()
	if want := fmt.Sprintf("the last run was killed\" pid=%d\n", v.killed); v.killed != 0 && !strings.Contains(log, want) {
		v.t.Errorf("log of the start: got\n%s\nwant %q in it", log, want)
	}
	v.killed = 0
	for line := range strings.Lines(log) {
		_, message, _ := strings.Cut(line, `msg="`)
		message, _, _ = strings.Cut(message, `"`)
		v.repairs[message]++
	}
}

func (v *victim) spawn() {
	v.cloud = start(v.t, v.dir, nil, nil, "cloud", "--data", "data", "--port", "0", "--ssl-port", "0", "--hypervisor", "mock", "--max-cores", "64")
}

// live lets clients use the cloud until the moment, and kills it.
func (v *victim) live(m moment) {
	if m.starting {
		v.end(syscall.SIGTERM)
		v.spawn()
		<-time.After(m.delay)
		v.end(syscall.SIGKILL)
		return
	}
	ctx, cancel := context.WithCancel(v.t.Context())
	l := &life{victim: v, ctx: ctx, moment: m, come: make(chan struct{})}
	var clients sync.WaitGroup
	for _, step := range l.clients() {
		clients.Go(func() {
			for step() {
			}
		})
	}
	l.wait()
	l.dying.Store(true)
	if m.terminate {
		if err := v.cloud.Process.Signal(syscall.SIGTERM); err != nil {
			v.t.Fatal(err)
		}
		<-time.After(m.grace)
	}
	v.killed = v.cloud.Process.Pid
	v.end(syscall.SIGKILL)
	cancel()
	clients.Wait()
	v.s3.http.CloseIdleConnections()
	if v.cloud.ProcessState.Exited() { // the orderly end was faster
		v.killed = 0
	}
}

// end sends a signal and waits for the end of the process.
func (v *victim) end(signal syscall.Signal) {
	_ = v.cloud.Process.Signal(signal) // it may have ended
	_ = v.cloud.Wait()                 // the state tells
}

// finish ends all that runs, which must leave nothing behind, and the cloud.
func (v *victim) finish() {
	v.t.Helper()
	v.terminateAll()
	v.check()
	v.checkFree()
	v.end(syscall.SIGTERM)
	if code := v.cloud.ProcessState.ExitCode(); code != 0 {
		v.t.Errorf("the cloud ended with exit code %d; log:\n%s", code, v.cloud.stderr.String())
	}
	v.checkDisk()
}
