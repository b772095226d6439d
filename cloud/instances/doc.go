// Package instances runs instances: it admits requests, records them, has
// compute nodes carry them out, and keeps what is recorded in step with what
// the nodes report.
//
// The nouns:
//
//	Reservation   what one request started: r-…, its groups, its instances
//	Instance      i-…, its images, type, addresses, state and reason
//	Node          one compute node, as this package drives it
//
// # From request to instance
//
// [Service.Run] checks the request, and then in one transaction claims room on
// nodes, takes addresses and records the reservation and its instances as
// pending. What it has returned survives a crash. No node has been asked yet.
//
// # Keeping in step
//
// One watch per node asks for the node's status again and again, waiting for it
// to change, and compares it with what is recorded:
//
//	recorded        node reports       what is done
//	pending         nothing            launched, if it was not in this run
//	pending         running            recorded
//	any             terminated         recorded, with the node's reason
//	shutting-down   anything alive     the node is asked to end it
//	shutting-down   nothing            recorded as terminated
//	running         nothing            after a grace period recorded as terminated
//	stopping        running            the node is asked to stop it
//	stopping        stopped            recorded
//	stopped         nothing            after a grace period recorded as terminated
//	pending         stopped            the node is asked to start it again
//	terminated, -   anything alive     the node is asked to end it
//
// Nothing else launches or ends an instance: a request only changes what is
// recorded and wakes the watch. So a restart needs no special case, and a
// failure is tried again when the node is looked at next.
//
// Room and addresses are given back when an instance is recorded as
// terminated or stopped, the addresses in the same transaction; a stopped instance
// keeps the room of its disk. Terminated instances stay
// listed for a while and then vanish.
package instances
