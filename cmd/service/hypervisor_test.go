package service

import (
	"crypto/rsa"
	"crypto/x509"
	"log/slog"
	"strings"
	"testing"
)

// Whoever runs the cloud learns from the log what runs the instances, and why.
func TestHypervisorIsLogged(t *testing.T) {
	for kind, want := range map[string]string{
		"auto": `hypervisor=mock cause="the only one in this build; it boots nothing"`,
		"mock": `hypervisor=mock cause="asked for with --hypervisor; it boots nothing"`,
	} {
		var log strings.Builder
		flags := cloudFlags{dir: t.TempDir(), hypervisor: kind, maxCores: 1}
		config, err := flags.config(slog.New(slog.NewTextHandler(&log, nil)))
		if err != nil {
			t.Fatal(err)
		}
		n, err := config.NewNode(t.Context(), flags.dir, &rsa.PrivateKey{}, &x509.Certificate{})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), want) {
			t.Errorf("--hypervisor %s: got log %q, want %s", kind, log.String(), want)
		}
	}
}
