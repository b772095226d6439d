// Package fetch brings an input that lies at a URL to a file. What a server sends is
// bounded in size and may not stall; the file appears under its name only when all of
// it is there.
package fetch
