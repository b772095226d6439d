// Package dirlock keeps two programs from using one directory at the same time,
// and tells whether the last one to use it had put it in order.
//
//	DIR/lock           locked, and holds the process id, while somebody has DIR
package dirlock
