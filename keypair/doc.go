// Package keypair reads the two halves of a key pair for logging in to instances,
// and computes the fingerprints that EC2 shows of them.
//
//	                     RSA                                  ED25519
//	made by the cloud    SHA-1 of the private half, PKCS#8    SHA-256 of the SSH blob
//	imported             MD5 of the public half, X.509        SHA-256 of the SSH blob
//
// SHA-1 and MD5 are written in hexadecimal with colons, SHA-256 in base64. Source:
// "Verify the fingerprint of your key pair" in the User Guide of Amazon EC2.
//
// A [Public] is the public half, a [Private] has both. Other kinds of keys are
// refused, as by EC2.
package keypair
