package reach

import (
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// SkewLimit is the difference of clocks from which on signatures are refused: five
// minutes with EC2 and Eucalyptus, fifteen with S3.
const SkewLimit = 5 * time.Minute

// sameTime is how far two clocks that are alike may differ: dates have whole seconds,
// and answers take their time.
const sameTime = time.Minute

// Clock is the one that requests are signed by: this machine's, put right by a
// server's where that has refused it. The zero value is this machine's. It may be used
// from several goroutines at once.
type Clock struct{ ahead atomic.Int64 } // of this machine's, in nanoseconds

// Now tells the time.
func (c *Clock) Now() time.Time { return time.Now().Add(c.Ahead()) }

// Ahead is how far the clock is ahead of this machine's.
func (c *Clock) Ahead() time.Duration { return time.Duration(c.ahead.Load()) }

// Adopt takes over the clock of a server, which is so far ahead of this machine's and
// has refused a request that was signed by a clock signed ahead of it. again is false
// where another signature would be refused, too: the request was signed by the server's
// clock already, or the server shows none. news is true for the first that finds out.
func (c *Clock) Adopt(server, signed time.Duration) (again, news bool) {
	if (server - signed).Abs() < sameTime {
		return false, false
	}
	if (server - c.Ahead()).Abs() < sameTime {
		return true, false // put right by another request meanwhile
	}
	c.ahead.Store(int64(server))
	return true, true
}

// DateOf is a server's clock in its answer, and how far it is ahead of this machine's;
// both are zero where it does not show it.
func DateOf(h http.Header) (date time.Time, ahead time.Duration) {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}, 0
	}
	return date, time.Until(date).Truncate(time.Second)
}

// ClockText says how far off this machine's clock is, by a server's that is so far
// ahead.
func ClockText(ahead time.Duration) string {
	off := strings.TrimSuffix(ahead.Abs().Round(time.Minute).String(), "0s")
	if ahead < 0 {
		return "this machine's clock is " + off + " ahead of the server's"
	}
	return "this machine's clock is " + off + " behind the server's"
}
