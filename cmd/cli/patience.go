package cli

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"emikit/upload"
)

// Patience holds the options that say how long an object store that fails is asked
// again, and how it is asked for buckets. The zero value is that of upload.Config.
type Patience struct {
	Retries         Retries
	RetryFor        time.Duration
	AddressingStyle string
}

// AddPatienceFlags declares the options of a command that talks to an object store.
// --retry is that of ec2-ami-tools, which has no value there; the scripts that give it
// one there mean a number.
func (p *Patience) AddPatienceFlags(app *App, f *pflag.FlagSet) {
	usage := "make a request that fails for a passing reason again up to `N` times"
	f.Var(&p.Retries, "retries", usage)
	f.Var(&p.Retries, "retry", "same as --retries `N`; that is done also without this option")
	f.Lookup("retry").NoOptDefVal = strconv.Itoa(upload.DefaultRetries)
	f.Lookup("retries").DefValue = strconv.Itoa(upload.DefaultRetries)
	f.Lookup("retry").DefValue = strconv.Itoa(upload.DefaultRetries)
	f.DurationVar(&p.RetryFor, "retry-for", upload.DefaultRetryFor, "give up on a request that keeps failing after `DURATION`")
	f.StringVar(&p.AddressingStyle, "addressing-style", string(upload.AutoAddressing),
		"ask for the bucket in the path or in the host's name: `STYLE` auto, path or virtual")
	app.WithoutEffect(f, "retry")
}

// Retries is how often a request is made again, as upload.Config has it: 0 is not
// given, -1 is never.
type Retries int

// Set reads a number from the command line, where 0 is never.
func (r *Retries) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > 1000 {
		return errors.New("not a number from 0 to 1000")
	}
	if *r = Retries(n); n == 0 {
		*r = -1
	}
	return nil
}

// String is the number on the command line.
func (r *Retries) String() string { return strconv.Itoa(max(0, int(*r))) }

// Type names the value in help.
func (r *Retries) Type() string { return "int" }

// addressing is where buckets are asked for: a generation of ec2-ami-tools puts them
// before the host's name where that can be.
func (p *Patience) addressing(app *App) upload.Addressing {
	if app.Family == EC2 && app.Era != AnyEra {
		return upload.SafeAddressing
	}
	return upload.Addressing(p.AddressingStyle)
}

// check refuses values that mean nothing.
func (p *Patience) check(app *App) error {
	styles := []string{string(upload.AutoAddressing), string(upload.PathAddressing), string(upload.VirtualAddressing)}
	if p.AddressingStyle != "" && !slices.Contains(styles, p.AddressingStyle) {
		return app.BadChoice("--addressing-style", p.AddressingStyle, styles...)
	}
	if p.RetryFor < 0 {
		return app.BadValue("--retry-for", p.RetryFor.String(), "it is less than nothing")
	}
	return nil
}
