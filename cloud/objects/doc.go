// Package objects is the object store of the embedded cloud: buckets, the
// objects in them, and every decision about who may read or change them.
//
// What is known of an object is a row in the cloud's database; its bytes are a
// file beside it, which is written once and never changed:
//
//	DIR/objects/tmp/VERSION     bytes that are still arriving
//	DIR/objects/ab/VERSION      bytes of a version whose id begins with ab
//
// A Put makes a file, flushes it, and then records it: the row decides which
// version an object has, so a reader sees the old bytes or the new ones and
// never a mixture. Files that no row names are left over from an interruption
// and are removed at the next start. The names of objects never reach the file
// system.
package objects
