package service

import (
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"emikit/cloud"
	"emikit/cmd/cli"
)

// configOf is the cloud that a command line asks for.
func configOf(t *testing.T, args ...string) (cloud.Config, error) {
	t.Helper()
	var f cloudFlags
	flags := pflag.NewFlagSet("cloud", pflag.ContinueOnError)
	f.addTo(flags)
	if err := flags.Parse(append(args, "--data", "d")); err != nil {
		t.Fatal(err)
	}
	return f.config(slog.New(slog.DiscardHandler))
}

func TestPolicyFlags(t *testing.T) {
	type policies struct {
		v2         cloud.SignatureV2
		signatures cloud.ImageSignatures
		kernels    bool
	}
	for line, want := range map[string]policies{
		"": {cloud.SignatureV2Auto, cloud.ImageSignaturesKnown, false},
		"--signature-v2 on --image-signatures any --user-kernels": {cloud.SignatureV2On, cloud.ImageSignaturesAny, true},
		"--signature-v2 off": {cloud.SignatureV2Off, cloud.ImageSignaturesKnown, false},
	} {
		c, err := configOf(t, strings.Fields(line)...)
		if got := (policies{c.SignatureV2, c.ImageSignatures, c.UserKernels}); got != want || err != nil {
			t.Errorf("%q: got %+v, %v; want %+v", line, got, err, want)
		}
	}
	for line, want := range map[string]string{
		"--signature-v2 yes":      "--signature-v2 yes: not one of auto, on, off",
		"--image-signatures none": "--image-signatures none: not one of known, any",
	} {
		_, err := configOf(t, strings.Fields(line)...)
		if _, usage := errors.AsType[*cli.UsageError](err); !usage || err.Error() != want {
			t.Errorf("%q: got %v, want %s", line, err, want)
		}
	}
}

func TestStoreLimitFlags(t *testing.T) {
	for line, want := range map[string]cloud.StoreLimits{
		"":                                    {Buckets: 100},
		"--max-buckets 0":                     {},
		"--max-buckets 5 --max-bucket-size 2": {Buckets: 5, BucketBytes: 2 << 30},
	} {
		c, err := configOf(t, strings.Fields(line)...)
		if c.Limits != want || err != nil {
			t.Errorf("%q: got %+v, %v; want %+v", line, c.Limits, err, want)
		}
	}
	for line, want := range map[string]string{
		"--max-buckets -1":             "--max-buckets -1: not a number from 0 on",
		"--max-bucket-size -1":         "--max-bucket-size -1: not one of 0 to 1073741824 (GiB)",
		"--max-bucket-size 1073741825": "--max-bucket-size 1073741825: not one of 0 to 1073741824 (GiB)",
	} {
		_, err := configOf(t, strings.Fields(line)...)
		if _, usage := errors.AsType[*cli.UsageError](err); !usage || err.Error() != want {
			t.Errorf("%q: got %v, want %s", line, err, want)
		}
	}
}
