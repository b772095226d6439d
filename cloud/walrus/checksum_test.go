package walrus

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

// TestChecksums uses the published check values, which are of the digits 1 to
// 9: those of the CRCs from the Catalogue of parametrised CRC algorithms
// (CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME).
func TestChecksums(t *testing.T) {
	for name, want := range map[string]string{
		"crc32":     "cbf43926",
		"crc32c":    "e3069283",
		"crc64nvme": "ae8b14860a799888",
		"sha1":      "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
		"sha256":    "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
	} {
		sum, err := parseAlgorithm(strings.ToUpper(name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := sum.Of([]byte("123456789"))
		if raw, _ := base64.StdEncoding.DecodeString(got.Value); err != nil || hex.EncodeToString(raw) != want {
			t.Errorf("%s: got %v, %v, want %s", name, got, err, want)
		}
	}
	if _, err := parseAlgorithm("md4"); err == nil {
		t.Error("md4 was accepted")
	}
}
