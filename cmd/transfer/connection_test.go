package transfer

import (
	"slices"
	"testing"

	"emikit/cmd/cli"
)

// TestEveryCommandTakesAConnection: the native commands say in the same options where
// the object store is, who asks, and which bucket is meant.
func TestEveryCommandTakesAConnection(t *testing.T) {
	for _, cmd := range Commands(cli.New("test")) {
		fl := cmd.Flags()
		for letter, name := range map[string]string{
			"b": "bucket", "U": "url", "a": "access-key", "I": "access-key-id", "s": "secret", "S": "secret-key",
		} {
			if flag := fl.ShorthandLookup(letter); flag == nil || flag.Name != name {
				t.Errorf("%s: -%s: got %v, want --%s", cmd.Name(), letter, flag, name)
			}
		}
		for _, name := range []string{"region", "security-token", "sigv", "ca-bundle", "no-verify-ssl", "retries"} {
			if fl.Lookup(name) == nil {
				t.Errorf("%s: there is no --%s", cmd.Name(), name)
			}
		}
		makes := []string{"bundle-and-upload-image", "install-image", "doctor"}
		if flag := fl.ShorthandLookup("m"); flag == nil && !slices.Contains(makes, cmd.Name()) {
			t.Errorf("%s: there is no -m", cmd.Name())
		}
	}
}
