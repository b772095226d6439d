package node

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"emikit/manifest"
)

// flaky is a server of one part that answers as it is told, request by request,
// and well when there are no more words.
type flaky struct {
	part    []byte
	answers []answer
	asked   []string // the ranges
}

// answer is a way to fail.
type answer struct {
	err    error // instead of an answer
	status int   // other than the wanted one
	broken int   // the connection breaks behind that many bytes
}

func (f *flaky) RoundTrip(r *http.Request) (*http.Response, error) {
	f.asked = append(f.asked, r.Header.Get("Range"))
	var a answer
	if len(f.answers) > 0 {
		a, f.answers = f.answers[0], f.answers[1:]
	}
	if a.err != nil {
		return nil, a.err
	}
	from, wanted := 0, http.StatusOK
	if text, ok := strings.CutPrefix(r.Header.Get("Range"), "bytes="); ok {
		from, _ = strconv.Atoi(strings.TrimSuffix(text, "-"))
		wanted = http.StatusPartialContent
	}
	if a.status != 0 {
		return &http.Response{StatusCode: a.status, Body: http.NoBody}, nil
	}
	body := io.Reader(bytes.NewReader(f.part[from:]))
	if a.broken > 0 {
		body = io.MultiReader(io.LimitReader(body, int64(a.broken)), iotest.ErrReader(io.ErrUnexpectedEOF))
	}
	return &http.Response{StatusCode: wanted, ContentLength: int64(len(f.part) - from), Body: io.NopCloser(body)}, nil
}

// fetchPart fetches the part of a server.
func fetchPart(ctx context.Context, f *flaky) ([]byte, error) {
	part := PartURL{Name: "x.part.00", URL: "http://store/x?secret", Size: int64(len(f.part))}
	body, err := newSource(&http.Client{Transport: f}, []PartURL{part}, time.Second).Open(ctx, manifest.Part{Name: part.Name})
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

func repeated(a answer, n int) (all []answer) {
	for range n {
		all = append(all, a)
	}
	return all
}

func TestFetchIsTakenUp(t *testing.T) {
	refused := answer{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	busy, cut := answer{status: http.StatusServiceUnavailable}, answer{broken: 3}
	for name, tt := range map[string]struct {
		answers []answer
		asked   string // the ranges, with commas between
		took    time.Duration
	}{
		"at once":            {nil, "", 0},
		"refused":            {[]answer{refused}, ",", time.Second},
		"closed":             {[]answer{{err: io.EOF}}, ",", time.Second},
		"busy":               {[]answer{busy, busy}, ",,", 3 * time.Second},
		"too many requests":  {[]answer{{status: http.StatusTooManyRequests}}, ",", time.Second},
		"broken":             {[]answer{cut, cut}, ",bytes=3-,bytes=6-", 3 * time.Second},
		"broken, then busy":  {[]answer{cut, busy}, ",bytes=3-,bytes=3-", 3 * time.Second},
		"as often as it may": {repeated(refused, fetchRetries), ",,,,,,", 63 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{part: []byte("0123456789"), answers: tt.answers}
				begun := time.Now()
				got, err := fetchPart(t.Context(), f)
				if err != nil || string(got) != "0123456789" {
					t.Errorf("got %q, %v", got, err)
				}
				if asked := strings.Join(f.asked, ","); asked != tt.asked {
					t.Errorf("asked for ranges %q, want %q", asked, tt.asked)
				}
				if took := time.Since(begun); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

func TestFetchIsGivenUp(t *testing.T) {
	for name, tt := range map[string]struct {
		answers []answer
		want    string // in the error
		asked   int
	}{
		"missing":          {[]answer{{status: http.StatusNotFound}}, "HTTP 404", 1},
		"forbidden":        {[]answer{{status: http.StatusForbidden}}, "HTTP 403", 1},
		"moved":            {[]answer{{status: http.StatusFound}}, "HTTP 302", 1},
		"cannot go on":     {[]answer{{broken: 3}, {status: http.StatusOK}}, "HTTP 200", 2},
		"other failure":    {[]answer{{err: errors.New("unsupported scheme")}}, "unsupported", 1},
		"away":             {repeated(answer{status: http.StatusBadGateway}, 99), "HTTP 502 Bad Gateway; it was asked for 7 times", 7},
		"breaks each time": {repeated(answer{broken: 1}, 99), "EOF; it was asked for 7 times", 7},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{part: []byte("0123456789"), answers: tt.answers}
				_, err := fetchPart(t.Context(), f)
				if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
					t.Errorf("got %v, want %q and no URL", err, tt.want)
				}
				if len(f.asked) != tt.asked {
					t.Errorf("asked %d times, want %d", len(f.asked), tt.asked)
				}
				if missing := tt.want == "HTTP 404"; errors.Is(err, fs.ErrNotExist) != missing {
					t.Errorf("%v says that the part is missing: %t, want %t", err, !missing, missing)
				}
			})
		})
	}
}

func TestFetchEndsInAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond) // in the second pause
		defer cancel()
		begun := time.Now()
		f := &flaky{part: []byte("0123456789"), answers: repeated(answer{status: http.StatusBadGateway}, 99)}
		if _, err := fetchPart(ctx, f); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
		}
		if took := time.Since(begun); took != 1500*time.Millisecond || len(f.asked) != 2 {
			t.Errorf("ended after %v and %d requests, want 1.5s and 2", took, len(f.asked))
		}
	})
}
