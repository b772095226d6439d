package sign

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// chunkedExample is the request of the two examples in the S3 API reference,
// "Transferring Payload in Multiple Chunks" and "Including Trailing Headers":
// 66560 times the letter a, in chunks of 64 KiB.
func chunkedExample(t *testing.T, payload, signed, seed string, headers ...string) *http.Request {
	r := request(t, "PUT", "https://s3.amazonaws.com/examplebucket/chunkObject.txt", "", append([]string{
		"X-Amz-Date", "20130524T000000Z",
		"X-Amz-Storage-Class", "REDUCED_REDUNDANCY",
		"X-Amz-Content-Sha256", payload,
		"Content-Encoding", "aws-chunked",
		"X-Amz-Decoded-Content-Length", "66560",
		"Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=" +
			signed + ",Signature=" + seed,
	}, headers...)...)
	return r
}

type chunkExample struct {
	name    string
	request func(*testing.T) *http.Request
	chunks  []string // signatures
	trailer string   // canonical
	last    string   // the signature of the trailer
}

func chunkExamples() []chunkExample {
	return []chunkExample{{
		name: "chunks",
		request: func(t *testing.T) *http.Request {
			return chunkedExample(t, StreamingPayload,
				"content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class",
				"4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", "Content-Length", "66824")
		},
		chunks: []string{
			"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
			"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
			"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
		},
	}, {
		name: "chunks and trailer",
		request: func(t *testing.T) *http.Request {
			return chunkedExample(t, StreamingPayloadTrailer,
				"content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer",
				"106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", "X-Amz-Trailer", "x-amz-checksum-crc32c")
		},
		chunks: []string{
			"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
			"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
			"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
		},
		trailer: "x-amz-checksum-crc32c:sOO8/Q==\n",
		last:    "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
	}}
}

func examplePayloads() [][32]byte {
	return [][32]byte{
		sha256.Sum256([]byte(strings.Repeat("a", 65536))),
		sha256.Sum256([]byte(strings.Repeat("a", 1024))),
		sha256.Sum256(nil),
	}
}

func exampleChunks(t *testing.T, e chunkExample) *Chunks {
	t.Helper()
	r := e.request(t)
	id, err := verifyS3Hosted(t.Context(), r, "", lookupOf(docsKey), time.Date(2013, 5, 24, 0, 0, 0, 0, time.UTC))
	if err != nil || id.Chunks == nil {
		t.Fatalf("%s: got %+v, %v", e.name, id, err)
	}
	return id.Chunks
}

func TestChunkExamples(t *testing.T) {
	for _, e := range chunkExamples() {
		c := exampleChunks(t, e)
		for i, sum := range examplePayloads() {
			if err := c.Chunk(sum, e.chunks[i]); err != nil {
				t.Errorf("%s: chunk %d: %v", e.name, i, err)
			}
		}
		if e.trailer != "" {
			if err := c.Trailer(e.trailer, e.last); err != nil {
				t.Errorf("%s: trailer: %v", e.name, err)
			}
		}
	}
}

func TestChunkRefusals(t *testing.T) {
	sums := examplePayloads()
	for _, e := range chunkExamples() {
		wantCode(t, exampleChunks(t, e).Chunk(sums[1], e.chunks[0]), "SignatureDoesNotMatch")
		wantCode(t, exampleChunks(t, e).Chunk(sums[1], e.chunks[1]), "SignatureDoesNotMatch")
		wantCode(t, exampleChunks(t, e).Chunk(sums[0], ""), "SignatureDoesNotMatch")
		wantCode(t, exampleChunks(t, e).Chunk(sums[0], e.chunks[0][:62]), "SignatureDoesNotMatch")
		wantCode(t, exampleChunks(t, e).Chunk(sums[0], strings.Repeat("x", 64)), "SignatureDoesNotMatch")
		wantCode(t, exampleChunks(t, e).Trailer(e.trailer, e.last), "SignatureDoesNotMatch")
	}
}

// Only bodies whose headers say so have signed chunks.
func TestChunksOnlyWhereSigned(t *testing.T) {
	now := time.Now()
	for _, payload := range []string{UnsignedPayload, StreamingUnsignedTrailer, HashPayload(nil), StreamingPayload, StreamingPayloadTrailer} {
		r := request(t, "PUT", "https://s3.amazonaws.com/b/k", "")
		if err := V4(r, docsKey, Scope{"us-east-1", "s3"}, payload, now); err != nil {
			t.Fatal(err)
		}
		id, err := verifyS3(t.Context(), r, lookupOf(docsKey), now)
		want := payload == StreamingPayload || payload == StreamingPayloadTrailer
		if err != nil || (id.Chunks != nil) != want {
			t.Errorf("%s: got %v, %v; want chunks: %v", payload, id.Chunks, err, want)
		}
		if shown := fmt.Sprintf("%+v %#v", id, id); strings.Contains(shown, docsKey.SecretKey) {
			t.Errorf("%s: the secret is shown: %s", payload, shown)
		}
	}
}
