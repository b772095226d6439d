// Package bundle turns an image into the parts of a bundle and the parts back
// into the image: the road that every byte takes.
//
//	image ─→ tar ─→ SHA-1 ─→ gzip (blocks in parallel) ─→ AES-128-CBC ─→ parts ─→ Sink
//
//	image ←─ tar ←─ SHA-1 ←─ gunzip (pieces in parallel) ←─ AES-128-CBC (blocks in parallel) ←─ parts ←─ Source
//
// The nouns:
//
//	block   up to 1 MiB of a stream, owned by one stage at a time
//	piece   what a block has become in the gzip stream, if it can be inflated alone
//	stage   a goroutine (or a pool of them) that takes blocks in and passes them on
//	Sink    where parts go: a directory ([DirSink]) or a bucket
//	Source  where parts come from: a directory ([Dir]) or a bucket
//
// [Create] and [Unbundle] each run one pipeline of stages. A fixed number of
// blocks circulates in it, so memory does not depend on the size of the image.
// Every stage stops when the context ends or another stage fails, and both
// functions return only after all their goroutines have.
//
// A part is checked against its digest, and the stream against the image's, but
// a stream is passed on before its end has been seen. What [Unbundle] has written
// is therefore worth nothing until it returns nil; [UnbundleFile] keeps it out of
// sight until then. Whether the manifest's signature is good is for the caller to
// ask (manifest.VerifySignature), before the first byte is fetched.
package bundle
