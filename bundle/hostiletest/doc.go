// Package hostiletest is what a stranger may hand over, in code: bundles that
// differ from a good one by exactly one fault, and what each reader has to answer.
//
// The nouns:
//
//	Vector   a fault with a name, and the answers to it
//	Item     what a vector is an example of; TestEveryItemHasAVector holds the list
//	Bundle   what a vector gives: a manifest, the files of its parts, and the fields
//	         for a reader that gets those instead of a document, which a node is
//	Answer   what the cloud says to a registration, or a node to a launch
//
// A bundle is made anew whenever it is asked for, of one image, with keys that are
// always the same, so its bytes are always the same too. A fault is put in at one
// of the stages
//
//	image → tar stream → gzip → padding → parts → fields → document → signature
//
// and everything after it is done rightly: digests and signature fit what is
// there, so that nothing but the fault can be the reason of a refusal.
//
// The suites that range over the vectors are those of the library (package bundle),
// the commands (cmd/emikit), registration (cloud/images) and the node.
package hostiletest
