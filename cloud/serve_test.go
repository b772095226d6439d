package cloud

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are pipes: they have deadlines, and
// their time is that of the test's bubble.
type pipes struct {
	accepted chan net.Conn
	closed   chan struct{}
	close    func()
}

func newPipes() *pipes {
	closed := make(chan struct{})
	return &pipes{make(chan net.Conn), closed, sync.OnceFunc(func() { close(closed) })}
}

// Accept implements [net.Listener], as Close and Addr do.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accepted:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.close(); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// front is a server in a bubble.
type front struct {
	t     *testing.T
	log   strings.Builder // read it at the end
	pipes *pipes
	stop  context.CancelFunc
	ended chan error

	clients []net.Conn
	sending sync.WaitGroup
}

func startFront(t *testing.T, h http.HandlerFunc) *front {
	ctx, stop := context.WithCancel(t.Context())
	f := &front{t: t, pipes: newPipes(), stop: stop, ended: make(chan error, 1)}
	log := slog.New(slog.NewTextHandler(&f.log, nil))
	go func() { f.ended <- serve(ctx, listeners{f.pipes, newPipes()}, h, log) }()
	return f
}

// client is the other end of a connection.
type client struct {
	net.Conn
	in *bufio.Reader
}

func (f *front) dial() *client {
	near, far := net.Pipe()
	f.pipes.accepted <- far
	f.clients = append(f.clients, near)
	return &client{near, bufio.NewReader(near)}
}

// end ends the server, and then the clients, and returns how long the server
// took.
func (f *front) end() time.Duration {
	f.t.Helper()
	begin := time.Now()
	f.stop()
	if err := <-f.ended; err != nil {
		f.t.Errorf("serve: got %v, want nothing", err)
	}
	took := time.Since(begin)
	for _, c := range f.clients {
		c.Close()
	}
	f.sending.Wait()
	return took
}

// send begins to send the head of a PUT and then its body in pieces, with a
// pause before each, until the other end is closed.
func (f *front) send(c io.Writer, pieces, size int, pause time.Duration) {
	f.sending.Go(func() {
		_, err := fmt.Fprintf(c, "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n", pieces*size)
		for n := 0; n < pieces && err == nil; n++ {
			time.Sleep(pause)
			_, err = io.WriteString(c, strings.Repeat("x", size))
		}
	})
}

func TestPaceOfABody(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces int
		size   int
		pause  time.Duration // of the client before each piece
		busy   time.Duration // of the handler before it reads
		want   error
		after  time.Duration // at most
	}{
		{"a byte now and then", 100, 1, 50 * time.Second, 0, os.ErrDeadlineExceeded, paceTime},
		{"nothing at all", 1, 100, time.Hour, 0, os.ErrDeadlineExceeded, paceTime},
		{"slow but steady", 40, paceBytes / 4, 25 * time.Second, 0, nil, time.Hour},
		{"long wait for the cloud", 4, paceBytes, time.Second, 10 * time.Minute, nil, time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got error
				var took time.Duration
				f := startFront(t, func(_ http.ResponseWriter, r *http.Request) {
					time.Sleep(c.busy)
					begin := time.Now()
					_, got = io.Copy(io.Discard, r.Body)
					took = time.Since(begin)
				})
				conn := f.dial()
				f.send(conn, c.pieces, c.size, c.pause)
				time.Sleep(2 * time.Hour)
				f.end()
				if !errors.Is(got, c.want) || took > c.after {
					t.Errorf("got %v after %s, want %v within %s", got, took, c.want, c.after)
				}
			})
		})
	}
}

// A deadline that outlived the body would end the context of a long request.
func TestTimeAfterTheBodyIsTheCloudsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := startFront(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			time.Sleep(10 * paceTime)
			fmt.Fprintf(w, "%d bytes, then %v", len(body), r.Context().Err())
		})
		conn := f.dial()
		for _, request := range []string{"first", "second, on the same connection"} {
			f.send(conn, 3, 10, time.Second)
			resp, err := http.ReadResponse(conn.in, nil)
			if err != nil {
				t.Fatalf("%s: %v", request, err)
			}
			if body, err := io.ReadAll(resp.Body); string(body) != "30 bytes, then <nil>" || err != nil {
				t.Errorf("%s: got %q, %v", request, body, err)
			}
			time.Sleep(idleTimeout / 2)
		}
		f.end()
	})
}

func TestPaceOfABodyNobodyWants(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := startFront(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
		conn := f.dial()
		f.send(conn, 100, 1, time.Second)
		resp, err := http.ReadResponse(conn.in, nil)
		if err != nil || resp.StatusCode != http.StatusForbidden {
			t.Fatalf("got %v, %v, want 403", resp, err)
		}
		begin := time.Now()
		if _, err := conn.in.ReadByte(); err == nil || time.Since(begin) > lingerTime {
			t.Errorf("the connection ended with %v after %s, want within %s", err, time.Since(begin), lingerTime)
		}
		f.end()
	})
}

func TestPaceOfAnAnswer(t *testing.T) {
	const size = 8 * paceBytes
	for name, answer := range map[string]func(w http.ResponseWriter) (int64, error){
		"written": func(w http.ResponseWriter) (total int64, err error) {
			for total < size && err == nil {
				var n int
				n, err = w.Write(make([]byte, 64<<10))
				total += int64(n)
			}
			return total, err
		},
		"copied": func(w http.ResponseWriter) (int64, error) {
			return io.CopyN(w, strings.NewReader(strings.Repeat("x", 2*size)), size)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent int64
				var failed error
				f := startFront(t, func(w http.ResponseWriter, _ *http.Request) { sent, failed = answer(w) })
				for pause, want := range map[time.Duration]error{
					paceTime / 64: nil, // for 8 KiB: twice as fast as need be
					paceTime / 16: os.ErrDeadlineExceeded,
				} {
					conn := f.dial()
					io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
					for buffer := make([]byte, 8<<10); ; time.Sleep(pause) {
						if _, err := io.ReadFull(conn.in, buffer); err != nil {
							break
						}
					}
					synctest.Wait()
					if !errors.Is(failed, want) || (want == nil) != (sent == size) {
						t.Errorf("read with pauses of %s: %d bytes sent, then %v, want %v", pause, sent, failed, want)
					}
				}
				f.end()
			})
		})
	}
}

// Connections that clients hold open without having asked for anything do not
// keep the cloud from ending.
func TestEndWaitsForNoNewcomers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := startFront(t, func(http.ResponseWriter, *http.Request) { t.Error("a request was answered, want none") })
		f.dial()
		f.dial()
		synctest.Wait()
		if took := f.end(); took > time.Second {
			t.Errorf("the end took %s, want no waiting", took)
		}
	})
}

// Ending waits for what is being answered, and when that takes too long ends
// its context; it never returns before the handlers have.
func TestEndWaitsForHandlers(t *testing.T) {
	for name, c := range map[string]struct{ work, want time.Duration }{
		"soon done":   {shutdownTimeout / 2, shutdownTimeout / 2},
		"takes hours": {5 * time.Hour, shutdownTimeout + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := false
				var cause error
				f := startFront(t, func(_ http.ResponseWriter, r *http.Request) {
					select {
					case <-time.After(c.work):
					case <-r.Context().Done():
						cause = context.Cause(r.Context())
						time.Sleep(time.Second) // it takes a moment to stop
					}
					done = true
				})
				conn := f.dial()
				io.WriteString(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
				f.sending.Go(func() { io.Copy(io.Discard, conn) })
				synctest.Wait()
				took := f.end()
				if !done || took.Round(time.Second) != c.want {
					t.Errorf("handler done: %v, after %s, want after %s", done, took, c.want)
				}
				if cause != nil && !errors.Is(cause, context.Canceled) {
					t.Errorf("its context ended because of %v, want one that doors know", cause)
				}
			})
		})
	}
}

func TestPanicIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := startFront(t, func(http.ResponseWriter, *http.Request) { panic("a mistake") })
		conn := f.dial()
		io.WriteString(conn, "GET /x?secret HTTP/1.1\r\nHost: h\r\n\r\n")
		if _, err := conn.in.ReadByte(); !errors.Is(err, io.EOF) {
			t.Errorf("the connection: got %v, want it closed", err)
		}
		f.end()
		log := f.log.String()
		if strings.Count(log, "level=ERROR") != 1 || !strings.Contains(log, `path=/x value="a mistake" stack=`) ||
			strings.Contains(log, "secret") {
			t.Errorf("log: got %s, want one error that names the path and the panic", log)
		}
	})
}

func TestListenErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	for _, c := range []struct {
		host       string
		port       int
		text, hint string
	}{
		{"127.0.0.1", port, fmt.Sprintf("listen on 127.0.0.1:%d: bind: address already in use", port), "--port"},
		{"192.0.2.99", 0, "listen on 192.0.2.99:0: bind: cannot assign requested address", "--listen"},
		{"no such name", 0, "listen on no such name:0: lookup no such name: no such host", "--listen"},
	} {
		_, err := listenOn(t.Context(), c.host, c.port)
		var hinted interface{ Hint() string }
		if !errors.As(err, &hinted) || err.Error() != c.text || !strings.Contains(hinted.Hint(), c.hint) {
			t.Errorf("%s:%d: got %v, want %s and a hint about %s", c.host, c.port, err, c.text, c.hint)
		}
	}
	denied := &listenError{"h:80", &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)}}
	if !strings.Contains(denied.Hint(), "below 1024") {
		t.Errorf("got hint %q, want one about low ports", denied.Hint())
	}
}
