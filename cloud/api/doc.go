// Package api is the cloud's EC2 door: the Query protocol, by POST or GET.
//
//	request ─ form ─ signature ─ action ─ service ─ response or error document
//
// The door parses, authenticates, calls one service and answers. What is
// allowed, and what happens, is decided by the services; the interfaces in this
// package are all that the door knows of them. What it cannot pass on to a
// service (a volume, a filter nobody knows) it refuses: nothing that a client
// asks for is silently dropped. The few parameters that are accepted without
// effect stand in one list, in parameters.go, and each use of them is logged.
//
// errors.go holds the one table that gives a service's error its EC2 code.
package api
