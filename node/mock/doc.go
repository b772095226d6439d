// Package mock is the hypervisor that runs nothing. It looks at the files of
// an instance as a hypervisor would find them, writes what they are to the
// console, and says there that nothing was run. Everything before it, from the
// bundle to the instance's folder, is as real as with any other.
package mock
