package network

import (
	"net/netip"
	"testing"
)

func TestParsePool(t *testing.T) {
	for text, want := range map[string]string{
		"172.16.0.11 172.16.0.12":      "172.16.0.11 172.16.0.12",
		"172.16.0.11-172.16.0.14":      "172.16.0.11-172.16.0.14",
		" 192.0.2.0/29,\n198.51.100.1": "192.0.2.1-192.0.2.6 198.51.100.1",
		"0.0.0.0/0":                    "0.0.0.1-255.255.255.254",
		DefaultPool:                    DefaultPool,
	} {
		if got, err := ParsePool(text); err != nil || got.String() != want {
			t.Errorf("%q: got %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"", " , ", "host", "10.0.0.1-", "-10.0.0.1", "10.0.0.2-10.0.0.1", "10.0.0.1-10.0.0.2-10.0.0.3",
		"10.0.0.0/31", "10.0.0.1/24", "10.0.0.0/33", "::1", "fd00::/64", "10.0.0.1 10.0.0.1", "10.0.0.0/24 10.0.0.7", "256.1.1.1"} {
		if got, err := ParsePool(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestLowestFree(t *testing.T) {
	p := pool(t, "255.255.255.254-255.255.255.255 192.0.2.1")
	used := map[netip.Addr]bool{}
	for _, want := range []string{"255.255.255.254", "255.255.255.255", "192.0.2.1"} {
		got, ok := p.lowestFree(used)
		if !ok || got.String() != want {
			t.Fatalf("got %s, %v; want %s", got, ok, want)
		}
		used[got] = true
	}
	if got, ok := p.lowestFree(used); ok {
		t.Errorf("of a pool in use: got %s", got)
	}
}

func FuzzParsePool(f *testing.F) {
	for _, seed := range []string{"172.16.0.11 172.16.0.12", "172.16.0.11-172.16.0.14", "192.0.2.0/29,198.51.100.1", "0.0.0.0/0", "1.2.3.4-", "/"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePool(text)
		if err != nil {
			return
		}
		again, err := ParsePool(p.String())
		if err != nil || again.String() != p.String() {
			t.Errorf("%q reads as %q, and that as %q, %v", text, p, again, err)
		}
		if a, ok := p.lowestFree(nil); !ok || a != p[0].first {
			t.Errorf("%q: first free is %s, %v; want %s", text, a, ok, p[0].first)
		}
	})
}
