package network

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

// rule lets in a network.
func rule(protocol string, from, to int, network string) Rule {
	return Rule{Protocol: protocol, From: from, To: to, Network: netip.MustParsePrefix(network)}
}

// authorize adds rules to a group of Alice's.
func authorize(t *testing.T, s *Service, group string, rules ...Rule) {
	t.Helper()
	if err := s.Authorize(t.Context(), alice, group, rules); err != nil {
		t.Fatal(err)
	}
}

// rulesText is what a group of Alice's has.
func rulesText(t *testing.T, s *Service, group string) []string {
	t.Helper()
	found, err := s.Groups(t.Context(), alice, []string{group})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, r := range found[0].Rules {
		texts = append(texts, r.String())
	}
	return texts
}

func TestRulesInNormalForm(t *testing.T) {
	s := open(t, Config{})
	own := group(t, s, alice)
	web := create(t, s, alice, "web")
	for _, test := range []struct {
		rule Rule
		want string
	}{
		{rule("tcp", 22, 22, "0.0.0.0/0"), "tcp 22-22 from 0.0.0.0/0"},
		{rule("TCP", 0, 65535, "192.0.2.1/32"), "tcp 0-65535 from 192.0.2.1/32"},
		{rule("17", 53, 53, "10.0.0.1/8"), "udp 53-53 from 10.0.0.0/8"},
		{rule("6", 80, 81, "10.0.0.0/8"), "tcp 80-81 from 10.0.0.0/8"},
		{rule("1", -1, -1, "0.0.0.0/0"), "icmp -1:-1 from 0.0.0.0/0"},
		{rule("icmp", 8, -1, "0.0.0.0/0"), "icmp 8:-1 from 0.0.0.0/0"},
		{rule("icmp", 255, 0, "0.0.0.0/0"), "icmp 255:0 from 0.0.0.0/0"},
		{rule("-1", 22, 23, "0.0.0.0/0"), "all traffic from 0.0.0.0/0"},
		{rule("all", 0, 0, "10.0.0.0/8"), "all traffic from 10.0.0.0/8"},
		{Rule{Protocol: "tcp", From: 1, To: 1, Source: Source{Name: "web"}}, "tcp 1-1 from group " + alice + "/web"},
		{Rule{Protocol: "tcp", From: 2, To: 2, Source: Source{Account: alice, ID: own.ID, Name: "passed over"}}, "tcp 2-2 from group " + alice + "/default"},
		{Rule{Protocol: "tcp", From: 3, To: 3, Source: Source{Account: bob, Name: "not there"}}, "tcp 3-3 from group " + bob + "/not there"},
		{Rule{Protocol: "tcp", From: 4, To: 4, Source: Source{Account: bob, ID: web.ID}}, "tcp 4-4 from group " + bob + "/" + web.ID},
	} {
		authorize(t, s, "web", test.rule)
		if err := s.Authorize(t.Context(), alice, web.ID, []Rule{test.rule}); !errors.Is(err, ErrRuleExists) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v again: got %v, want %v with %q", test.rule, err, ErrRuleExists, test.want)
		}
		if got := rulesText(t, s, "web"); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%+v: got %q, want %q", test.rule, got, test.want)
		}
		test.rule.Description = "which does not matter"
		if err := s.Revoke(t.Context(), alice, "web", []Rule{test.rule}); err != nil {
			t.Errorf("revoke %+v: %v", test.rule, err)
		}
		if err := s.Revoke(t.Context(), alice, "web", []Rule{test.rule}); !errors.Is(err, ErrUnknownRule) {
			t.Errorf("revoke %+v again: got %v, want %v", test.rule, err, ErrUnknownRule)
		}
	}
}

func TestRefusedRules(t *testing.T) {
	s := open(t, Config{})
	described := rule("tcp", 1, 1, "0.0.0.0/0")
	described.Description = "<b>"
	both := rule("tcp", 1, 1, "0.0.0.0/0")
	both.Source.Name = "default"
	from := func(source Source) Rule { return Rule{Protocol: "tcp", From: 1, To: 1, Source: source} }
	for _, test := range []struct {
		rule Rule
		want error
	}{
		{rule("", 1, 1, "0.0.0.0/0"), ErrBadRule}, {rule("esp", 1, 1, "0.0.0.0/0"), ErrBadRule}, {rule("50", 1, 1, "0.0.0.0/0"), ErrBadRule},
		{rule("006", 1, 1, "0.0.0.0/0"), ErrBadRule}, {rule(strings.Repeat("t", 1000), 1, 1, "0.0.0.0/0"), ErrBadRule},
		{rule("tcp", -1, -1, "0.0.0.0/0"), ErrBadRule}, {rule("tcp", 2, 1, "0.0.0.0/0"), ErrBadRule}, {rule("udp", 1, 65536, "0.0.0.0/0"), ErrBadRule},
		{rule("udp", -5, 1, "0.0.0.0/0"), ErrBadRule}, {rule("icmp", -2, -1, "0.0.0.0/0"), ErrBadRule}, {rule("icmp", 256, -1, "0.0.0.0/0"), ErrBadRule},
		{rule("icmp", 8, 256, "0.0.0.0/0"), ErrBadRule}, {rule("icmp", -1, 0, "0.0.0.0/0"), ErrBadRule},
		{rule("tcp", 1, 1, "::/0"), ErrBadRule}, {rule("tcp", 1, 1, "::ffff:10.0.0.0/104"), ErrBadRule},
		{described, ErrBadRule}, {both, ErrBadRule}, {Rule{Protocol: "tcp"}, ErrBadRule},
		{from(Source{Name: "nothing"}), ErrUnknownGroup}, {from(Source{ID: "sg-00000000"}), ErrUnknownGroup},
		{from(Source{Account: "bob", Name: "x"}), ErrBadRule}, {from(Source{Account: "12345678901x", Name: "x"}), ErrBadRule},
		{from(Source{Account: bob, Name: "\n"}), ErrBadRule}, {from(Source{Account: bob, Name: strings.Repeat("x", 256)}), ErrBadRule},
	} {
		good := rule("tcp", 99, 99, "0.0.0.0/0")
		err := s.Authorize(t.Context(), alice, "default", []Rule{good, test.rule})
		if !errors.Is(err, test.want) || len(err.Error()) > 500 {
			t.Errorf("%.80v: got %v, want %v", test.rule, err, test.want)
		}
	}
	if got := rulesText(t, s, "default"); len(got) > 0 {
		t.Errorf("half of a request was done: %q", got)
	}
	for what, err := range map[string]error{
		"authorize": s.Authorize(t.Context(), alice, "nothing", nil), "revoke": s.Revoke(t.Context(), alice, "nothing", nil),
	} {
		if !errors.Is(err, ErrUnknownGroup) {
			t.Errorf("%s in no group: got %v, want %v", what, err, ErrUnknownGroup)
		}
	}
	if err := s.Authorize(t.Context(), "", "default", nil); !errors.Is(err, ErrNoAccount) {
		t.Errorf("without an account: got %v, want %v", err, ErrNoAccount)
	}
}

func TestRulesAreAllOrNone(t *testing.T) {
	s := open(t, Config{})
	one, two := rule("tcp", 1, 1, "0.0.0.0/0"), rule("tcp", 2, 2, "0.0.0.0/0")
	if err := s.Authorize(t.Context(), alice, "default", []Rule{one, one}); !errors.Is(err, ErrRuleExists) {
		t.Errorf("the same twice: got %v, want %v", err, ErrRuleExists)
	}
	authorize(t, s, "default", one)
	if err := s.Revoke(t.Context(), alice, "default", []Rule{one, two}); !errors.Is(err, ErrUnknownRule) {
		t.Errorf("one that is not there: got %v, want %v", err, ErrUnknownRule)
	}
	if got := rulesText(t, s, "default"); !slices.Equal(got, []string{one.String()}) {
		t.Errorf("got %q, want the one rule as before", got)
	}
}

func TestRuleLimit(t *testing.T) {
	s := open(t, Config{})
	var rules []Rule
	for i := range maxRules {
		rules = append(rules, rule("tcp", i, i, "0.0.0.0/0"))
	}
	authorize(t, s, "default", rules...)
	if err := s.Authorize(t.Context(), alice, "default", []Rule{rule("udp", 1, 1, "0.0.0.0/0")}); !errors.Is(err, ErrTooManyRules) {
		t.Errorf("got %v, want %v", err, ErrTooManyRules)
	}
	if got := rulesText(t, s, "default"); len(got) != maxRules || got[0] != rules[0].String() || got[99] != rules[99].String() {
		t.Errorf("got %d rules, want all in the order in which they were made", len(got))
	}
}

// FuzzRule holds that a rule which is taken is in the one form that says it, and
// within its bounds.
func FuzzRule(f *testing.F) {
	for _, seed := range []struct {
		protocol, network, account, name, description string
		from, to                                      int
	}{
		{"tcp", "0.0.0.0/0", "", "", "", 22, 22}, {"17", "10.0.0.1/8", "", "", "dns", 53, 53}, {"icmp", "", alice, "default", "", -1, -1},
		{"-1", "", bob, "sg-00000001", "", 0, 0}, {"tcp", "::/0", "", "", "", 70000, -1}, {"esp", "", "", "\xff", "\x00", 0, 0},
	} {
		f.Add(seed.protocol, seed.network, seed.account, seed.name, seed.description, seed.from, seed.to)
	}
	all := []Group{{ID: "sg-00000001", Account: alice, Name: DefaultGroup}}
	f.Fuzz(func(t *testing.T, protocol, network, account, name, description string, from, to int) {
		r := Rule{Protocol: protocol, From: from, To: to, Source: Source{Account: account, Name: name}, Description: description}
		if prefix, err := netip.ParsePrefix(network); err == nil {
			r.Network, r.Source = prefix, Source{}
		}
		got, err := r.normal(alice, all)
		if err != nil {
			if len(err.Error()) > 2000 {
				t.Errorf("%+v: an error of %d bytes", r, len(err.Error()))
			}
			return
		}
		again, err := got.normal(alice, all)
		if err != nil || again != got {
			t.Errorf("%+v: normal is %+v, and of that %+v, %v", r, got, again, err)
		}
		if got.From < -1 || got.To > maxPort || got.Network.IsValid() == (got.Source != Source{}) || !slices.Contains([]string{TCP, UDP, ICMP, AnyProtocol}, got.Protocol) {
			t.Errorf("%+v: taken as %+v", r, got)
		}
		if text := fmt.Sprint(got); strings.ContainsAny(text, "\n\r\x00\x1b") {
			t.Errorf("%+v: shown as %q", r, text)
		}
	})
}
