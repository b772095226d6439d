package cloud

import (
	"bufio"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// recordedRequest is a request that ec2-ami-tools 1.4.0.7 were recorded making: with curl,
// so that bodies are announced (Expect), and with a bucket's constraint under a name
// that is not AWS's, in chunks, beside a length of 0.
type recordedRequest struct {
	method, host, path string // host: before the cloud's own
	signed             string // the resource, as the tools sign it
	acl                string
	chunked            bool
	body               string
	status             int
}

// recordedStore is the order in which a bundle is uploaded and read back, first at hosts
// of buckets, then below a path for a bucket that is no name of a host.
func recordedStore() []recordedRequest {
	const constraint = "<CreateBucketConstraint><LocationConstraint>EU</LocationConstraint></CreateBucketConstraint>"
	return []recordedRequest{
		{method: "GET", host: "mybucket.", path: "/?location", signed: "/mybucket/?location", status: 404},
		{method: "PUT", host: "mybucket.", path: "/", signed: "/mybucket/", chunked: true, status: 200},
		{method: "GET", host: "mybucket.", path: "/?location", signed: "/mybucket/?location", status: 200},
		{method: "PUT", host: "mybucket.", path: "/multi.part.00", signed: "/mybucket/multi.part.00", acl: "aws-exec-read", body: "a part", status: 200},
		{method: "PUT", host: "mybucket.", path: "/some%2Fpre%2Ffix%2Fmulti.part.09", signed: "/mybucket/some%2Fpre%2Ffix%2Fmulti.part.09", acl: "public-read", body: "a part", status: 200},
		{method: "GET", host: "mybucket.", path: "/some%2Fpre%2Ffix%2Fmulti.part.09", signed: "/mybucket/some%2Fpre%2Ffix%2Fmulti.part.09", status: 200},
		{method: "GET", host: "mybucket.", path: "/?prefix=some%2Fpre%2Ffix", signed: "/mybucket/", status: 200},
		{method: "DELETE", host: "mybucket.", path: "/some%2Fpre%2Ffix%2Fmulti.part.09", signed: "/mybucket/some%2Fpre%2Ffix%2Fmulti.part.09", status: 204},
		{method: "DELETE", host: "mybucket.", path: "/", signed: "/mybucket/", status: 409},
		{method: "PUT", host: "newloc.", path: "/", signed: "/newloc/", chunked: true, body: constraint, status: 200},
		{method: "GET", host: "third.", path: "/services/Walrus/?location", signed: "/third/services/Walrus/?location", status: 404},
		{method: "PUT", host: "third.", path: "/services/Walrus/", signed: "/third/services/Walrus/", chunked: true, status: 200},
		{method: "PUT", host: "third.", path: "/services/Walrus/multi.part.11", signed: "/third/services/Walrus/multi.part.11", acl: "aws-exec-read", body: "a part", status: 200},
		{method: "GET", path: "/services/Walrus/my_bucket/?location", signed: "/services/Walrus/my_bucket/?location", status: 404},
		{method: "PUT", path: "/services/Walrus/my_bucket/", signed: "/services/Walrus/my_bucket/", chunked: true, status: 200},
		{method: "PUT", path: "/services/Walrus/my_bucket/multi.part.11", signed: "/services/Walrus/my_bucket/multi.part.11", acl: "aws-exec-read", body: "a part", status: 200},
	}
}

// TestRecordedStoreRequests sends what ec2-ami-tools sent, byte for byte but for dates and
// keys. Neither the requests nor their signatures are made by our own client: those that
// were recorded come out of the same function.
func TestRecordedStoreRequests(t *testing.T) {
	const recorded = "RJOIGQBBExpyk1ZTqklydgDVLfU=" // by ec2-ami-tools
	text := "PUT\nqnFpeqAmxjnIhflpHCJTVA==\n\nFri, 20 Nov 2026 21:44:37 GMT\nx-amz-acl:public-read\n/mybucket/some%2Fpre%2Ffix%2Fmulti.part.09"
	if got := signV2("secretKEY", text); got != recorded {
		t.Fatalf("signature: got %s, want %s", got, recorded)
	}
	r := newRealm(t)
	u, err := url.Parse(r.S3URL())
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range recordedStore() {
		status, body := request.send(t, u.Port(), r.alice)
		if status != request.status {
			t.Errorf("%s %s at %s: got %d %s, want %d", request.method, request.path, request.host, status, body, request.status)
		}
		if strings.HasPrefix(request.path, "/?prefix") && !strings.Contains(body, "<Key>some/pre/fix/multi.part.09</Key>") {
			t.Errorf("listing: got %s", body)
		}
	}
}

// send writes the request and reads the answer.
func (q recordedRequest) send(t *testing.T, port string, who party) (status int, body string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, q.text(port, who)); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	for {
		resp, err := http.ReadResponse(in, &http.Request{Method: q.method})
		if err != nil {
			t.Fatalf("%s %s: %v", q.method, q.path, err)
		}
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode >= 200 { // not 100 Continue
			return resp.StatusCode, string(answer)
		}
	}
}

// text is the request as it goes over the wire.
func (q recordedRequest) text(port string, who party) string {
	host := q.host + "localhost:" + port
	if q.host == "" {
		host = "127.0.0.1:" + port
	}
	date := time.Now().UTC().Format(http.TimeFormat)
	var sum, headers, amz string
	if q.acl != "" {
		md := md5.Sum([]byte(q.body))
		sum, amz = base64.StdEncoding.EncodeToString(md[:]), "x-amz-acl:"+q.acl+"\n"
		headers = "x-amz-acl: " + q.acl + "\r\ncontent-md5: " + sum + "\r\n"
	}
	body := q.body
	switch {
	case q.chunked:
		headers += "Transfer-Encoding: chunked\r\ncontent-length: 0\r\nExpect: 100-continue\r\n"
		body = "0\r\n\r\n"
		if q.body != "" {
			body = fmt.Sprintf("%x\r\n%s\r\n", len(q.body), q.body) + body
		}
	case q.method == "PUT":
		headers += fmt.Sprintf("Content-Length: %d\r\nExpect: 100-continue\r\n", len(q.body))
	}
	signature := signV2(who.keys.SecretKey, q.method+"\n"+sum+"\n\n"+date+"\n"+amz+q.signed)
	return fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n%sdate: %s\r\nAuthorization: AWS %s:%s\r\n\r\n%s",
		q.method, q.path, host, headers, date, who.keys.AccessKey, signature, body)
}

// signV2 is Signature Version 2 of S3.
func signV2(secret, text string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
