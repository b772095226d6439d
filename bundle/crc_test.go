package bundle

import (
	"hash/crc32"
	"testing"
)

func TestAppendCRC(t *testing.T) {
	data := make([]byte, 3*blockSize)
	for i := range data {
		data[i] = byte(i * i >> 7)
	}
	for _, cut := range []int{0, 1, 7, 512, blockSize, blockSize + 3, len(data)} {
		got := appendCRC(crc32.ChecksumIEEE(data[:cut]), crc32.ChecksumIEEE(data[cut:]), int64(len(data)-cut))
		if want := crc32.ChecksumIEEE(data); got != want {
			t.Errorf("cut at %d: got %08x, want %08x", cut, got, want)
		}
	}
}
