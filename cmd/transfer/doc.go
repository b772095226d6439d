// Package transfer holds the commands that move bundles to and from an object
// store (upload-bundle, download-bundle, delete-bundle) and from one to another
// (copy-bundle, migrate-bundle), and those that bundle or
// unbundle on the way (bundle-and-upload-image, download-and-unbundle), or register
// what was sent as well (install-image).
//
// Verify and inspect look at bundles in a store or on disk.
package transfer
