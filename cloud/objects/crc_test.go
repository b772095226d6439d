package objects

import (
	"encoding/base64"
	"testing"
)

// A CRC of parts is that of their bytes, whatever their sizes are.
func TestJoinCRC(t *testing.T) {
	body := make([]byte, 70_001)
	for i := range body {
		body[i] = byte(i * i >> 3)
	}
	for _, a := range []Algorithm{CRC32, CRC32C, CRC64NVME} {
		sum := func(b []byte) Checksum {
			h, err := a.hash()
			if err != nil {
				t.Fatal(err)
			}
			h.Write(b)
			return Checksum{a, base64.StdEncoding.EncodeToString(h.Sum(nil))}
		}
		for _, cuts := range [][]int{{0}, {1}, {65_536}, {3, 3, 40_000}, {1, 2, 3, 4, 70_001}} {
			var parts []Part
			begin := 0
			for _, end := range append(cuts, len(body)) {
				parts = append(parts, Part{Size: int64(end - begin), Checksum: sum(body[begin:end])})
				begin = end
			}
			got, err := joinedChecksum(a, true, parts)
			if want := sum(body); err != nil || got != want {
				t.Errorf("%s cut at %v: got %+v, %v, want %+v", a, cuts, got, err, want)
			}
		}
	}
}
