// Package volume turns a mounted volume, or any directory, into the image of a
// filesystem that holds the same files, for a machine to boot from.
//
//	Open ─► Volume ── Rules ──► Scan ─► Tree ── Build ──► Image: what reads it makes it
//
// A [Volume] is a directory and what is mounted on and below it. [Rule]s say what of it
// stays away. A [Tree] is what is left, and a list of what a rule took that nobody may
// expect. An [Image] is a disk with that tree on it; its bytes come from the files
// themselves when it is read, so no room is needed for it and nothing is mounted.
//
// The volume is in use meanwhile. What was seen by Scan is what the image has: a file
// that has grown since is cut, one that has shrunk or gone is filled up with zeros and
// named in the end ([Image.Changed]). A link that is put in the way of a path while it
// is read leads nowhere.
package volume
