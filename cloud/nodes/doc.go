// Package nodes is the register of the cloud's compute nodes: which there are,
// in which zone, whether they answer, what they have free, and where the next
// instances go.
//
// A [Service] drives no node. What drives them reports here what each node
// says about itself ([Service.Observe]) or that it does not answer
// ([Service.Lost]), and asks here for room ([Service.Place]).
//
// # Room
//
// A node's own figures lag behind: an instance that was placed a moment ago is
// not in them yet. So every placed instance holds a claim until
// [Service.Release], and
//
//	free = what the node last reported free
//	     − the claims of instances that this report does not yet count
//
// An instance that has stopped claims its disk and nothing else ([Service.Suspend]),
// until it is to start again ([Service.Resume]).
//
// Placing looks and claims in one step, so requests at the same time cannot be
// given the same room.
package nodes
