// Package transfer holds the commands that move bundles to and from an object
// store: upload-bundle, download-bundle, and bundle-and-upload-image, which bundles
// on the way.
package transfer
