// Package uec has the commands that publish: a file, or a kernel, a ramdisk and an
// image together, go into a bucket, are registered, and others are let run them. They
// take the place of uec-publish-image and uec-publish-tarball of Ubuntu's cloud-utils,
// called cloud-publish-image and cloud-publish-tarball later, with the same options,
// arguments and output.
package uec
