package cloud

import (
	"errors"
	"io"
	"math"
	"net/http"
	"time"
)

// A client may take paceTime for every paceBytes of a body that it sends or of
// an answer that it reads, about 2 KiB a second. A limit on the whole would end
// long transfers; one on each read would let a byte a minute hold a connection
// for ever. Only the time for which the cloud waits for the client counts.
const (
	paceBytes = 256 << 10
	paceTime  = 2 * time.Minute
	// lingerTime is how long the server may read on for the rest of a body that
	// nobody wanted, to keep the connection.
	lingerTime = 5 * time.Second
)

// withPace ends the connections of clients that keep h waiting. Deadlines stay
// with a connection, so those of one request are lifted before the next.
func withPace(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection := http.NewResponseController(w)
		_ = connection.SetWriteDeadline(time.Time{})
		defer func() { // what is still to be sent goes out when the handler is done
			_ = connection.SetWriteDeadline(time.Now().Add(paceTime))
		}()
		if r.Body != nil && r.Body != http.NoBody {
			body := &pacedBody{ReadCloser: r.Body, pace: newPace(connection.SetReadDeadline)}
			defer body.leave()
			r = r.WithContext(r.Context()) // the server looks at its own request afterwards
			r.Body = body
		}
		h.ServeHTTP(&pacedWriter{ResponseWriter: w, pace: newPace(connection.SetWriteDeadline)}, r)
	})
}

// pace is one direction of one request.
type pace struct {
	set   func(time.Time) error // the deadline; an error of it shows in what is waited for, too
	bytes int64                 // that have to pass
	time  time.Duration         // in which they have to
}

func newPace(set func(time.Time) error) *pace {
	return &pace{set: set, bytes: paceBytes, time: paceTime}
}

// pass waits for the client to send or to take some bytes.
func (p *pace) pass(wait func() (int64, error)) (int64, error) {
	begin := time.Now()
	_ = p.set(begin.Add(p.time))
	n, err := wait()
	p.time -= time.Since(begin)
	if p.bytes -= n; p.bytes <= 0 {
		p.bytes, p.time = paceBytes, paceTime
	}
	return n, err
}

// pacedBody is the body of a request.
type pacedBody struct {
	io.ReadCloser
	pace  *pace
	ended bool
}

// Read implements [io.Reader]. At the end the deadline is lifted: the server
// goes on reading, to notice a client that goes away, and a deadline would look
// like that to it.
func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.pace.pass(func() (int64, error) {
		n, err := b.ReadCloser.Read(p)
		return int64(n), err
	})
	if errors.Is(err, io.EOF) {
		b.ended = true
		_ = b.pace.set(time.Time{})
	}
	return int(n), err
}

// leave bounds what the server does with a body that was not read to its end.
func (b *pacedBody) leave() {
	if !b.ended {
		_ = b.pace.set(time.Now().Add(lingerTime))
	}
}

// pacedWriter writes the answer.
type pacedWriter struct {
	http.ResponseWriter
	pace *pace
}

// Unwrap is for [http.ResponseController].
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Write implements [io.Writer].
func (w *pacedWriter) Write(p []byte) (int, error) {
	n, err := w.pace.pass(func() (int64, error) {
		n, err := w.ResponseWriter.Write(p)
		return int64(n), err
	})
	return int(n), err
}

// ReadFrom implements [io.ReaderFrom]: it keeps the kernel's way from a file to
// a connection open, piece by piece. What limits the file is taken off first,
// for the kernel sees a file behind one limit only, that of the piece.
func (w *pacedWriter) ReadFrom(from io.Reader) (total int64, err error) {
	limit := int64(math.MaxInt64)
	if limited, ok := from.(*io.LimitedReader); ok {
		from, limit = limited.R, limited.N
	}
	for total < limit && err == nil {
		var n int64
		n, err = w.pace.pass(func() (int64, error) {
			return io.CopyN(w.ResponseWriter, from, min(limit-total, paceBytes))
		})
		total += n
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return total, err
}
