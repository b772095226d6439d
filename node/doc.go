// Package node is a compute node: it fetches the images of an instance,
// verifies and unpacks them, starts the instance on a [Hypervisor], watches
// it, and ends it.
//
// The nouns:
//
//	Spec        all that a node is told about one instance
//	Artifact    a bundle to fetch: part URLs, digests, enveloped key and IV
//	Machine     what a hypervisor is given: files, arguments, a console
//	Guest       a machine that a hypervisor started
//	Start       what is else when a stopped instance is started again
//	Status      what a node reports: capacity, and each instance's state
//
// # States
//
//	pending ──► running ──► shutting-down ──► terminated
//	   │           └───────────────────────────────▲
//	   ◄─ stopped ◄─ stopping ◄─ running
//
// An instance that ends without having been asked to goes to terminated
// directly; one that is to be ended goes to shutting-down from every state. A stopped
// instance has no machine, but its disks: started again, it is pending, and boots from
// them. A terminated instance always has a reason. It is reported, and its
// console kept, for an hour; then it is forgotten.
//
// # The node's directory
//
//	lock                      locked while a node has the directory
//	cache/KEY/image           an unpacked image; KEY is its manifest's SHA-256;
//	                          the longest unused go when the disk is full
//	instances/ID/spec.json    the Spec without URLs and keys
//	instances/ID/state.json   state, reason and time
//	instances/ID/root         the machine image; also kernel and ramdisk
//	instances/ID/console.log  the end of the console's output
//
// What is in cache under another name than image is left from an interrupted
// fetch, and is removed when a node opens the directory. Instances found there
// are adopted: those that ran run on. Those that were pending are forgotten, for
// the URLs and keys they were fetched with are not kept: whoever asked for them
// sees that the node does not report them, and asks again.
package node
