// Package access holds the commands about getting into instances: key pairs, the
// security groups that let traffic in, and addresses to keep. Their options, requests
// and records are those of euca2ools 3.4.1, in the era of 2.x those of 2.0.
package access
