package imagefile

import (
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
	"github.com/lima-vm/go-qcow2reader/image/qcow2"
	"github.com/lima-vm/go-qcow2reader/log"
)

// configureLibrary teaches the qcow2 library what it can only be taught once
// for the whole program: zstd, decompressors that return a whole cluster from
// one Read (it calls Read once, and unpacks from the start again for what is
// missing), and to keep its warnings to itself.
var configureLibrary = sync.OnceFunc(func() {
	qcow2.SetDecompressor(qcow2.CompressionTypeZlib, func(r io.Reader) (io.ReadCloser, error) {
		return fullReader{flate.NewReader(r)}, nil
	})
	qcow2.SetDecompressor(qcow2.CompressionTypeZstd, openZstd)
	log.SetWarnFunc(func(string) {})
})

// openZstd reads one frame; what follows it belongs to other clusters. Memory
// is bounded by the largest cluster, not by what the frame asks for.
func openZstd(r io.Reader) (io.ReadCloser, error) {
	d, err := zstd.NewReader(r,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(4<<maxClusterBits))
	if err != nil {
		return nil, err
	}
	return fullReader{d.IOReadCloser()}, nil
}

// fullReader fills what it is given, as far as the stream goes. What comes
// after the bytes asked for is not looked at.
type fullReader struct{ io.ReadCloser }

func (f fullReader) Read(p []byte) (int, error) {
	return io.ReadFull(f.ReadCloser, p)
}
