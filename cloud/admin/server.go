package admin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/net/netutil"
)

// Limits of the server. Whoever can open the socket owns the cloud; these are
// against mistakes.
const (
	maxConnections  = 16
	maxHeaderBytes  = 16 << 10
	readTimeout     = 10 * time.Second // of a whole request
	answerTimeout   = time.Minute      // making keys takes a while
	idleTimeout     = 10 * time.Second
	shutdownTimeout = 5 * time.Second
)

// Server answers on the socket from Start until Close.
type Server struct {
	path string
	http http.Server
	// cut ends the requests that outlast the time they have at the end.
	cut   context.CancelFunc
	ended chan error
	once  sync.Once // of Close

	answering sync.RWMutex // held for reading by each request
	closed    bool
}

// Start opens the socket in dir and answers for users. The caller has the data
// directory's lock, and must Close the server before giving it back. The context
// gives requests its values; it does not end them.
func Start(ctx context.Context, dir string, users Users, log *slog.Logger) (*Server, error) {
	l, err := listen(dir)
	if err != nil {
		return nil, fmt.Errorf("administration: %w", err)
	}
	requests, cut := context.WithCancel(context.WithoutCancel(ctx))
	s := &Server{path: filepath.Join(dir, SocketName), cut: cut, ended: make(chan error, 1)}
	s.http = http.Server{
		Handler:        s.whileOpen(&handler{methods(users), log}),
		BaseContext:    func(net.Listener) context.Context { return requests },
		ReadTimeout:    readTimeout,
		WriteTimeout:   answerTimeout,
		IdleTimeout:    idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		ErrorLog:       slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	go func() { s.ended <- s.http.Serve(netutil.LimitListener(l, maxConnections)) }()
	return s, nil
}

// whileOpen lets no request in once the server is closed: closing an http.Server
// ends its connections but waits for no handler.
func (s *Server) whileOpen(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.answering.RLock()
		defer s.answering.RUnlock()
		if s.closed {
			send(w, http.StatusServiceUnavailable, fault{Error: "the cloud is shutting down"})
			return
		}
		h.ServeHTTP(w, r)
	})
}

// Close removes the socket, lets requests that are being answered finish for a
// while and returns when none is any more. A second time it does nothing.
func (s *Server) Close(ctx context.Context) (err error) {
	s.once.Do(func() { err = s.close(ctx) })
	return err
}

func (s *Server) close(ctx context.Context) error {
	removed := os.Remove(s.path)
	if errors.Is(removed, fs.ErrNotExist) {
		removed = nil // somebody else did
	}
	limited, cancel := context.WithTimeout(ctx, shutdownTimeout)
	defer cancel()
	err := s.http.Shutdown(limited)
	s.cut()
	if err != nil { // the time is up
		err = s.http.Close()
	}
	s.answering.Lock()
	s.closed = true
	s.answering.Unlock()
	if served := <-s.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(removed, err)
}
