// Package identity keeps who there is in the embedded cloud and what they prove
// themselves with: accounts, their access keys (for signed requests), their
// X.509 certificates (for signed bundles), their passwords (for people) and their
// EC2 key pairs (for logging in to instances). It also owns the cloud's own keys, which are separate for
// separate purposes and made at the first start:
//
//	DIR/keys/cloud-pk.pem       opens bundle envelopes; RSA, never leaves the front end
//	DIR/keys/cloud-cert.pem     the cloud certificate that bundles are sealed to
//	DIR/keys/node-ca-pk.pem     signs the certificates of nodes
//	DIR/keys/node-ca-cert.pem
//	DIR/keys/server-pk.pem      TLS of the front end
//	DIR/keys/server-cert.pem    signed by itself: clients pin this one certificate
//
// Accounts, access keys, certificates and public halves of key pairs are in the
// cloud's database. Access keys are there in clear, as checking an HMAC needs
// them so; the database is readable to its owner only. Of passwords it has argon2id hashes.
package identity
