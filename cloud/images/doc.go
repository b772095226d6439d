// Package images is the cloud's register of images: it turns a bundle in a
// bucket into an EMI, EKI or ERI, checks that the bundle is whole and can be
// recovered, keeps who may run the image, and hands a node what it needs to
// fetch it.
//
// The nouns:
//
//	Image        one registration: id, location, kind, state
//	location     "bucket/key" of the manifest; parts lie beside it
//	check        recovering the whole image once, to know that it can be run
//	turn         an account's place among those that have a bundle checked
//	Permissions  who besides its owner may run an image
//	Selection    the images that one launch uses: machine, kernel, ramdisk
//
// What happens at registration:
//
//	manifest ── parse ── signature ── sizes and digests of the parts ── check
//	              │           │                    │                      │
//	            refused    refused              refused          available or refused,
//	                       or marked                             or pending at the end
//	                                                             of the budget
//
// A check that outlives the budget goes on in the background, also after a
// restart, and ends with the image available, or failed with a reason. An
// account has one bundle checked at a time and a few waiting; accounts take
// turns.
//
// # Signatures
//
// By default a manifest must be signed by a certificate that counts for the
// account that registers it: without one nobody vouches that the account also
// made the bundle. A cloud may take any signature, or none; an image that nobody
// vouches for is then marked for good. The policy is about registering: images
// that are there stay.
//
// # Whose an image is
//
// Its owner and administrators change an image and read its attributes; the
// others see it, when it is available, if it is public or permitted to them, and
// may run it then. To everybody else it does not exist: each refusal is the one
// for an id that was never given out.
//
// # What registration tells about the cloud's key
//
// Registering decrypts, with the cloud's key, what anybody has sent. It must not
// answer questions about that key, or an attacker could have other people's
// envelopes opened guess by guess. So
//
//   - an envelope is opened in a time that does not depend on what is in it, and
//     a bad one opens to a key of its own, the same each time, which nobody can
//     foresee (manifest.OpenCloudKey). Guesses at an envelope that differ in
//     whether it is well formed differ in nothing that follows;
//   - whatever fails from there on (padding, gzip, tar, size, digest) is one and
//     the same error with one text, in answers, listings, the database and the
//     log. What does not depend on the decrypted key (signature, missing part,
//     size, digest of a part) is told precisely, before the key is used;
//   - a recovery that has failed reads the parts to their end, like one that has
//     not, and takes whole seconds;
//   - an account whose bundles cannot be recovered has ten tries, then ten a
//     minute, administrators too: the key is the cloud's, not theirs.
//
// What remains: how many whole seconds a failed recovery took, which shows
// roughly how much of a stream was unpacked before the fault, to somebody who
// has altered a bundle whose key he does not know; and the load on the machine
// meanwhile. The tries are counted in memory, so a restart forgets them. And
// that a bundle can be recovered is no secret at all: whoever can read
// somebody's manifest and parts can sign them anew, register them as his own and
// run them. The format binds an envelope to a cloud, not to an account; what
// protects a bundle from other users of its cloud is that its bucket is private.
package images
