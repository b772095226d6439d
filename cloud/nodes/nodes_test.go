package nodes

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/caller"
	"emikit/node"
)

var (
	admin = caller.Caller{Account: "000000000001", Admin: true}
	user  = caller.Caller{Account: "000000000002"}

	smallType = node.VMType{Name: "m1.small", CPUs: 1, MemoryMB: 128, DiskGB: 2}
	largeType = node.VMType{Name: "c1.xlarge", CPUs: 4, MemoryMB: 2048, DiskGB: 20}
)

// member is a node of a register in a test.
type member struct {
	name, zone string
	cores      int // and memory and disk for as many small instances
	down       bool
}

func roomFor(cores int) node.Capacity {
	return node.Capacity{Cores: cores, MemoryMB: 128 * cores, DiskGB: 2 * cores}
}

func register(t *testing.T, policy Policy, members ...member) *Service {
	t.Helper()
	s, err := New(Config{Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if err := s.Add(Info{Name: m.name, Zone: m.zone, Address: "http://" + m.name}); err != nil {
			t.Fatal(err)
		}
		if m.down {
			s.Lost(m.name, errors.New("connection refused"))
		} else {
			s.Observe(m.name, node.Status{Revision: 1, Total: roomFor(m.cores), Free: roomFor(m.cores)})
		}
	}
	return s
}

func ids(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("i-%08X", i)
	}
	return all
}

func TestDefaultTypes(t *testing.T) {
	// The columns of Eucalyptus 1.5 to 3.1: cores, memory in MB, disk in GB.
	want := "m1.small 1/128/2 c1.medium 1/256/5 m1.large 2/512/10 m1.xlarge 2/1024/20 c1.xlarge 4/2048/20"
	var got []string
	for _, v := range DefaultTypes() {
		got = append(got, fmt.Sprintf("%s %d/%d/%d", v.Name, v.CPUs, v.MemoryMB, v.DiskGB))
	}
	if got := strings.Join(got, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestType(t *testing.T) {
	s := register(t, Greedy)
	if got, err := s.Type(""); err != nil || got != smallType {
		t.Errorf("no name: got %+v, %v; want %+v", got, err, smallType)
	}
	if got, err := s.Type("c1.xlarge"); err != nil || got != largeType {
		t.Errorf("c1.xlarge: got %+v, %v; want %+v", got, err, largeType)
	}
	if _, err := s.Type("m9.huge"); !errors.Is(err, ErrUnknownType) {
		t.Errorf("m9.huge: got %v, want %v", err, ErrUnknownType)
	}
}

func TestPlace(t *testing.T) {
	three := []member{{name: "a", cores: 2}, {name: "b", cores: 1}, {name: "c", cores: 3}}
	zones := []member{{name: "a", zone: "near", cores: 2}, {name: "b", zone: "far", cores: 3}, {name: "c", zone: "near", cores: 2}}
	tests := []struct {
		name    string
		policy  Policy
		members []member
		zone    string
		count   int
		least   int
		want    string
		wantErr error
	}{
		{"greedy fills node by node", Greedy, three, "", 4, 1, "a a b c", nil},
		{"round robin takes turns", RoundRobin, three, "", 6, 1, "a b c a c c", nil},
		{"as many as fit", Greedy, three, "", 9, 1, "a a b c c c", nil},
		{"too few", Greedy, three, "", 9, 7, "", ErrFull},
		{"the freest zone first", Greedy, zones, "", 7, 1, "a a c c b b b", nil},
		{"one zone", Greedy, zones, "far", 4, 1, "b b b", nil},
		{"not in one zone", Greedy, zones, "far", 4, 4, "", ErrFull},
		{"no such zone", Greedy, zones, "mars", 1, 1, "", ErrUnknownZone},
		{"nodes that are down are passed over", Greedy, []member{{name: "a", down: true}, {name: "b", cores: 1}}, "", 1, 1, "b", nil},
		{"all are down", Greedy, []member{{name: "a", down: true}}, "", 1, 1, "", ErrNoNode},
		{"no node at all", Greedy, nil, "", 1, 1, "", ErrNoNode},
		{"no node in the cloud's own zone", Greedy, zones, DefaultZone, 1, 1, "", ErrNoNode},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			placed, err := register(t, test.policy, test.members...).Place(test.zone, smallType, ids(test.count), test.least)
			if got := strings.Join(placed, " "); got != test.want || !errors.Is(err, test.wantErr) {
				t.Errorf("got %q, %v; want %q, %v", got, err, test.want, test.wantErr)
			}
		})
	}
}

func TestRoundRobinGoesOnWhereItStopped(t *testing.T) {
	s := register(t, RoundRobin, member{name: "a", cores: 9}, member{name: "b", cores: 9}, member{name: "c", cores: 9})
	var got []string
	for i := range 4 {
		placed, err := s.Place("", smallType, []string{fmt.Sprint(i)}, 1)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, placed...)
	}
	if want := []string{"a", "b", "c", "a"}; !cmp.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestShortageNamesTheResource(t *testing.T) {
	tests := []struct {
		name string
		free []node.Capacity
		want string
	}{
		{"cores", []node.Capacity{{Cores: 3, MemoryMB: 4096, DiskGB: 100}},
			"not enough resources: cores: an instance of c1.xlarge needs 4 cores, and no node has more than 3 cores left"},
		{"memory", []node.Capacity{{Cores: 32, MemoryMB: 1024, DiskGB: 100}, {Cores: 1, MemoryMB: 512, DiskGB: 1}},
			"not enough resources: memory: an instance of c1.xlarge needs 2048 MB of memory, and no node has more than 1024 MB of memory left"},
		{"disk", []node.Capacity{{Cores: 32, MemoryMB: 4096, DiskGB: 19}},
			"not enough resources: disk: an instance of c1.xlarge needs 20 GB of disk, and no node has more than 19 GB of disk left"},
		{"each node another", []node.Capacity{{Cores: 1, MemoryMB: 4096, DiskGB: 100}, {Cores: 32, MemoryMB: 128, DiskGB: 100}},
			"not enough resources: cores and memory: an instance of c1.xlarge needs 4 cores, " +
				"2048 MB of memory, and no node has more than 32 cores, 4096 MB of memory left"},
		{"negative", []node.Capacity{{Cores: -2, MemoryMB: 4096, DiskGB: 100}},
			"not enough resources: cores: an instance of c1.xlarge needs 4 cores, and no node has more than 0 cores left"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := register(t, Greedy)
			for i, free := range test.free {
				if err := s.Add(Info{Name: fmt.Sprint(i)}); err != nil {
					t.Fatal(err)
				}
				s.Observe(fmt.Sprint(i), node.Status{Total: free, Free: free})
			}
			_, err := s.Place("", largeType, ids(1), 1)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

// What is asked for is told as a whole when only some of it has room.
func TestShortageOfMany(t *testing.T) {
	s := register(t, Greedy)
	if err := s.Add(Info{Name: "a"}); err != nil {
		t.Fatal(err)
	}
	idle := node.Capacity{Cores: 32, MemoryMB: 1 << 20, DiskGB: 1000}
	s.Observe("a", node.Status{Total: idle, Free: idle})
	_, err := s.Place("", smallType, ids(33), 33)
	want := "not enough resources: cores: 33 instances of m1.small need 33 cores, and there is room for 32 of them"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Room is neither given twice before a node reports an instance nor taken twice
// after it does.
func TestClaimsAndReports(t *testing.T) {
	s := register(t, Greedy, member{name: "a", cores: 3})
	free := func(want int, when string) {
		t.Helper()
		zones, err := s.Zones(t.Context(), admin, true)
		if err != nil {
			t.Fatal(err)
		}
		if got := zones[0].Rows[0]; got.Free != want || got.Max != 3 {
			t.Errorf("%s: got %d of %d free, want %d of 3", when, got.Free, got.Max, want)
		}
	}
	free(3, "empty")
	if _, err := s.Place("", smallType, []string{"i-1", "i-2"}, 2); err != nil {
		t.Fatal(err)
	}
	free(1, "two are placed")
	s.Observe("a", node.Status{Total: roomFor(3), Free: roomFor(2), Instances: []node.InstanceStatus{{ID: "i-1", State: node.StatePending}}})
	free(1, "one of them is reported")
	s.Observe("a", node.Status{Total: roomFor(3), Free: roomFor(2), Instances: []node.InstanceStatus{
		{ID: "i-1", State: node.StateTerminated}, {ID: "i-2", State: node.StateRunning}}})
	free(1, "one has ended, its end is not recorded yet")
	s.Release("i-1")
	free(2, "the end is recorded")
	s.Release("i-1")
	free(2, "released twice")
	s.Claim("a", "i-3", smallType)
	free(1, "one was placed before a restart")
	s.Lost("a", errors.New("gone"))
	if zones, _ := s.Zones(t.Context(), admin, true); zones[0].Rows[0].Max != 0 || zones[0].State != ZoneUnavailable {
		t.Errorf("down: got %+v", zones[0])
	}
}

func TestPlacingAtTheSameTime(t *testing.T) {
	s := register(t, RoundRobin, member{name: "a", cores: 20}, member{name: "b", cores: 11})
	var (
		all   sync.WaitGroup
		mu    sync.Mutex
		count = map[string]int{}
	)
	for i := range 40 {
		all.Go(func() {
			placed, err := s.Place("", smallType, []string{fmt.Sprint(i)}, 1)
			if err != nil && !errors.Is(err, ErrFull) {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, name := range placed {
				count[name]++
			}
		})
	}
	all.Wait()
	if want := map[string]int{"a": 20, "b": 11}; !cmp.Equal(count, want) {
		t.Errorf("placed %v, want %v", count, want)
	}
}

func TestZones(t *testing.T) {
	s := register(t, Greedy, member{name: "a", zone: "north", cores: 4}, member{name: "b", zone: "north", cores: 8},
		member{name: "c", zone: "east", down: true})
	plain, err := s.Zones(t.Context(), admin, false)
	want := []Zone{{Name: DefaultZone, State: ZoneUnavailable}, {Name: "east", State: ZoneUnavailable}, {Name: "north", State: ZoneAvailable}}
	if diff := cmp.Diff(want, plain); err != nil || diff != "" {
		t.Errorf("error %v, want then got:\n%s", err, diff)
	}
	if got, err := s.Zones(t.Context(), user, true); err != nil || !cmp.Equal(got, want) {
		t.Errorf("verbose, to a user: got %v, %v; want the zones alone", got, err)
	}
	verbose, err := s.Zones(t.Context(), admin, true)
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, r := range verbose[2].Rows {
		rows = append(rows, fmt.Sprintf("%s %d/%d", r.Name, r.Free, r.Max))
	}
	// One by one on each node: 4 cores with 512 MB and 8 GB, 8 with 1024 and 16.
	if got, want := strings.Join(rows, ", "), "m1.small 12/12, c1.medium 4/4, m1.large 1/1, m1.xlarge 0/0, c1.xlarge 0/0"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := verbose[1].Nodes[0]; got.Up || got.Message != "connection refused" || got.Address != "http://c" {
		t.Errorf("a node that is down: got %+v", got)
	}
}

func TestRefusedConfigurations(t *testing.T) {
	for name, c := range map[string]Config{
		"policy":        {Policy: "LAZY"},
		"free lunch":    {Types: []node.VMType{{Name: "x", MemoryMB: 1, DiskGB: 1}}},
		"same type":     {Types: []node.VMType{smallType, smallType}},
		"nameless type": {Types: []node.VMType{{CPUs: 1, MemoryMB: 1, DiskGB: 1}}},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	s := register(t, Greedy, member{name: "a"})
	if err := s.Add(Info{Name: "a"}); !errors.Is(err, ErrDuplicate) {
		t.Errorf("the same node again: got %v, want %v", err, ErrDuplicate)
	}
	if p, err := ParsePolicy("roundrobin"); err != nil || p != RoundRobin {
		t.Errorf("roundrobin: got %q, %v", p, err)
	}
	if _, err := ParsePolicy("POWERSAVE"); err == nil {
		t.Error("POWERSAVE: got no error")
	}
}

// TestStoppedInstancesHoldTheirDisks: whichever the node reports by then.
func TestStoppedInstancesHoldTheirDisks(t *testing.T) {
	s := register(t, Greedy, member{name: "a", cores: 2}) // 256 MB, 4 GB
	if _, err := s.Place("", smallType, []string{"i-1", "i-2"}, 2); err != nil {
		t.Fatal(err)
	}
	room := func(what string, want int) {
		t.Helper()
		zones, err := s.Zones(t.Context(), admin, true)
		if err != nil {
			t.Fatal(err)
		}
		free := s.free(s.nodes[0])
		if free.Cores != want || zones[len(zones)-1].Rows[0].Free != 0 {
			t.Errorf("%s: %+v free, want %d cores and no disk", what, free, want)
		}
	}
	status := s.nodes[0].status
	report := func(state node.State, cores int) {
		status.Free = node.Capacity{Cores: cores, MemoryMB: 128 * cores}
		status.Instances = []node.InstanceStatus{{ID: "i-1", State: state}, {ID: "i-2", State: node.StateRunning}}
		s.Observe("a", status)
	}
	report(node.StateRunning, 0)
	s.Suspend("i-1")
	room("recorded as stopped, reported as running", 0)
	report(node.StateStopped, 1)
	room("stopped", 1)
	large := smallType
	large.CPUs = 2
	if err := s.Resume("a", "i-1", large); !errors.Is(err, ErrFull) {
		t.Errorf("resumed with two cores: got %v, want %v", err, ErrFull)
	}
	if err := s.Resume("a", "i-1", smallType); err != nil {
		t.Fatalf("resume: %v", err)
	}
	room("to start, reported as stopped", 0)
	report(node.StatePending, 0)
	room("starting", 0)
	s.Lost("a", errors.New("no route"))
	if err := s.Resume("a", "i-1", smallType); !errors.Is(err, ErrNoNode) || !strings.Contains(err.Error(), "no route") {
		t.Errorf("resumed on a node that is down: got %v, want %v and why", err, ErrNoNode)
	}
	if err := s.Resume("b", "i-1", smallType); !errors.Is(err, ErrNoNode) {
		t.Errorf("resumed on a node that is not there: got %v, want %v", err, ErrNoNode)
	}
}
