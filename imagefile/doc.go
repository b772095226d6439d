// Package imagefile opens the input of a bundle: a raw disk image, a block
// device, a qcow2 file (whose virtual disk is what is read), or a stream of
// known length such as standard input.
//
// An [Image] is read from front to back, once. It knows its size beforehand,
// tells where runs of zero bytes lie that need not be read (holes of sparse
// files, unallocated clusters of qcow2 files), and fails instead of returning
// [io.EOF] when what was read is not what was promised: a stream that ended
// early or went on, or a file that changed while it was read.
package imagefile
