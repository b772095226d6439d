package bundling

import (
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"emikit/cmd/cli"
	"emikit/manifest"
)

// streamKey are the options that give a bundling key without a manifest. They are
// secrets: none of our own shows them to whoever lists the processes of the machine.
type streamKey struct{ keyFile, ivFile, key, iv string }

func (k *streamKey) addFlags(app *cli.App, fl *pflag.FlagSet) {
	fl.StringVar(&k.keyFile, "enc-key-file", "", "the bundling key, in `FILE`")
	fl.StringVar(&k.ivFile, "enc-iv-file", "", "the IV, in `FILE`")
	if app.Family == cli.Euca {
		fl.StringVar(&k.key, "enc-key", "", "the bundling key, `HEX`")
		fl.StringVar(&k.iv, "enc-iv", "", "the IV, `HEX`")
	}
}

// find reads both, from the first place that has one.
func (k streamKey) find(app *cli.App) (key manifest.Key, err error) {
	if key.Key, err = secret(app, "bundling key", "--enc-key", k.key, k.keyFile, "EMIKIT_ENC_KEY"); err != nil {
		return key, err
	}
	key.IV, err = secret(app, "IV", "--enc-iv", k.iv, k.ivFile, "EMIKIT_ENC_IV")
	return key, err
}

// secret is one of them. Messages never show it.
func secret(app *cli.App, what, option, given, file, variable string) (value [16]byte, err error) {
	text, from := given, "argument "+option
	switch {
	case given != "":
	case file != "":
		from = file
		if text, err = readSecret(file); err != nil {
			return value, err
		}
	default:
		text, from = app.Getenv(variable), variable
	}
	if text == "" && from == variable {
		return value, missingSecret(app, what, option, variable)
	}
	raw, err := hex.DecodeString(strings.TrimSpace(text))
	switch wrong := err != nil || len(raw) != len(value); {
	case wrong && given != "":
		return value, cli.Usagef("%s: not a %s: 32 hexadecimal digits", from, what)
	case wrong:
		return value, fmt.Errorf("%s: not a %s: 32 hexadecimal digits", from, what)
	}
	return [16]byte(raw), nil
}

func missingSecret(app *cli.App, what, option, variable string) error {
	if app.Family == cli.Euca {
		return app.Required(cli.Option(option), "")
	}
	return cli.Usagef("no %s: give the manifest with -m, or %s-file, or set %s", what, option, variable)
}

// readSecret reads a small file.
func readSecret(path string) (string, error) {
	const longest = 1024 // bytes
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, longest))
	return string(text), err
}
