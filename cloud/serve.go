package cloud

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// Limits of the HTTP servers. Bodies have no deadline: an upload may be large
// and its link slow.
const (
	headerTimeout   = 10 * time.Second
	idleTimeout     = 2 * time.Minute
	maxHeaderBytes  = 64 << 10
	shutdownTimeout = 10 * time.Second
)

// listeners are the cloud's open ports.
type listeners struct{ plain, secure net.Listener }

// listen opens both ports, or none.
func listen(ctx context.Context, host string, port, securePort int, cert func() tls.Certificate) (listeners, error) {
	var lc net.ListenConfig
	plain, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return listeners{}, portError(port, err)
	}
	secure, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(securePort)))
	if err != nil {
		return listeners{}, errors.Join(portError(securePort, err), plain.Close())
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c := cert()
		return &c, nil
	}}
	return listeners{plain, tls.NewListener(secure, config)}, nil
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
// for a while.
func serve(ctx context.Context, l listeners, h http.Handler, log *slog.Logger) error {
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
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
		return shutDown(context.WithoutCancel(ctx), server)
	})
	return group.Wait()
}

// shutDown waits for requests that are being answered, then cuts off those
// that take too long, such as a long poll.
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

// listenError says which option chose the port that could not be opened.
type listenError struct {
	port int
	err  error
}

func portError(port int, err error) error { return &listenError{port, err} }

func (e *listenError) Error() string { return fmt.Sprintf("listen on port %d: %v", e.port, e.err) }
func (e *listenError) Unwrap() error { return e.err }

// Hint names the ways out.
func (e *listenError) Hint() string {
	return "another program may use the port; choose others with --port and --ssl-port (0 takes a free one)"
}
