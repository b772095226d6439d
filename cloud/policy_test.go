package cloud

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Signature Version 2 is taken as the policy says, at both doors; Version 4 always.
func TestSignatureV2Policy(t *testing.T) {
	for policy, taken := range map[SignatureV2]bool{"": true, SignatureV2Auto: true, SignatureV2On: true, SignatureV2Off: false} {
		t.Run(string(policy), func(t *testing.T) {
			config := startedConfig(t)
			config.NewNode, config.SignatureV2 = nil, policy
			p := personOf(t, serveCloud(t, config), "admin")
			if got := p.ec2(2); (got == "") != taken {
				t.Errorf("EC2 with version 2: got %q, want it taken: %v", got, taken)
			}
			if got := p.s3(2, "/"); strings.Contains(got, "<Buckets") != taken {
				t.Errorf("the object store with version 2: got %.200q, want it taken: %v", got, taken)
			}
			if got := p.ec2(4) + p.s3(4, "/"); !strings.Contains(got, "<Buckets") {
				t.Errorf("with version 4: got %.200q, want it taken", got)
			}
		})
	}
	config := startedConfig(t)
	config.NewNode, config.SignatureV2 = nil, "maybe"
	if _, err := Open(t.Context(), config); err == nil || !strings.Contains(err.Error(), `"maybe": not one of auto, on, off`) {
		t.Errorf("another policy: got %v, want it refused", err)
	}
}

// Only where a connection comes from says whether it came over a network.
func TestFromLoopback(t *testing.T) {
	for from, want := range map[string]bool{
		"127.0.0.1:1": true, "127.8.0.1:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true,
		"192.0.2.1:1": false, "[2001:db8::1]:1": false, "0.0.0.0:1": false, "[::ffff:192.0.2.1]:1": false, "@": false, "": false,
	} {
		r := httptest.NewRequest("GET", "http://127.0.0.1/", nil)
		r.RemoteAddr = from
		r.Header.Set("X-Forwarded-For", "127.0.0.1")
		if got := fromLoopback(r); got != want {
			t.Errorf("%q: got %v, want %v", from, got, want)
		}
	}
}

// lockedLog is where a cloud logs that is still running.
type lockedLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// A cloud that is open to a network says that HTTP can be read on the way, and
// where TLS is.
func TestPlainHTTPIsWarnedAbout(t *testing.T) {
	for listen, want := range map[string]bool{"127.0.0.1": false, "localhost": false, "0.0.0.0": true} {
		var log lockedLog
		config := startedConfig(t)
		config.NewNode, config.Listen, config.Log = nil, listen, slog.New(slog.NewTextHandler(&log, nil))
		c := serveCloud(t, config)
		personOf(t, c, "admin").ec2(4) // it serves
		log.mu.Lock()
		text := log.text.String()
		log.mu.Unlock()
		tls := "instead=https://" + c.Host()
		if got := strings.Contains(text, "level=WARN msg=\"plain HTTP is served to a network") && strings.Contains(text, tls); got != want {
			t.Errorf("%s: warned is %v, want %v:\n%s", listen, got, want, text)
		}
	}
}
