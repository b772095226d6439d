// Package objects is the object store of the embedded cloud: buckets, the
// objects in them, and every decision about who may read or change them.
//
// What is known of an object is a row in the cloud's database; its bytes are a
// file beside it, which is written once and never changed:
//
//	DIR/objects/tmp/FILE     bytes that are still arriving
//	DIR/objects/ab/FILE      bytes that are all there, in a file whose id begins with ab
//
// A Put makes a file, flushes it, and then records it: the row decides which
// version an object has, so a reader sees the old bytes or the new ones and
// never a mixture. Files that no row names are left over from an interruption
// and are removed at the next start. The names of objects never reach the file
// system.
//
// A multipart upload stores each of its parts as a Put stores an object: a
// file, and then a row for it. Completing the upload copies nothing. One
// transaction makes the upload's id the version of the object, and its parts
// the parts of that version; Open then reads the files one behind the other,
// and finds any offset by a binary search over their sizes. So an upload of any
// size is completed as fast as its parts can be listed, needs no second copy of
// the bytes on the disk, and has no state between under way and done that an
// interruption could leave. Joining the files into one would be none of these,
// and is more to get right. The price is that a version can be many files:
// those that somebody still reads are removed after the last reader has closed.
package objects
