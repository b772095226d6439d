// Package transfer holds the commands that move bundles to and from an object
// store: upload-bundle and download-bundle.
package transfer
