// Package access holds the commands about key pairs, by which a user gets into
// his instances: create-keypair, delete-keypair and describe-keypairs.
package access
