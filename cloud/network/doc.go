// Package network keeps the cloud's security groups and the addresses of its
// instances.
//
// Addressing is that of Eucalyptus' MANAGED mode. Each security group has a
// VLAN of its own, the lowest free from 10 up, and VLAN v has the v−2th slice
// of the private subnet:
//
//	10.0.0.0/8, 64 addresses per network
//	VLAN 10  →  10.0.2.0/26   .0 network  .1 router  .2 – .62 instances  .63 broadcast
//	VLAN 11  →  10.0.2.64/26  …
//
// Every instance gets the lowest free private address of its group's slice and
// the lowest free public address of one [Pool] that all groups share. The
// default pool lies in 127.0.0.0/8, all of which belongs to every Linux host:
// its addresses can be reached without setting anything up.
//
// [Service.Allocate] and [Service.Release] work inside the transaction that
// records or ends the instance, so that no crash can leak an address.
package network
