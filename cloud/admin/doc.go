// Package admin is the door for whoever runs a cloud: accounts and what they
// prove themselves with, over a unix socket in the data directory. Both ends are
// here: [Server] in the cloud's process, [Client] for the commands.
//
//	DIR/admin.sock     mode 0600: who may open it is the cloud's owner, or root
//	POST /NAME         one method of [Users] each, such as /add-user
//	                   request and answer are one JSON value
//
// The file's mode is the only credential, so nothing of this is ever reachable
// over a network. A socket that a killed cloud left behind is replaced: the lock
// of the data directory proves that nobody listens on it any more.
package admin
