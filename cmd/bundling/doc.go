// Package bundling is the family of commands that turn images into bundles and
// back, without any cloud: bundle-image and unbundle. In the dialects of
// euca2ools and ec2-ami-tools they take the options, print the lines and return
// the exit codes of those.
package bundling
