// Package emikit is the root of the module; it holds no code, only the test
// that keeps the layout true. Read the packages in the order in which an
// image travels:
//
//	imagefile   opens the image: raw, qcow2, standard input
//	volume      the files of a machine become an image that is made while it is read
//	bundle      image → tar → gzip → AES → parts, and back
//	manifest    the signed XML document that describes a bundle
//	upload      parts and manifest to and from an object store
//	register    a bundle in a bucket becomes an EMI, EKI or ERI
//	ec2         the EC2 Query protocol, client and wire types
//	cloud       the embedded cloud: doors (api, walrus), services, state
//	node        a compute node and its hypervisors
//	cmd         the commands, one file each, thin over the packages above
package emikit
