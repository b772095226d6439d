// Package reach says in words what kept a request from its service: a server that
// is not there, one that speaks TLS where plain HTTP was spoken or the other way
// round, a certificate that is not trusted, or something else that answers at the
// address. The clients of EC2 and of the object store share it, so that both say
// the same.
package reach
