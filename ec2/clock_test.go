package ec2

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"emikit/sign"
)

// skewedCloud is a cloud whose clock is ahead of this machine's, that refuses in its
// own words or in Amazon's; it counts what it is asked.
func skewedCloud(t *testing.T, ahead time.Duration, amazon bool) (server *httptest.Server, asked *int) {
	t.Helper()
	asked = new(int)
	lookup := func(context.Context, string) (string, error) { return "secret", nil }
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*asked++
		now := time.Now().Add(ahead)
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			t.Error(err)
		}
		_, err = sign.Verifier{Lookup: lookup, Now: now}.Query(r.Context(), r, form, body)
		refusal, refused := errors.AsType[*sign.Error](err)
		answer := &Error{}
		switch {
		case !refused:
			io.WriteString(w, `<DescribeRegionsResponse><regionInfo/></DescribeRegionsResponse>`)
			return
		case amazon:
			answer = &Error{Code: "AuthFailure", Message: "AWS was not able to validate the provided access credentials", Status: 401}
		default:
			answer = &Error{Code: refusal.Code, Message: refusal.Message, Status: refusal.Status}
		}
		document, err := MarshalError(answer)
		if err != nil {
			t.Error(err)
		}
		w.WriteHeader(answer.Status)
		w.Write(document)
	}))
	t.Cleanup(server.Close)
	return server, asked
}

// TestWrongClock: a machine whose clock is off signs by the cloud's, and says so once.
func TestWrongClock(t *testing.T) {
	const behind = "this machine's clock is 3h0m behind the server's; requests are signed by the server's"
	for _, version := range []int{2, 4} {
		for _, amazon := range []bool{false, true} {
			server, asked := skewedCloud(t, 3*time.Hour, amazon)
			var notices []string
			client := openClient(t, server.URL, version, &notices)
			for range 2 {
				if _, err := client.DescribeRegions(t.Context(), &DescribeRegionsRequest{}); err != nil {
					t.Fatalf("version %d, Amazon %v: %v", version, amazon, err)
				}
			}
			if *asked != 3 || !slices.Equal(notices, []string{behind}) {
				t.Errorf("version %d, Amazon %v: got %d requests and the notices %q, want 3 and %q", version, amazon, *asked, notices, behind)
			}
		}
	}
}

func openClient(t *testing.T, endpoint string, version int, notices *[]string) *Client {
	t.Helper()
	client, err := NewClient(Config{Endpoint: endpoint, SignatureVersion: version,
		Credentials: sign.Credentials{AccessKey: "a", SecretKey: "secret"},
		Notice:      func(line string) { *notices = append(*notices, line) }})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestRightClock: who is refused for something else, or again, is not asked without end.
func TestRightClock(t *testing.T) {
	for _, ahead := range []time.Duration{0, time.Hour} {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusBadRequest)
			io.WriteString(w, "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>")
		}))
		defer server.Close()
		var notices []string
		_, err := openClient(t, server.URL, 4, &notices).DescribeRegions(t.Context(), &DescribeRegionsRequest{})
		refused, ok := errors.AsType[*Error](err)
		want := map[time.Duration]int{0: 1, time.Hour: 2}[ahead]
		if !ok || refused.Code != "RequestExpired" || asked != want {
			t.Errorf("%v ahead: got %v after %d requests, want RequestExpired after %d", ahead, err, asked, want)
		}
		if want := map[time.Duration]string{0: "check this machine's clock", time.Hour: "set this machine's clock: this machine's clock is 1h0m behind the server's"}[ahead]; refused.Hint() != want {
			t.Errorf("%v ahead: got the hint %q, want %q", ahead, refused.Hint(), want)
		}
	}
}
