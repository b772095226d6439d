// Package sign makes and checks the request signatures of the EC2 Query and S3
// protocols: Signature Version 4 and Version 2, in headers and in presigned
// URLs. The client side is V4, PresignV4, V2Query, V2S3 and PresignV2S3; the
// server side is a Verifier.
//
// All of it works on a method, a host, a path, a query and some headers:
//
//	request ─ canonical form ─ string to sign ─ HMAC(secret key) ─ signature
//
// Nothing here reads a request's body. Signature Version 4 covers the body
// through its SHA-256, the payload hash, which the caller gives when signing.
// When verifying, Verifier.Query is given the body, and Verifier.S3 returns the hash
// that was signed, to be compared with the body as it is read; or, for a body
// whose chunks are signed one by one, the Chunks that check them.
//
// Signature Versions 0 and 1 are refused: an attacker can move the boundaries
// between their parameters without changing the signature.
package sign
