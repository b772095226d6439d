// Package metadata answers the questions an instance asks about itself: the
// EC2 instance metadata and user data, over HTTP without authentication.
//
// An [Instance] holds everything that can be asked. [Get] is the whole tree as
// a function of an instance and a path; [NewHandler] serves it, and learns who
// asks from the connection's source address through a [Source], never from
// anything the request says.
//
// # The tree
//
// Content is the same under /latest, /1.0 and every version written as a date
// (/2008-02-01). Under meta-data are the nineteen keys of Eucalyptus 1.4, by
// their exact names:
//
//	ami-id                 hostname           placement/
//	ami-launch-index       instance-id        product-codes
//	ami-manifest-path      instance-type      public-hostname
//	ancestor-ami-ids       kernel-id          public-ipv4
//	block-device-mapping   local-hostname     public-keys/
//	ramdisk-id             local-ipv4         reservation-id
//	security-groups
//
// and mac, which later versions added.
//
// # Choices where systems differ
//
// The nineteen names are always listed, whatever the instance has, because
// scripts walk the listing; a name that has no value answers with the empty
// string and status 200. That holds for kernel-id and ramdisk-id (Eucalyptus
// 2.0 leaves them out) and for product-codes (1.4 says "not yet supported.",
// which no parser of codes expects). Three keys differ on purpose:
//
//   - ancestor-ami-ids is "none" without ancestors, as in 1.4: later versions
//     list the ids, one per line, and so does this package when there are any;
//   - security-groups has one name per line, as in 1.6 and on EC2 (1.4 sends
//     the bracketed list of its programming language);
//   - public-keys/ is empty, and its entries are not found, when the instance
//     was started without a key pair.
//
// hostname and public-hostname are the public address, local-hostname the
// private one, as in Eucalyptus 1.4 to 2.x, where no names exist; an instance
// without a public address answers with its private one. Bodies carry no
// trailing newline (1.6 and later). Listings are sorted. block-device-mapping
// is listed by its old name, without a slash, though it leads further. Every
// path is accepted with and without a trailing slash. User data is sent byte
// for byte, and is not found (404) when the instance has none. Unknown paths
// and unknown callers are 404 with a body of one line.
package metadata
