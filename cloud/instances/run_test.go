package instances

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"emikit/cloud/caller"
	"emikit/cloud/network"
	"emikit/cloud/nodes"
	"emikit/node"
)

func TestRunRefuses(t *testing.T) {
	tests := []struct {
		name    string
		as      caller.Caller
		request RunRequest
		want    error
	}{
		{"nobody", caller.Caller{}, RunRequest{Image: "emi-1", Min: 1, Max: 1}, ErrNoAccount},
		{"none", alice, RunRequest{Image: "emi-1"}, ErrCount},
		{"fewer than none", alice, RunRequest{Image: "emi-1", Min: -1, Max: 1}, ErrCount},
		{"least above greatest", alice, RunRequest{Image: "emi-1", Min: 2, Max: 1}, ErrCount},
		{"very many", alice, RunRequest{Image: "emi-1", Min: 1, Max: 1 << 30}, ErrCount},
		{"user data", alice, RunRequest{Image: "emi-1", Min: 1, Max: 1, UserData: make([]byte, MaxUserData+1)}, ErrUserDataTooLarge},
		{"token", alice, RunRequest{Image: "emi-1", Min: 1, Max: 1, ClientToken: strings.Repeat("x", 65)}, ErrClientToken},
		{"image", alice, RunRequest{Image: "emi-none", Min: 1, Max: 1}, errNoImage},
		{"image larger than the disk", alice, RunRequest{Image: "emi-large", Min: 1, Max: 1}, node.ErrBadSpec},
		{"type", alice, RunRequest{Image: "emi-1", Type: "m9.huge", Min: 1, Max: 1}, nodes.ErrUnknownType},
		{"key pair", alice, RunRequest{Image: "emi-1", KeyName: "nosuch", Min: 1, Max: 1}, errNoKey},
		{"another's key pair", bob, RunRequest{Image: "emi-1", KeyName: "admin_key", Min: 1, Max: 1}, errNoKey},
		{"group", alice, RunRequest{Image: "emi-1", Groups: []string{"web"}, Min: 1, Max: 1}, network.ErrUnknownGroup},
		{"zone", alice, RunRequest{Image: "emi-1", Zone: "mars", Min: 1, Max: 1}, nodes.ErrUnknownZone},
		{"room", alice, RunRequest{Image: "emi-1", Type: "c1.xlarge", Min: 1, Max: 1}, nodes.ErrFull},
	}
	inCloud(t, oneNode(newFakeNode(small(4), true)), func(t *testing.T, c *cloud) {
		c.start()
		for _, test := range tests {
			if _, err := c.service.Run(t.Context(), test.as, test.request); !errors.Is(err, test.want) {
				t.Errorf("%s: got %v, want %v", test.name, err, test.want)
			}
		}
		if n := c.count("instances") + c.count("reservations") + c.count("addresses"); n != 0 {
			t.Errorf("refused requests left %d records", n)
		}
		if got := len(c.run(RunRequest{Image: "emi-1", Min: 4, Max: 4}).Instances); got != 4 {
			t.Errorf("after them: room for %d, want 4", got)
		}
	})
}

func TestLeastAndGreatest(t *testing.T) {
	tests := []struct {
		name            string
		room, addresses int
		least, greatest int
		want            int // 0: refused
		wantErr         error
	}{
		{"all fit", 4, 4, 1, 3, 3, nil},
		{"as many as there is room for", 2, 4, 1, 3, 2, nil},
		{"as many as there are addresses", 4, 2, 1, 3, 2, nil},
		{"exactly the least", 2, 2, 2, 9, 2, nil},
		{"too little room", 2, 4, 3, 3, 0, nodes.ErrFull},
		{"too few addresses", 4, 2, 3, 4, 0, network.ErrNoAddress},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inCloud(t, oneNode(newFakeNode(small(test.room), true)), func(t *testing.T, c *cloud) {
				c.pool = fmt.Sprintf("127.8.0.1-127.8.0.%d", test.addresses)
				c.start()
				r, err := c.service.Run(t.Context(), alice, RunRequest{Image: "emi-1", Min: test.least, Max: test.greatest})
				if !errors.Is(err, test.wantErr) || len(r.Instances) != test.want {
					t.Fatalf("got %d instances, %v; want %d, %v", len(r.Instances), err, test.want, test.wantErr)
				}
				if got, want := len(c.addresses()), 2*test.want; got != want {
					t.Errorf("%d addresses are held, want %d", got, want)
				}
				rest := min(test.room, test.addresses) - test.want
				if rest > 0 { // what was not used must be free
					c.run(RunRequest{Image: "emi-1", Min: rest, Max: rest})
				}
			})
		})
	}
}

func TestClientToken(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(9), true)), func(t *testing.T, c *cloud) {
		c.start()
		request := RunRequest{Image: "emi-1", Min: 1, Max: 2, ClientToken: "once"}
		first := c.run(request)
		again := c.run(request)
		if first.ID != again.ID || len(again.Instances) != 2 {
			t.Errorf("again: got %s with %d instances, want %s with 2", again.ID, len(again.Instances), first.ID)
		}
		other := request
		other.Max = 3
		if _, err := c.service.Run(t.Context(), alice, other); !errors.Is(err, ErrTokenMismatch) {
			t.Errorf("another request: got %v, want %v", err, ErrTokenMismatch)
		}
		if r, err := c.service.Run(t.Context(), bob, request); err != nil || r.ID == first.ID {
			t.Errorf("another account: got %s, %v; want a reservation of its own", r.ID, err)
		}
		if got := c.count("reservations"); got != 2 {
			t.Errorf("got %d reservations, want 2", got)
		}
	})
}

func TestClientTokenAtTheSameTime(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(9), true)), func(t *testing.T, c *cloud) {
		c.start()
		ids := make([]string, 8)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() {
				r, err := c.service.Run(t.Context(), alice, RunRequest{Image: "emi-1", Min: 1, Max: 1, ClientToken: "once"})
				if err != nil {
					t.Error(err)
				}
				ids[i] = r.ID
			})
		}
		all.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("got reservations %v, want one", ids)
			}
		}
	})
}

func TestTakenIDsAreNotUsedAgain(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(4), true)), func(t *testing.T, c *cloud) {
		next := 0
		c.config.NewID = func(prefix string) string { // every id comes three times
			next++
			return fmt.Sprintf("%s-%08X", prefix, next/3)
		}
		c.start()
		seen := map[string]bool{}
		for range 2 {
			r := c.run(RunRequest{Image: "emi-1", Min: 2, Max: 2})
			for _, id := range []string{r.ID, r.Instances[0].ID, r.Instances[1].ID} {
				if seen[id] {
					t.Errorf("%s was given twice", id)
				}
				seen[id] = true
			}
		}
		c.service.c.NewID = func(string) string { return "i-00000001" }
		if _, err := c.service.Run(t.Context(), alice, RunRequest{Image: "emi-1", Min: 2, Max: 2}); !errors.Is(err, errNoID) {
			t.Errorf("when every id is taken: got %v, want %v", err, errNoID)
		}
	})
}

func TestNodesThatDoNotAnswer(t *testing.T) {
	down := errors.New("connection refused")
	f := newFakeNode(small(4), true)
	f.silent = down
	inCloud(t, oneNode(f), func(t *testing.T, c *cloud) {
		c.start()
		_, err := c.service.Run(t.Context(), alice, RunRequest{Image: "emi-1", Min: 1, Max: 1})
		if !errors.Is(err, nodes.ErrNoNode) || !strings.Contains(err.Error(), "node1: connection refused") {
			t.Errorf("got %v, want %v with the node and its cause", err, nodes.ErrNoNode)
		}
		f.set(func() { f.silent = nil })
		advance(c.service.c.Poll)
		c.want(c.one().ID, StateRunning, Reason{})
	})
}

// Many requests at once must neither put more on a node than it holds nor lose
// an address.
func TestManyRequestsAtOnce(t *testing.T) {
	fakes := map[string]*fakeNode{"node1": newFakeNode(small(5), true), "node2": newFakeNode(small(3), true)}
	inCloud(t, fakes, func(t *testing.T, c *cloud) {
		c.pool = "127.8.0.1-127.8.0.7"
		c.start()
		var all sync.WaitGroup
		for worker := range 12 {
			all.Go(func() { c.runAndTerminate(rand.New(rand.NewPCG(1, uint64(worker)))) })
		}
		all.Wait()
		synctest.Wait()
		for name, f := range fakes {
			if len(f.over) > 0 || len(f.alive()) > 0 {
				t.Errorf("%s: overfull with %v; still runs %v", name, f.over, f.alive())
			}
		}
		if held := c.addresses(); len(held) > 0 {
			t.Errorf("addresses are still held: %q", held)
		}
		if got := len(c.run(RunRequest{Image: "emi-1", Min: 1, Max: 9}).Instances); got != 7 {
			t.Errorf("room for %d in the end, want 7", got)
		}
	})
}

// runAndTerminate starts a few instances and ends them, a few times.
func (c *cloud) runAndTerminate(random *rand.Rand) {
	for range 8 {
		r, err := c.service.Run(c.t.Context(), alice, RunRequest{Image: "emi-1", Min: 1, Max: 1 + random.IntN(3)})
		if errors.Is(err, nodes.ErrFull) || errors.Is(err, network.ErrNoAddress) {
			continue
		}
		if err != nil {
			c.t.Error(err)
			return
		}
		var ids []string
		for _, in := range r.Instances {
			ids = append(ids, in.ID)
		}
		if _, err := c.service.Terminate(c.t.Context(), alice, ids); err != nil {
			c.t.Error(err)
		}
	}
}

func TestDescribe(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(9), true)), func(t *testing.T, c *cloud) {
		c.start()
		first := c.run(RunRequest{Image: "emi-1", Min: 2, Max: 2, UserData: []byte("x")})
		theirs, err := c.service.Run(t.Context(), bob, RunRequest{Image: "emi-1", Min: 1, Max: 1})
		if err != nil {
			t.Fatal(err)
		}
		a, b, z := first.Instances[0].ID, first.Instances[1].ID, theirs.Instances[0].ID
		tests := []struct {
			name string
			as   caller.Caller
			ids  []string
			want string
		}{
			{"own", alice, nil, first.ID + ":" + a + "," + b},
			{"own by id", alice, []string{b}, first.ID + ":" + b},
			{"twice the same", alice, []string{b, b}, first.ID + ":" + b},
			{"another's", bob, nil, theirs.ID + ":" + z},
			{"all", admin, nil, first.ID + ":" + a + "," + b + " " + theirs.ID + ":" + z},
			{"any by id", admin, []string{z, a}, first.ID + ":" + a + " " + theirs.ID + ":" + z},
			{"nobody's", caller.Caller{}, nil, ""},
			{"not the caller's", bob, []string{a}, "instance does not exist"},
		}
		for _, test := range tests {
			all, err := c.service.Describe(t.Context(), test.as, test.ids)
			if got := summary(all, err); !strings.HasSuffix(got, test.want) || test.want == "" && got != "" {
				t.Errorf("%s: got %q, want %q", test.name, got, test.want)
			}
		}
	})
}

// summary is what was described in a few words.
func summary(all []Reservation, err error) string {
	if err != nil {
		return err.Error()
	}
	var words []string
	for _, r := range all {
		var ids []string
		for _, in := range r.Instances {
			ids = append(ids, in.ID)
		}
		words = append(words, r.ID+":"+strings.Join(ids, ","))
	}
	return strings.Join(words, " ")
}

func TestWhatMetadataNeeds(t *testing.T) {
	inCloud(t, oneNode(newFakeNode(small(9), true)), func(t *testing.T, c *cloud) {
		c.start()
		data := bytes.Repeat([]byte{0, 255}, MaxUserData/2)
		in := c.run(RunRequest{Image: "emi-1", KeyName: "admin_key", Min: 1, Max: 1, UserData: data}).Instances[0]
		details := c.get(in.ID)
		if !bytes.Equal(details.UserData, data) || details.PublicKey != publicKey ||
			details.Location != "image-bucket/ttylinux.img.manifest.xml" || details.Zone != "cluster1" ||
			len(details.Groups) != 1 || details.Groups[0].Name != "default" ||
			!cmp.Equal(details.Ancestors, []string{"emi-0"}) || !cmp.Equal(details.ProductCodes, []string{"code"}) {
			t.Errorf("details: got %+v", details)
		}
		for _, ip := range []addr{in.PrivateIP, in.PublicIP} {
			found, err := c.service.ByAddress(t.Context(), ip)
			if err != nil || found.ID != in.ID || !bytes.Equal(found.UserData, data) {
				t.Errorf("by %s: got %s, %v; want %s", ip, found.ID, err, in.ID)
			}
		}
		if _, err := c.service.ByAddress(t.Context(), netip.MustParseAddr("192.0.2.1")); !errors.Is(err, ErrNotFound) {
			t.Errorf("by an unknown address: got %v, want %v", err, ErrNotFound)
		}
		if _, err := c.service.Details(t.Context(), bob, in.ID); !errors.Is(err, ErrNotFound) {
			t.Errorf("details of another's: got %v, want %v", err, ErrNotFound)
		}
	})
}
