// Package images is the cloud's register of images: it turns a bundle in a
// bucket into an EMI, EKI or ERI, checks that the bundle is whole and can be
// recovered, and hands a node what it needs to fetch it.
//
// The nouns:
//
//	Image      one registration: id, location, kind, state
//	location   "bucket/key" of the manifest; parts lie beside it
//	check      recovering the whole image once, to know that it can be run
//	Selection  the images that one launch uses: machine, kernel, ramdisk
//
// What happens at registration:
//
//	manifest ── parse ── signature ── sizes and digests of the parts ── check
//	              │           │                    │                      │
//	            refused    refused              refused          available or refused,
//	                                                             or pending at the end
//	                                                             of the budget
//
// A check that outlives the budget goes on in the background, also after a
// restart, and ends with the image available, or failed with a reason.
//
// Registration must not answer questions about keys. The envelope is opened
// by a constant-time routine that goes on with a random key when the padding
// is wrong, and whatever fails from there on (padding, gzip, tar, digest) is
// one and the same error with one text. What does not depend on the decrypted
// key (signature, missing part, size, digest of a part) is told precisely.
//
// An unsigned manifest is refused unless the cloud is configured to take it:
// without a signature nobody vouches that the account which registers the
// bundle also made it. Bundle again with the private key.
package images
