package cloud

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/netutil"
	"golang.org/x/sync/errgroup"
)

// Limits of the HTTP servers; pace.go has those of bodies and answers.
const (
	headerTimeout   = 10 * time.Second // also of a TLS handshake
	idleTimeout     = 2 * time.Minute
	maxHeaderBytes  = 64 << 10
	maxConnections  = 1024 // to each port; more wait to be accepted
	shutdownTimeout = 10 * time.Second
)

// listeners are the cloud's open ports.
type listeners struct{ plain, secure net.Listener }

// listen opens both ports, or none.
func listen(ctx context.Context, host string, port, securePort int, cert func() tls.Certificate) (listeners, error) {
	plain, err := listenOn(ctx, host, port)
	if err != nil {
		return listeners{}, err
	}
	secure, err := listenOn(ctx, host, securePort)
	if err != nil {
		return listeners{}, errors.Join(err, plain.Close())
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c := cert()
		return &c, nil
	}}
	return listeners{plain, tls.NewListener(secure, config)}, nil
}

func listenOn(ctx context.Context, host string, port int) (net.Listener, error) {
	var config net.ListenConfig
	address := net.JoinHostPort(host, strconv.Itoa(port))
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, &listenError{address, err}
	}
	return netutil.LimitListener(listener, maxConnections), nil
}

func (l listeners) close() error { return errors.Join(l.plain.Close(), l.secure.Close()) }

// portOf is the port that a listener really has.
func portOf(l net.Listener) int {
	tcp, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0
	}
	return tcp.Port
}

// serve answers on both ports until ctx ends, then lets open requests finish
// for a while. No request is being answered any more when it returns.
func serve(ctx context.Context, l listeners, h http.Handler, log *slog.Logger) error {
	requests, cut := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cut(nil)
	answering := &gate{Handler: withPace(withReport(h, log))}
	waiting := &newcomers{}
	server := &http.Server{
		Handler:           answering,
		BaseContext:       func(net.Listener) context.Context { return requests },
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         waiting.observe,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, listener := range []net.Listener{l.plain, l.secure} {
		group.Go(func() error {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve on %s: %w", listener.Addr(), err)
			}
			return nil
		})
	}
	group.Go(func() error {
		<-ctx.Done()
		defer answering.shut()
		defer cut(errShutDown)
		waiting.dismiss()
		return shutDown(context.WithoutCancel(ctx), server)
	})
	return group.Wait()
}

// withReport logs a panic of h, a mistake in the cloud, and ends the request's
// connection. The server's own report would be lost among those on clients.
func withReport(h http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if value := recover(); value != nil {
				log.Error("panic", "method", r.Method, "path", r.URL.Path, "value", value, "stack", string(debug.Stack()))
				panic(http.ErrAbortHandler)
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// errShutDown is why the contexts of requests end that outlast the time they
// have when the cloud ends. To the doors it is as if their clients had gone.
var errShutDown = fmt.Errorf("the cloud is shutting down: %w", context.Canceled)

// shutDown waits for requests that are being answered, then cuts off those
// that take too long, such as an upload.
func shutDown(ctx context.Context, server *http.Server) error {
	ctx, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	} else if err != nil {
		return err
	}
	return nil
}

// gate lets requests through until it is shut. Closing an http.Server ends its
// connections but waits for no handler.
type gate struct {
	http.Handler
	answering sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

// ServeHTTP implements [http.Handler].
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !g.enter() {
		http.Error(w, "the cloud is shutting down", http.StatusServiceUnavailable)
		return
	}
	defer g.answering.Done()
	g.Handler.ServeHTTP(w, r)
}

func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		g.answering.Add(1)
	}
	return !g.closed
}

// shut lets no more requests in and waits for those that are being answered.
func (g *gate) shut() {
	g.mu.Lock()
	g.closed = true
	g.mu.Unlock()
	g.answering.Wait()
}

// listenError says which address could not be listened on.
type listenError struct {
	address string
	err     error
}

func (e *listenError) Error() string {
	cause := e.err
	if op, ok := errors.AsType[*net.OpError](cause); ok {
		cause = op.Err // the rest names the address once more
	}
	return fmt.Sprintf("listen on %s: %v", e.address, cause)
}

func (e *listenError) Unwrap() error { return e.err }

// Hint names the ways out.
func (e *listenError) Hint() string {
	if errors.Is(e.err, syscall.EADDRINUSE) {
		return "another program uses the port; choose others with --port and --ssl-port (0 takes a free one)"
	}
	if errors.Is(e.err, syscall.EACCES) {
		return "ports below 1024 are for privileged users; choose others with --port and --ssl-port"
	}
	return "--listen takes an address or a name of this machine, or 0.0.0.0 for all of its addresses"
}
