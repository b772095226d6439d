// Package clitest runs commands against recorded exchanges: what euca2ools was
// answered is answered again, and what a command sends and prints is compared
// with what euca2ools sent and printed. Only tests import it.
package clitest
