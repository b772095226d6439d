// Package completion finishes command lines for bash, zsh and fish: options and
// commands, which cobra knows, and their values, which a table here knows by the names
// of options and the words of usage lines. Ids, buckets and names are asked of the
// cloud that the command line so far, the environment and the files mean, within
// [Within]; where it does not answer there is nothing to choose from, and nothing is
// said. The links to the program (euca-register …) are finished in the same way.
package completion
