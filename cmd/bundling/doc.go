// Package bundling is the family of commands that turn images into bundles and
// back, and bundles of one cloud into those of another: bundle-image, unbundle,
// unbundle-stream and migrate-manifest. They need no cloud, but for looking up what migrate-manifest is
// asked to. In the dialects of
// euca2ools and ec2-ami-tools they take the options, print the lines and return
// the exit codes of those.
package bundling
