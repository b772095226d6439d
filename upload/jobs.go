package upload

import (
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"sync/atomic"
	"time"
)

// How many parts move at once where it is not said: as many as a processor has to
// work on while the others wait for the store, for each processor, within limits.
// Parts that are sent while others are made are two: each takes as much memory as it is
// long, and all of it is to be no more than 96 MiB on two processors, which take longer
// to make a part than a store that is 50 ms away to take it.
const (
	leastOnDisk, mostOnDisk = 4, 16
	leastAhead, mostAhead   = 2, 4
	queuedJobs              = 2
)

// partWork is about how long a processor is busy with a part of 10 MiB, all together:
// reading it, its checksum or its encryption, and handing it to the system.
const partWork = 10 * time.Millisecond

// A pace says how many parts move at once. It is the transport that requests go
// through, and learns from those that carry nothing how long the store takes to
// answer: a bundle begins with some of them, before its first part. It may be used
// from several goroutines at once.
type pace struct {
	base  http.RoundTripper
	given int // by the user; 0 means that the number is chosen
	cores int
	log   *slog.Logger

	answer atomic.Int64 // the quickest one, in nanoseconds; 0 means none
}

func newPace(given int, log *slog.Logger) *pace {
	return &pace{given: given, cores: runtime.GOMAXPROCS(0), log: log}
}

// connections is how many may be in use at once.
func (p *pace) connections() int {
	if p.given > 0 {
		return p.given
	}
	return mostOnDisk
}

// onDisk is the number for parts that are on disk, or go there.
func (p *pace) onDisk() int { return p.choose("on disk", leastOnDisk, mostOnDisk) }

// queued is the number for parts that are held in memory until they are sent.
func (p *pace) queued() int { return p.choose("queued", queuedJobs, queuedJobs) }

// ahead is the number for parts that are read into memory before they are asked for.
func (p *pace) ahead() int { return p.choose("ahead", leastAhead, mostAhead) }

// choose says how many parts move at once, from least to most if it is not given.
func (p *pace) choose(parts string, least, most int) int {
	if p.given > 0 {
		return p.given
	}
	answer := time.Duration(p.answer.Load())
	jobs := min(max(p.hiding(answer), least), most)
	p.log.Debug("parts at once", "parts", parts, "jobs", jobs, "processors", p.cores, "answer", answer)
	return jobs
}

// hiding is the number with which the processors are busy although each part waits for
// its answer.
func (p *pace) hiding(answer time.Duration) int {
	return int(int64(p.cores) * int64(partWork+answer) / int64(partWork))
}

// RoundTrip sends a request, and takes the time if it has no body.
func (p *pace) RoundTrip(r *http.Request) (*http.Response, error) {
	if p.given > 0 || r.Body != nil && r.Body != http.NoBody {
		return p.base.RoundTrip(r)
	}
	// From when there is a connection: it is made once, and serves many parts.
	var begun atomic.Pointer[time.Time]
	begin := func() { now := time.Now(); begun.Store(&now) }
	begin()
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { begin() }}
	resp, err := p.base.RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), trace)))
	if err == nil {
		p.learn(time.Since(*begun.Load()))
	}
	return resp, err
}

// learn remembers the quickest answer: what took longer had to work or to queue.
func (p *pace) learn(took time.Duration) {
	for {
		is := p.answer.Load()
		if is > 0 && is <= int64(took) || p.answer.CompareAndSwap(is, max(int64(took), 1)) {
			return
		}
	}
}
