package cloud

import (
	"net"
	"net/http"
	"sync"
)

// newcomers are connections that have not sent a request yet. Clients open
// some to have them at hand; http.Server.Shutdown would wait five seconds for
// each to say something.
type newcomers struct {
	mu     sync.Mutex
	leave  bool
	opened map[net.Conn]struct{}
}

// observe is the server's ConnState hook.
func (n *newcomers) observe(c net.Conn, state http.ConnState) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(n.opened, c)
	case n.leave:
		c.Close() // it has asked for nothing: there is nobody to tell
	default:
		if n.opened == nil {
			n.opened = map[net.Conn]struct{}{}
		}
		n.opened[c] = struct{}{}
	}
}

// dismiss closes all newcomers, now and from now on.
func (n *newcomers) dismiss() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.leave = true
	for c := range n.opened {
		c.Close()
	}
}
