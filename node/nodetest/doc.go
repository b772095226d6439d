// Package nodetest is what every way to drive a node has to fulfil, in code:
// [Run] is the suite for a node in the same program and for one behind a
// network alike. [Store] is an object store that serves bundles to it.
package nodetest
