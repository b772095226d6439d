// Package lockfile keeps runs that write the same files from meeting: a bundle, its
// download and the image that is unpacked from it are each written by one run at a
// time under one name in one directory.
//
// A [Lock] is a hidden file beside what it protects. It disappears with its holder,
// or keeps nobody out when its holder was killed. [Hold] and [RemoveUnheld] do the
// same for files that are being written under a name that is not yet theirs.
package lockfile
