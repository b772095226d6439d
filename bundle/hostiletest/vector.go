package hostiletest

import "slices"

// Vector is a bundle with one fault and what has to be answered to it.
type Vector struct {
	// Name says what is wrong, and names the vector in tests.
	Name string
	// Item is what it is an example of.
	Item Item

	// Err is what reading it comes to for someone who holds the user's key: an
	// error of package manifest or bundle; nil when the bundle is taken, which a
	// few are that only look wrong.
	Err error
	// Says must stand in the line that a user of the command line reads.
	Says string
	// Signature is what verifying it with the user's certificate comes to, where
	// Err is nil.
	Signature error

	// Registration is the cloud's answer to the user, who has UserCertificate.
	Registration Answer
	// Node is the answer to whom launches an instance with these fields.
	Node Answer

	fault fault
}

// Answer is what a cloud or a node says.
type Answer string

// The answers.
const (
	// Taken: the image is registered, the instance runs.
	Taken Answer = "taken"
	// BadManifest: the document cannot be read, or what it says cannot be.
	BadManifest Answer = "bad manifest"
	// BadSignature: nobody whose signature counts has signed it.
	BadSignature Answer = "bad signature"
	// BadParts: a part is missing or is not what the manifest says. Everybody can
	// see that, so the answer says which and why.
	BadParts Answer = "bad parts"
	// Sealed: something that depends on the decrypted key. All of these are
	// answered with one and the same text.
	Sealed Answer = "sealed"
	// BadSpec: a node refuses the specification before it does anything.
	BadSpec Answer = "bad specification"
	// Unsent: the fields of a specification cannot have this fault. What has it is
	// refused at registration and never comes to a node, or does not concern one.
	Unsent Answer = "unsent"
)

// Vectors returns all of them.
func Vectors() []Vector {
	return slices.Concat(
		imageNames(), partNames(), numbers(), sizes(), missing(), digests(), // fields
		documents(), others(), encrypted(), sections(), // the document as such
		signatures(), envelopes(),
		members(), memberKinds(), memberNames(), overrides(), longNames(), headers(), // the tar stream
		sparseMaps(), sparseBombs(), sparsePAX(), sparseOlderPAX(),
		gzips(), gzipHeaders(), paddings(), parts(), otherParts(),
	)
}
